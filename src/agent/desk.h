/*
 * What the agent answers on its control socket.
 */
#ifndef AGENT_DESK_H
#define AGENT_DESK_H

#include <stdbool.h>

#include "agent/agent.h"
#include "agent/clients.h"
#include "agent/heartbeat.h"
#include "priv/role.h"

struct desk {
	struct agent *agent;
	const struct heartbeat *heartbeat;
	const struct role_ctx *ctx;
	void (*changed)(void *arg, const struct now *now); /* there is something to keep */
	void *arg;
	bool kept; /* the state is on disk */
	int64_t started_ns;
	char why[160]; /* a request was refused, where that takes a sentence of its own */
	struct clients clients;
};

/* d is zeroed but for agent, heartbeat, ctx, changed, arg and kept. */
void desk_open(struct desk *d, struct loop *loop, const struct now *now);
void desk_close(struct desk *d);

/* The statistics of SIGUSR1, as lines of the log. */
void desk_log(const struct desk *d);

#endif
