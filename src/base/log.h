/*
 * The program's own log: one line a message on one descriptor, as text or JSON. Untrusted bytes in
 * a message come out escaped, so a process name can neither forge a line nor drive a terminal.
 *
 * Ways to fail: die() at start-up and on protocol violations, log_warn() once for the world
 * misbehaving, assert() for our own mistakes.
 */
#ifndef BASE_LOG_H
#define BASE_LOG_H

#include <stdbool.h>
#include <stddef.h>

#include "base/printf_like.h"

/* The configuration knows "trace"; nothing is said at that level. */
enum log_level { LOGL_TRACE, LOGL_DEBUG, LOGL_INFO, LOGL_WARN, LOGL_ERROR };

/* role: short name of this process, printed in each line; must outlive the log. */
void log_init(int fd, enum log_level level, bool json, const char *role);
/* A process forked from one with a log keeps all but the name. role must outlive the log. */
void log_set_role(const char *role);

void log_debug(const char *fmt, ...) PRINTF_LIKE(1, 2);
void log_info(const char *fmt, ...) PRINTF_LIKE(1, 2);
void log_warn(const char *fmt, ...) PRINTF_LIKE(1, 2);
void log_error(const char *fmt, ...) PRINTF_LIKE(1, 2);

/* As log_warn, followed by ": " and the text of errno. */
void log_warn_errno(const char *fmt, ...) PRINTF_LIKE(1, 2);

/*
 * An alert for whoever reads the log, of any level: lines with an end to each, as they are, or one
 * line of a JSON log. False: there was no room for all of it.
 */
bool log_alert(const char *text, size_t len);

/* Log as an error, then end the process with status 1. */
_Noreturn void die(const char *fmt, ...) PRINTF_LIKE(1, 2);
_Noreturn void die_errno(const char *fmt, ...) PRINTF_LIKE(1, 2);

#endif
