/*
 * Is all well, in one line and in the four words of monitoring plugins (Monitoring Plugins
 * Development Guidelines: exit statuses, the output line and its performance data).
 */
#ifndef SHOW_VERDICT_H
#define SHOW_VERDICT_H

#include "base/buf.h"
#include "show/status_input.h"

/* Also the exit statuses of a plugin. Unknown is for who gets no answer. */
enum verdict_level { VERDICT_OK, VERDICT_WARNING, VERDICT_CRITICAL, VERDICT_UNKNOWN };

struct verdict {
	enum verdict_level level;
	size_t firing[SEV_COUNT];      /* alerts by severity, silenced ones included */
	size_t silenced, without_room; /* see alert_without_room() */
	size_t channels, tried;        /* enabled; of those, with an attempt since the start */
	unsigned stuck;                /* channels that take nothing, bits by id */
};

/*
 * Critical: an alert of that severity or above fires, or no channel works. Warning: one of that
 * severity, or one that fires has no room, or a channel, the heartbeat or the state on disk does
 * not work.
 */
void verdict_make(const struct status_input *in, struct verdict *out);

/* "3 critical, 1 warning; delivery works": plain words of our own. */
void verdict_add(const struct status_input *in, const struct verdict *v, struct buf *out);

/* The plugin's line, with its newline: "SYSOPS OK - all is well; delivery works | critical=0;;0".
 */
void verdict_add_plugin(const struct status_input *in, const struct verdict *v, struct buf *out);

/* "OK", "WARNING", ... */
const char *verdict_word(enum verdict_level level);

#endif
