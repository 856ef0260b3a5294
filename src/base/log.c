/*
 * Formats one bounded line and writes it with one write(2), so that lines of several processes on
 * one descriptor do not mix. A log that cannot be written is nobody's emergency: no process waits
 * for a reader that does not read; lines are dropped, and their number is said when there is room.
 */
#include "base/log.h"

#include <errno.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/clock.h"
#include "base/io.h"
#include "base/str.h"
#include "base/zone.h"

#define MESSAGE_MAX 2048 /* longest message before escaping; longer ones end in "..." */
#define LINE_MAX_BYTES (MESSAGE_MAX * 6 + 256)

static struct {
	int fd;
	enum log_level level;
	bool json;
	const char *role;
	unsigned long lost; /* lines, since the last one that fit */
	bool cut;           /* the last one that fit did not fit whole */
} state = {.fd = STDERR_FILENO, .level = LOGL_INFO, .role = "main"};

static const char *const level_names[] = {"trace", "debug", "info", "warn", "error"};

void
log_init(int fd, enum log_level level, bool json, const char *role)
{
	state.fd = fd;
	state.level = level;
	state.json = json;
	state.role = role;
}

void
log_set_role(const char *role)
{
	state.role = role;
}

static void
format_line(struct buf *line, enum log_level level, const char *message)
{
	struct now now = clock_now();
	char when[CLOCK_ISO8601_MAX];

	if (state.json) {
		clock_iso8601(now.wall_ms, when);
		buf_addf(line,
		    "{\"time\":\"%s\",\"level\":\"%s\",\"role\":\"%s\",\"pid\":%d,\"message\":\"",
		    when, level_names[level], state.role, (int)getpid());
		buf_add_json(line, message, strlen(message));
		buf_adds(line, "\"}\n");
	} else {
		zone_rfc3339(now.wall_ms, when);
		buf_addf(
		    line, "%s %-5s %s[%d]: ", when, level_names[level], state.role, (int)getpid());
		buf_add_visible(line, message, strlen(message));
		buf_addc(line, '\n');
	}
}

/* False: not all of it. */
static bool
put(const struct buf *line)
{
	size_t n = io_write_now(state.fd, line->data, line->len);

	if (n > 0)
		state.cut = n < line->len;
	return n == line->len;
}

static void
report_losses(void)
{
	char text[256], message[64];
	struct buf line;

	snprintf(message, sizeof(message), "%lu lines were lost here: no room", state.lost);
	buf_init(&line, text, sizeof(text));
	if (state.cut)
		buf_addc(&line, '\n');
	format_line(&line, LOGL_WARN, message);
	if (put(&line))
		state.lost = 0;
}

static void emit(enum log_level level, int err, const char *fmt, va_list ap) PRINTF_LIKE(3, 0);

static void
emit(enum log_level level, int err, const char *fmt, va_list ap)
{
	char message[MESSAGE_MAX], text[LINE_MAX_BYTES];
	struct buf body, line;
	int saved = errno;

	if (level < state.level)
		return;
	buf_init(&body, message, sizeof(message));
	buf_addv(&body, fmt, ap);
	if (err != 0)
		buf_addf(&body, ": %s", strerror(err));
	if (body.full)
		memcpy(message + sizeof(message) - 4, "...", 4);
	buf_init(&line, text, sizeof(text));
	format_line(&line, level, message);
	if (state.lost > 0)
		report_losses();
	if (state.lost > 0 || !put(&line))
		state.lost++;
	errno = saved;
}

bool
log_alert(const char *text, size_t len)
{
	char message[MESSAGE_MAX], bytes[LINE_MAX_BYTES];
	struct buf body, line;

	if (!state.json)
		return io_write_now(state.fd, text, len) == len;
	buf_init(&body, message, sizeof(message));
	buf_add(&body, text, len > 0 ? len - 1 : 0);
	if (body.full)
		memcpy(message + sizeof(message) - 4, "...", 4);
	buf_init(&line, bytes, sizeof(bytes));
	format_line(&line, LOGL_INFO, message);
	return put(&line);
}

#define DEFINE_LOG(name, level, err)       \
	void name(const char *fmt, ...)    \
	{                                  \
		va_list ap;                \
                                           \
		va_start(ap, fmt);         \
		emit(level, err, fmt, ap); \
		va_end(ap);                \
	}

DEFINE_LOG(log_debug, LOGL_DEBUG, 0)
DEFINE_LOG(log_info, LOGL_INFO, 0)
DEFINE_LOG(log_warn, LOGL_WARN, 0)
DEFINE_LOG(log_error, LOGL_ERROR, 0)
DEFINE_LOG(log_warn_errno, LOGL_WARN, errno)

void
die(const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	emit(LOGL_ERROR, 0, fmt, ap);
	va_end(ap);
	_exit(1);
}

void
die_errno(const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	emit(LOGL_ERROR, errno, fmt, ap);
	va_end(ap);
	_exit(1);
}
