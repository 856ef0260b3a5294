/*
 * An event loop: libev's watchers of descriptors, timers and signals behind one start and one stop
 * each. Watchers that are zero count as stopped. A loop that cannot be made ends the process.
 */
#include "base/loop.h"

#include <stddef.h>

#include "base/log.h"

/* struct loop is libev's loop under our name: it has no state of its own. */
static struct ev_loop *
raw(struct loop *loop)
{
	return (struct ev_loop *)loop;
}

struct loop *
loop_new(void)
{
	struct ev_loop *ev = ev_loop_new(EVFLAG_AUTO | EVFLAG_NOENV);

	if (ev == NULL)
		die_errno("event loop");
	return (struct loop *)ev;
}

void
loop_free(struct loop *loop)
{
	if (loop != NULL)
		ev_loop_destroy(raw(loop));
}

void
loop_run(struct loop *loop)
{
	ev_run(raw(loop), 0);
}

void
loop_stop(struct loop *loop)
{
	ev_break(raw(loop), EVBREAK_ALL);
}

static void
on_io(struct ev_loop *ev, struct ev_io *w, int revents)
{
	struct loop_io *io = (struct loop_io *)((char *)w - offsetof(struct loop_io, ev));

	(void)ev;
	io->fn(
	    io->arg, (revents & EV_READ ? LOOP_READ : 0) | (revents & EV_WRITE ? LOOP_WRITE : 0));
}

void
loop_io_start(struct loop *loop, struct loop_io *io, int fd, unsigned events,
    void (*fn)(void *, unsigned), void *arg)
{
	int flags = (events & LOOP_READ ? EV_READ : 0) | (events & LOOP_WRITE ? EV_WRITE : 0);

	/* To stop a watcher is to lose the events that wait for their callback. */
	if (ev_is_active(&io->ev) && io->ev.fd == fd &&
	    (io->ev.events & (EV_READ | EV_WRITE)) == flags && io->fn == fn && io->arg == arg)
		return;
	loop_io_stop(loop, io);
	if (fd < 0)
		return;
	io->fn = fn;
	io->arg = arg;
	ev_io_init(&io->ev, on_io, fd, flags);
	ev_io_start(raw(loop), &io->ev);
}

void
loop_io_stop(struct loop *loop, struct loop_io *io)
{
	if (ev_is_active(&io->ev))
		ev_io_stop(raw(loop), &io->ev);
}

static void
on_timer(struct ev_loop *ev, struct ev_timer *w, int revents)
{
	struct loop_timer *timer =
	    (struct loop_timer *)((char *)w - offsetof(struct loop_timer, ev));

	(void)ev;
	(void)revents;
	timer->fn(timer->arg);
}

void
loop_timer_start(
    struct loop *loop, struct loop_timer *timer, int64_t delay_ns, void (*fn)(void *), void *arg)
{
	loop_timer_stop(loop, timer);
	timer->fn = fn;
	timer->arg = arg;
	ev_now_update(raw(loop));
	ev_timer_init(&timer->ev, on_timer, delay_ns <= 0 ? 0. : (double)delay_ns / 1e9, 0.);
	ev_timer_start(raw(loop), &timer->ev);
}

void
loop_timer_stop(struct loop *loop, struct loop_timer *timer)
{
	if (ev_is_active(&timer->ev))
		ev_timer_stop(raw(loop), &timer->ev);
}

static void
on_signal(struct ev_loop *ev, struct ev_signal *w, int revents)
{
	struct loop_signal *sig =
	    (struct loop_signal *)((char *)w - offsetof(struct loop_signal, ev));

	(void)ev;
	(void)revents;
	sig->fn(sig->arg, sig->ev.signum);
}

void
loop_signal_start(
    struct loop *loop, struct loop_signal *sig, int signum, void (*fn)(void *, int), void *arg)
{
	sig->fn = fn;
	sig->arg = arg;
	ev_signal_init(&sig->ev, on_signal, signum);
	ev_signal_start(raw(loop), &sig->ev);
}
