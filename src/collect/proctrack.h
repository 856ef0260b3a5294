/*
 * The processes worth series of their own: those whose name matches a pattern, and the largest by
 * memory and by CPU.
 */
#ifndef COLLECT_PROCTRACK_H
#define COLLECT_PROCTRACK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "collect/host.h"
#include "collect/proctable.h"
#include "collect/proctop.h"
#include "collect/rate.h"
#include "conf/conf.h"
#include "model/batch.h"

/* Eight series each: with room for the dead they fit the default quota of group process. */
#define PROCTRACK_MAX 96

struct tracked {
	struct process *process; /* NULL: place is free */
	uint32_t age;            /* scans since it began */
	bool io_denied, fds_denied, fds_known, limit_known;
	char pid[12], name[PIDSTAT_NAME_MAX];
	uint64_t fds, limit;
	uint32_t fd_marks[PROC_MARKS];
	struct rate reads, writes, switches;
	struct series_ref refs[8]; /* one a metric that a tracked process has */
};

struct proctrack {
	const struct strings *patterns; /* not owned */
	size_t patterns_max, top_max;
	bool said_many;
	size_t left_out;       /* that match patterns, and are not tracked for it */
	struct tracked *items; /* PROCTRACK_MAX */
};

/* Refers to patterns until proctrack_done(). top_n: of each, memory and CPU. */
void proctrack_init(struct proctrack *t, const struct strings *patterns, int64_t top_n);
void proctrack_done(struct proctrack *t);

bool proctrack_matches(const struct proctrack *t, const char name[PIDSTAT_NAME_MAX]);

/* Chooses anew among the processes listed now; who is tracked stays until clearly displaced. */
void proctrack_select(struct proctrack *t, struct proctable *table);

/* Reads what only tracked ones are asked for and adds their samples. */
void proctrack_sample(struct proctrack *t, struct host *host, struct batch *batch);

/* Open descriptors of any process, where the kernel counts them; else NAN. */
double proctrack_count_fds(const struct host *host, const struct process *p);

/* Stops tracking the process; nothing when it is not tracked. */
void proctrack_end(struct proctrack *t, struct process *p);

#endif
