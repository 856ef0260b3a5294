/*
 * The event loop of one process: descriptors, timers, signals. A thin face over libev, so that no
 * other file knows which library turns it. Watchers are embedded in the caller's structs and must
 * outlive their start; callbacks run on the loop's own stack, one at a time.
 */
#ifndef BASE_LOOP_H
#define BASE_LOOP_H

#include <ev.h>
#include <stdbool.h>
#include <stdint.h>

#define LOOP_READ 1u
#define LOOP_WRITE 2u

struct loop;

struct loop_io {
	struct ev_io ev;
	void (*fn)(void *arg, unsigned events);
	void *arg;
};

struct loop_timer {
	struct ev_timer ev;
	void (*fn)(void *arg);
	void *arg;
};

struct loop_signal {
	struct ev_signal ev;
	void (*fn)(void *arg, int signum);
	void *arg;
};

struct loop *loop_new(void); /* dies when there is none */
void loop_free(struct loop *loop);
void loop_run(struct loop *loop); /* until loop_stop() */
void loop_stop(struct loop *loop);

/* Watches fd for events (LOOP_READ | LOOP_WRITE); -1: nothing. Starting again changes fd and
 * events. */
void loop_io_start(struct loop *loop, struct loop_io *io, int fd, unsigned events,
    void (*fn)(void *, unsigned), void *arg);
void loop_io_stop(struct loop *loop, struct loop_io *io);

/* Calls fn once, delay_ns from now (0 or less: at once). Starting again moves it. */
void loop_timer_start(
    struct loop *loop, struct loop_timer *timer, int64_t delay_ns, void (*fn)(void *), void *arg);
void loop_timer_stop(struct loop *loop, struct loop_timer *timer);

void loop_signal_start(
    struct loop *loop, struct loop_signal *sig, int signum, void (*fn)(void *, int), void *arg);

#endif
