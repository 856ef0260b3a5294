/*
 * What a process says of the signal that it dies of: which, where, and the calls that led there. It
 * is one struct of numbers; the process that it was forked from, at the same addresses, makes words
 * of it.
 */
#ifndef BASE_CRASH_REPORT_H
#define BASE_CRASH_REPORT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/backtrace.h"
#include "base/buf.h"

#define CRASH_REPORT_TEXT_MAX 1600 /* 32 frames of 40 bytes, and what is said before them */

struct crash_report {
	uint32_t signum;
	uint32_t sender;  /* process that sent the signal; 0: none, or the process itself */
	uint64_t address; /* that could not be accessed, or of the instruction */
	uint64_t has_address;
	struct backtrace trace;
};

/* Is what came from another process a report? */
bool crash_report_is_valid(const void *bytes, size_t len);

/*
 * "SIGSEGV at address 0x10, build 5f0c..., frames 0x1a2b0 ?0x1c0d libc.so.6+0x9caac": the build id
 * of this program, and places relative to where it or a library is loaded. "?": may be a left-over
 * of an earlier call. A valid report may say anything; the text is letters and numbers.
 */
void crash_report_describe(const struct crash_report *report, struct buf *out);

/* Logs it as an error: "WHO (process PID) crashed: ...". */
void crash_report_log(const struct crash_report *report, const char *who, pid_t pid);

#endif
