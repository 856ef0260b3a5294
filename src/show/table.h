/*
 * The machine's vital signs as a table for a terminal.
 */
#ifndef SHOW_TABLE_H
#define SHOW_TABLE_H

#include <stdbool.h>

#include "core/latest.h"
#include "base/buf.h"
#include "collect/collect.h"

#define TABLE_TEXT_MAX 16384
#define TABLE_TOP_PROCESSES 3

struct table_input {
	const struct latest *latest;
	const struct conf_detect *limits; /* colours values past their limits; NULL: none */
	struct now now;
	const char *hostname;
	double uptime_secs, interval_secs; /* interval 0: a single shot */
	struct process_view by_cpu[TABLE_TOP_PROCESSES], by_rss[TABLE_TOP_PROCESSES];
	size_t cpu_count, rss_count;
	size_t alerts_firing;
	int max_lines; /* of rows with a device each; the rest is summed up as "and N more" */
	int width;     /* columns of the terminal */
	bool colour;
};

/* Adds the uptime and the processes of the last scan. */
void table_add_world(struct table_input *in, const struct collect *collect);

/* Appends the table, each line ending in a newline. */
void table_write(const struct table_input *in, struct buf *out);

#endif
