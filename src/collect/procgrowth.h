/*
 * Who has grown: every process carries what it had at a few moments of the past, so that an alert
 * can name who added most since it began. 80 bytes a process; a walk over the table each half
 * minute, no file read, no allocation.
 */
#ifndef COLLECT_PROCGROWTH_H
#define COLLECT_PROCGROWTH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "collect/collect.h"
#include "collect/proctable.h"
#include "collect/proctrack.h"

/* After a scan at now_ns: notes what each process has, when it is time to. */
void procgrowth_mark(struct proctable *t, struct proctrack *track, int64_t now_ns);

struct procgrowth {
	const struct proctable *table;
	const struct proctrack *track;
	const struct host *host;
	int64_t now_ns; /* of the last scan */
};

/* Processes of one name are one. Returns how many of out it filled, the most first. */
size_t procgrowth_rank(const struct procgrowth *g, const struct growth_query *query,
    struct process_growth *out, size_t n);

#endif
