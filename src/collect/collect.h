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
struct process_view;

/* The section of a collector that always runs (self): its interval is the shortest of all. */
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
	int (*probe_fd)(const void *state); /* of children that answer later; -1: none */
	void (*probe_ready)(void *state);   /* takes their answers in */
	size_t (*top)(const void *state, bool by_cpu, struct process_view *out, size_t n);
};

/* What the agent knows of itself, for the agent.* metrics. Filled by the agent before a cycle. */
struct collect_self {
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

struct collect;

struct collect *collect_new(const struct conf_collect *conf, struct host *host);
void collect_free(struct collect *c);

/* Runs the collectors that are due at batch->now. self may be NULL. */
void collect_due(struct collect *c, const struct collect_self *self, struct batch *batch);

/* Makes every collector due at the next call. */
void collect_all_due(struct collect *c);

/* Greatest common divisor of all intervals: how often collect_due() needs to be called. */
int64_t collect_tick_secs(const struct conf_collect *conf);

/* Descriptors of children that answer asynchronously (-1: none): readable means news to take in. */
int collect_probe_fd(const struct collect *c);
/* Takes in what made it readable; never waits. The samples come with the next collection. */
void collect_probe_ready(struct collect *c);

/* The n processes with most CPU (by_cpu) or RSS of the last scan; returns how many there are. */
size_t collect_top_processes(
    const struct collect *c, bool by_cpu, struct process_view *out, size_t n);

#endif
