/*
 * The cycle without the host: samples in, notices out. The daemon, replay and tests call the same
 * functions; collecting, the disk and the network are outside. Nothing here reads a clock, touches
 * a socket, waits or knows /proc.
 */
#ifndef CORE_CORE_H
#define CORE_CORE_H

#include <stdbool.h>

#include "alert/alert.h"
#include "conf/conf.h"
#include "core/boot_count.h"
#include "core/latest.h"
#include "core/resend.h"
#include "core/windows.h"
#include "detect/detect.h"
#include "detect/rollup.h"
#include "model/batch.h"
#include "outbox/outbox.h"
#include "store/store.h"

/* What only somebody who sees the host can say. Either function may be NULL. */
struct core_host {
	void *arg;
	/* Each judged call, with what is wrong now: the moment to note how things stand. */
	void (*look)(void *arg, const struct findings *findings, const struct now *now);
	/* Notices that are about to be queued: fills in their alerts' likely causes. */
	void (*explain)(void *arg, struct notices *notices, const struct now *now);
};

struct core {
	const struct conf *conf; /* not owned */
	struct core_host host;
	struct series_table *series;
	struct batch batch; /* for the caller to fill */
	struct store *store;
	struct latest latest;
	struct rollup *rollup;
	struct windows windows;
	struct detect *detect;
	struct findings findings;
	struct alert_table *alerts;
	struct notices notices;
	struct outbox *outbox;
	struct resend resend;
	struct boot_count boot_count;
	bool judging;  /* what was kept is loaded or late: findings may become alerts */
	bool restored; /* alerts were loaded that the detectors do not know of */
};

/* conf must outlive the core, which must not move. seed: for the jitter of retries. host (copied)
 * may be NULL. */
void core_init(
    struct core *core, const struct conf *conf, uint64_t seed, const struct core_host *host);
void core_done(struct core *core);

/* A new cycle: empties core->batch, which the caller then fills. */
void core_begin(struct core *core, const struct now *now);

/*
 * batch: a cycle's samples; NULL between cycles: then no alert grows older. outside: findings that
 * no detector made (log lines), or NULL. What comes of them is queued in core->outbox; what changed
 * is left to be kept.
 */
void core_judge(struct core *core, const struct batch *batch, const struct findings *outside,
    const struct now *now);

/*
 * Another configuration, after a reload: what was learnt stays. conf replaces the one before, which
 * may be freed then. Not for a change of storage.ring_buffer_size.
 */
void core_configure(struct core *core, const struct conf *conf);

/* From here on, findings become alerts. */
void core_start_judging(struct core *core);

#endif
