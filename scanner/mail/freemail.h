// SPDX-License-Identifier: MIT
#pragma once

/*
 * Mailbox services for everybody: hosts where a report address is somebody's private mailbox, and domains whose own
 * policy meets millions of users.
 *
 * Threads: any; pure.
 */

#include "scanner/base/span.h"

bool freemail_has(span host);
