/*
 * The agent: the one function that is the product, and what it needs. The daemon, replays and tests
 * call the same agent_cycle(); they differ in whose files and whose time it is.
 */
#ifndef AGENT_AGENT_H
#define AGENT_AGENT_H

#include <stdbool.h>

#include "agent/cause.h"
#include "core/latest.h"
#include "core/resend.h"
#include "alert/alert.h"
#include "collect/collect.h"
#include "conf/conf.h"
#include "detect/detect.h"
#include "outbox/outbox.h"
#include "priv/role.h"
#include "priv/wire.h"
#include "store/store.h"

struct agent {
	const struct conf *conf; /* not owned */
	struct host host;
	struct series_table *series;
	struct batch batch;
	struct collect *collect;
	struct collect_self self;
	struct store *store;
	struct latest latest;
	struct cause cause;
	struct detect *detect;
	struct findings findings;
	struct alert_table *alerts;
	struct notices notices;
	struct outbox *outbox;
	struct resend resend;
	bool judging;         /* what was kept is loaded or late: findings may become alerts */
	bool restored;        /* alerts were loaded that the detector does not know of */
	int64_t collected_ns; /* boot time of the last cycle that saw the host; 0: none did */
};

/* Everything is taken here. False with errno when the roots cannot be opened. */
bool agent_init(struct agent *a, const struct conf *conf, uint64_t seed);
void agent_done(struct agent *a);

/* One round: kernel files to notices in the outbox. What changed is left to be kept. */
void agent_cycle(struct agent *a, const struct now *now);

/* A record of an earlier life, at any time; false when it is damaged. */
bool agent_restore(
    struct agent *a, enum wire_kind kind, const char *json, size_t len, const struct now *now);

/* From here on, findings become alerts. */
void agent_start_judging(struct agent *a);

/* The role: runs until it is told to stop. */
int agent_main(struct role_ctx *ctx);

#endif
