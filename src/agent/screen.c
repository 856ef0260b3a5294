/*
 * What the agent knows to its terminal. A size that changes is waited out: a window that is being
 * pulled changes it many times a second.
 */
#include "agent/screen.h"

#include <signal.h>
#include <unistd.h>

#define SETTLE_NS (NS_PER_SEC / 10)

static void
on_settled(void *arg)
{
	struct now now = clock_now();

	screen_show(arg, &now);
}

static void
on_resize(void *arg, int signum)
{
	struct screen *s = arg;

	(void)signum;
	loop_timer_start(s->loop, &s->settled, SETTLE_NS, on_settled, s);
}

void
screen_open(struct screen *s, struct loop *loop, const struct agent *agent, const int64_t *tick_ns,
    bool after_crash)
{
	s->loop = loop;
	s->agent = agent;
	s->tick_ns = tick_ns;
	live_init(&s->live, STDOUT_FILENO, after_crash);
	if (s->live.on)
		loop_signal_start(loop, &s->resize, SIGWINCH, on_resize, s);
}

void
screen_show(struct screen *s, const struct now *now)
{
	live_show(
	    &s->live, &s->agent->core, s->agent->collect, (double)*s->tick_ns / NS_PER_SEC, now);
}

void
screen_close(struct screen *s)
{
	live_done(&s->live);
}
