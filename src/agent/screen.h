/*
 * The live table of a running agent: drawn each tick, and when the terminal's size has changed.
 */
#ifndef AGENT_SCREEN_H
#define AGENT_SCREEN_H

#include "agent/agent.h"
#include "base/loop.h"
#include "show/live.h"

struct screen {
	struct live live;
	struct loop *loop;
	const struct agent *agent;
	const int64_t *tick_ns; /* the interval that is shown; may change */
	struct loop_timer settled;
	struct loop_signal resize;
};

/* On standard output, where that is a terminal. after_crash: see live_init(). */
void screen_open(struct screen *s, struct loop *loop, const struct agent *agent,
    const int64_t *tick_ns, bool after_crash);
void screen_show(struct screen *s, const struct now *now);
void screen_close(struct screen *s);

#endif
