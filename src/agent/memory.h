/*
 * What of the agent must outlive its process: rows of state in transactions, and snapshots of what
 * was learnt. Both go to the keeper and come back at start. Nothing here waits; where the disk does
 * not serve, that is said once and work goes on from memory.
 */
#ifndef AGENT_MEMORY_H
#define AGENT_MEMORY_H

#include <stdbool.h>
#include <stdint.h>

#include "agent/agent.h"
#include "agent/keeper_link.h"
#include "agent/persist.h"
#include "agent/snapshot_transfer.h"
#include "core/snapshot.h"

/* A snapshot is made so often, and at stop: what a crash costs of the detectors' learning. */
#ifndef MEMORY_SNAPSHOT_SECS
#define MEMORY_SNAPSHOT_SECS 3600
#endif

struct memory_events {
	void (*ready)(void *arg);    /* what was kept is loaded; once */
	void (*progress)(void *arg); /* notices may leave now, or memory_idle() has changed */
};

struct memory {
	struct agent *agent;
	struct persist *persist;
	struct snapshot_transfer *transfer;
	const struct memory_events *events;
	void *arg;
	struct snapshot_writer writer;
	struct snapshot_reader reader;
	bool rows_loaded, snapshot_loaded; /* or there is none to be had */
	bool degraded; /* the last transaction failed or is overdue, and that was said */
	uint64_t unknown_rows;
	uint64_t damaged_rows; /* that are not told of yet */
	int64_t saved_ns;      /* boot time when the last snapshot was begun; 0: none was */
};

/* agent and events must outlive it. Starts to load. */
void memory_init(struct memory *m, struct keeper_link *keeper, struct agent *agent,
    const struct memory_events *events, void *arg);
void memory_done(struct memory *m);

/* The keeper takes too long: what is not there yet is done without, or comes late. */
void memory_stop_waiting(struct memory *m);

/* What changed, alert states and the notices they caused, leaves in one transaction. */
void memory_keep(struct memory *m, const struct now *now);

/* After each cycle, in place of memory_keep(): also a snapshot when one is due. */
void memory_tick(struct memory *m, const struct now *now);

/* The last snapshot, before the process ends. */
void memory_save(struct memory *m, const struct now *now);

/* There is nothing to wait for: all is on disk, or the disk is known not to serve. */
bool memory_idle(const struct memory *m);

#endif
