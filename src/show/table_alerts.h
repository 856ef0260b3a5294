/*
 * The alerts that fire, a line each, for a table on a terminal.
 */
#ifndef SHOW_TABLE_ALERTS_H
#define SHOW_TABLE_ALERTS_H

#include "show/line.h"
#include "show/table_input.h"

/* In so many lines, the worst first; what has no room is counted. */
void table_alerts_write(const struct table_input *in, int rows, struct line *l);

#endif
