/*
 * All that a table is made of.
 */
#ifndef SHOW_TABLE_INPUT_H
#define SHOW_TABLE_INPUT_H

#include <stdbool.h>
#include <stddef.h>

#include "collect/collect.h"
#include "core/latest.h"
#include "show/status.h"

#define TABLE_TOP_PROCESSES 8

struct table_input {
	const struct latest *latest;
	const struct conf_detect *limits;   /* colours values past their limits; NULL: none */
	const struct status_alerts *alerts; /* the worst first; NULL: nothing is judged */
	const struct outbox *outbox;        /* who was told; with alerts */
	struct now now;
	const char *hostname;
	double uptime_secs, interval_secs; /* interval 0: a single shot */
	struct process_view by_cpu[TABLE_TOP_PROCESSES], by_rss[TABLE_TOP_PROCESSES];
	size_t cpu_count, rss_count;
	int rows, columns; /* that it may have; rows 0: all that it takes */
	bool colour;
};

/* SGR code of a value: green, yellow from warn on, red from critical on; "" without limits. */
static inline const char *
table_input_colour(const struct table_input *in, double value, enum limit_id limit)
{
	if (in->limits == NULL)
		return "";
	if (value >= in->limits->critical[limit])
		return "1;31";
	return value >= in->limits->warn[limit] ? "33" : "32";
}

#endif
