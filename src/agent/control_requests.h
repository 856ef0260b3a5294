/*
 * What the agent answers on its control socket.
 */
#ifndef AGENT_CONTROL_REQUESTS_H
#define AGENT_CONTROL_REQUESTS_H

#include <stdbool.h>

#include "agent/agent.h"
#include "agent/clients.h"
#include "core/heartbeat.h"
#include "priv/role.h"

struct control_requests {
	struct agent *agent;
	const struct heartbeat *heartbeat;
	const struct role_ctx *ctx;
	void (*changed)(void *arg, const struct now *now); /* there is something to keep */
	void *arg;
	bool kept; /* the state is on disk */
	int64_t started_ns;
	int proc_fd;   /* the kernel's own /proc, whatever host is watched */
	char why[600]; /* a request was refused, where that takes a sentence of its own */
	struct clients clients;
};

/* d is zeroed but for agent, heartbeat, ctx, changed, arg and kept. */
void control_requests_open(struct control_requests *d, struct loop *loop, const struct now *now);
void control_requests_close(struct control_requests *d);

/* The statistics of SIGUSR1, as lines of the log. */
void control_requests_log(const struct control_requests *d);

#endif
