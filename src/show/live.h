/*
 * The table of vital signs on a terminal: it stays at the top and is drawn over itself, while the
 * log and the console channel scroll below.
 */
#ifndef SHOW_LIVE_H
#define SHOW_LIVE_H

#include <stdbool.h>

#include "collect/collect.h"
#include "core/core.h"
#include "show/table.h"

struct live {
	int fd;
	bool on;
	bool foreign;           /* what the terminal shows is not ours to build on */
	int rows, columns, top; /* of the terminal; lines that the table has taken */
	char *text;             /* the table, then the frame it is drawn in */
	struct status_alerts *alerts;
};

/*
 * Off, and all calls without effect, unless fd is a terminal that can move its cursor. after_crash:
 * an earlier process may have left its table there.
 */
void live_init(struct live *live, int fd, bool after_crash);
/* in: all but alerts, rows, columns and colour. */
void live_draw(struct live *live, struct table_input *in);
/* Draws what the core and the collectors know now, in the size that the terminal has now. */
void live_show(struct live *live, const struct core *core, const struct collect *collect,
    double interval_secs, const struct now *now);
/* Takes the table away and gives the whole terminal back; the log stays. */
void live_done(struct live *live);

#endif
