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
	int rows, top; /* of the terminal; lines that the table has taken */
	char *text;    /* the table, then the frame it is drawn in */
};

/* Off, and all calls without effect, unless fd is a terminal that can move its cursor. */
void live_init(struct live *live, int fd);
void live_draw(struct live *live, struct table_input *in);
/* Draws what the core and the collectors know now. */
void live_show(struct live *live, const struct core *core, const struct collect *collect,
    double interval_secs, const struct now *now);
/* Gives the whole terminal back. */
void live_done(struct live *live);

#endif
