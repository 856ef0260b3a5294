/*
 * The core with a host under it: collects from this machine's files, lets the core judge, and finds
 * causes in /proc. The daemon's process around it is agent_main.c.
 */
#ifndef AGENT_AGENT_H
#define AGENT_AGENT_H

#include <stdbool.h>

#include "agent/cause.h"
#include "collect/collect.h"
#include "conf/conf.h"
#include "core/core.h"
#include "priv/role.h"

struct agent {
	struct core core;
	struct host host;
	struct collect *collect;
	struct collect_self self;
	struct cause cause;
	int64_t collected_ns; /* boot time of the last cycle that saw the host; 0: none did */
};

/* Everything is taken here. False with errno when the roots cannot be opened. */
bool agent_init(struct agent *a, const struct conf *conf, uint64_t seed);
void agent_done(struct agent *a);

/*
 * Another configuration, after a reload. collectors_anew: theirs has changed; else they go on with
 * the one they were made from, which must stay.
 */
void agent_configure(struct agent *a, const struct conf *conf, bool collectors_anew);

/* One round: kernel files to notices in the outbox. What changed is left to be kept. */
void agent_cycle(struct agent *a, const struct now *now);

/* Whether the life before this one has failed, by self.failed_ns. */
bool agent_follows_failure(const struct agent *a, const struct now *now);

/*
 * In place of a first cycle, after a life that failed: judges what is known without a look at the
 * host, which may be what the last one died of. So alerts that it had raised leave, and that it
 * died is told.
 */
void agent_look_back(struct agent *a, const struct now *now);

/* There are notices that have not left, or whose receipt is awaited. */
bool agent_is_telling(const struct agent *a);

/* Compares the kernel's boot_id with the one that was kept. */
void agent_count_boot(struct agent *a);

/* The role: runs until it is told to stop. */
int agent_main(struct role_ctx *ctx);

#endif
