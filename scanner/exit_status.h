// SPDX-License-Identifier: MIT
#pragma once

/* How the program ends: sysexits where they fit, so that a scheduler can act on the number. */
enum exit_status {
    EXIT_DONE = 0,
    EXIT_ANSWER_NO = 1,       /* `check --require` not met */
    EXIT_TOO_MANY_UNKNOWN = 3,
    EXIT_USAGE_WRONG = 64,
    EXIT_INPUT_BAD = 65,
    EXIT_LIST_UNREADABLE = 66,
    EXIT_NO_RESOLVER = 69,
    EXIT_OUR_FAULT = 70,
    EXIT_SYSTEM_LIMIT = 71,
    EXIT_OUTPUT_IMPOSSIBLE = 73,
    EXIT_WRITE_ERROR = 74,
    EXIT_STOPPED_EARLY = 75,
    EXIT_LOCKED = 77,
    EXIT_CONFIG_BAD = 78,
};
