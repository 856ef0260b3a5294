/*
 * The collectors and their schedule: kernel files in, samples out.
 */
#ifndef COLLECT_COLLECT_H
#define COLLECT_COLLECT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "collect/host.h"
#include "conf/conf.h"
#include "model/batch.h"

struct collect_self;
struct growth_query;
struct process_growth;
struct process_view;

/* The section of a collector that always runs (self): its interval is the shortest of those that
 * are enabled. */
#define COLLECTOR_ALWAYS COLLECTOR_COUNT

/*
 * One collector. open() makes its state (or NULL when there is nothing to do for good); collect()
 * adds what it sees to the batch, silently leaving out what is missing; rates appear from the
 * second call on. The batch carries the time and the collector's interval.
 */
struct collector {
	const char *name;
	enum conf_collector_id section;
	int64_t (*interval_secs)(const struct conf_collect *conf); /* NULL: the section's */
	void *(*open)(const struct conf_collect *conf, struct host *host);
	void (*collect)(void *state, struct host *host, struct batch *batch);
	void (*close)(void *state);
	/* The rest only where the collector has it, else NULL. */
	void (*inform)(void *state, const struct collect_self *self); /* before collect() */
	size_t (*top)(const void *state, bool by_cpu, struct process_view *out, size_t n);
	size_t (*growth)(void *state, struct host *host, const struct growth_query *query,
	    struct process_growth *out, size_t n);
};

#define COLLECT_FAILURES_MAX 8

/* What the agent knows of itself, for the agent.* metrics. Filled by the agent before a cycle. */
struct collect_self {
	/* Boot times at which earlier lives of it failed and were replaced, newest first; 0: none.
	 */
	int64_t failed_ns[COLLECT_FAILURES_MAX];
	int64_t last_cycle_cpu_ns;
	uint64_t samples_dropped;
	uint64_t alerts_queued;
	uint64_t channel_failures[CHANNEL_COUNT];
	bool channel_enabled[CHANNEL_COUNT];
	int64_t reboots; /* seen since installation; -1 unknown */
};

/* A process, for "likely cause" and the live table: from the last process scan. */
struct process_view {
	int pid;
	char name[32];
	double cpu_percent; /* since the scan before; NAN on the first */
	double rss_bytes;
};

/* What processes may have added to. */
enum growth_kind {
	GROWTH_CPU,       /* percent of a core */
	GROWTH_MEMORY,    /* bytes of resident memory */
	GROWTH_FD,        /* open descriptors */
	GROWTH_WAITING,   /* processes that wait for a disk */
	GROWTH_PROCESSES, /* how many there are, not how many more */
	GROWTH_THREADS,
	GROWTH_ZOMBIES,
};

struct growth_query {
	enum growth_kind kind;
	int pid;                  /* this process only; 0: all */
	int64_t since_ns, now_ns; /* boot times: when the alert began, and now */
};

/* All processes of one name. */
struct process_growth {
	int pid; /* of that which added most */
	char name[32];
	unsigned processes;
	double amount, most; /* of all together; of one of them, at most */
	bool grown;          /* amount was added since; false: nothing grew, it is what they have */
};

struct collect;

struct collect *collect_new(const struct conf_collect *conf, struct host *host);
void collect_free(struct collect *c);

/* Runs the collectors that are due at batch->now. self may be NULL. */
void collect_due(struct collect *c, const struct collect_self *self, struct batch *batch);

/* Of what it knows of itself, the samples that need no look at the host. */
void collect_restarts(const struct collect_self *self, struct batch *batch);

/* Makes every collector due at the next call. */
void collect_all_due(struct collect *c);

/* Greatest common divisor of the intervals of what runs: how often collect_due() needs to be
 * called. */
int64_t collect_tick_secs(const struct conf_collect *conf);

/* The n processes with most CPU (by_cpu) or RSS of the last scan; returns how many there are. */
size_t collect_top_processes(
    const struct collect *c, bool by_cpu, struct process_view *out, size_t n);

/*
 * Who added most since an alert began, at most n of them. Looks at the processes once more if the
 * last look was a while ago.
 */
size_t collect_growth(
    struct collect *c, const struct growth_query *query, struct process_growth *out, size_t n);

#endif
