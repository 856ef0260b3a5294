/*
 * The machine's vital signs, and what fires, as a table for a terminal. Lines fit its columns, and
 * the table its rows: what matters least is left out first, and counted.
 */
#ifndef SHOW_TABLE_H
#define SHOW_TABLE_H

#include "base/buf.h"
#include "show/table_input.h"

#define TABLE_TEXT_MAX 32768

/* Adds the uptime and the processes of the last scan. */
void table_add_world(struct table_input *in, const struct collect *collect);

/* Appends the table, each line ending in a newline: those that find room in out. */
void table_write(const struct table_input *in, struct buf *out);

#endif
