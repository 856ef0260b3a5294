/*
 * System calls that a dead file system may hold for good, made by a child with a deadline.
 */
#ifndef PRIV_ONESHOT_H
#define PRIV_ONESHOT_H

#include <stdbool.h>
#include <stdint.h>

#define ONESHOT_FDS 2

struct oneshot {
	int value, err;       /* for the work to use */
	int fds[ONESHOT_FDS]; /* -1: none; those it opened become the caller's */
};

/*
 * Has a child do the work and takes over what it puts into *result. False, with errno and no
 * descriptors: it has not come back in time (ETIMEDOUT; it is killed, and reaped by who reaps all),
 * or could not be sent.
 */
bool oneshot_run(void (*work)(const void *arg, struct oneshot *result), const void *arg,
    int64_t deadline_ms, struct oneshot *result);

#endif
