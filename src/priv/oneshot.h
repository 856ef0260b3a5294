/*
 * System calls that a dead file system may hold for good, made by a child with a deadline.
 */
#ifndef PRIV_ONESHOT_H
#define PRIV_ONESHOT_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#define ONESHOT_FDS 2
#define ONESHOT_WAIT_MS 5000 /* for a disk to answer, before it is done without */

struct oneshot {
	int value, err;       /* for the work to use */
	int fds[ONESHOT_FDS]; /* -1: none; those it opened become the caller's */
};

typedef void oneshot_fn(const void *arg, struct oneshot *result);

/* One that is at work; zeroed: none. It is reaped by who reaps all. */
struct oneshot_child {
	pid_t pid;
	int fd;
};

/* Has a child begin. False, with errno: there is none. */
bool oneshot_start(oneshot_fn *work, const void *arg, struct oneshot_child *child);

/*
 * Takes over what the work has put into *result, then there is no child any more. False, with errno
 * and no descriptors: it has not come back in time (ETIMEDOUT, it goes on), or could not be sent.
 */
bool oneshot_take(struct oneshot_child *child, int64_t wait_ms, struct oneshot *result);

/* Both; what has not come back within ONESHOT_WAIT_MS is killed. */
bool oneshot_run(oneshot_fn *work, const void *arg, struct oneshot *result);

#endif
