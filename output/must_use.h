// SPDX-License-Identifier: MIT
#pragma once

/*
 * A result that must not be dropped. [[nodiscard]] is not C17; the guard lets this folder stand alone beside others.
 */

#ifndef MUST_USE
#if defined(__GNUC__)
#define MUST_USE __attribute__((warn_unused_result))
#else
#define MUST_USE
#endif
#endif
