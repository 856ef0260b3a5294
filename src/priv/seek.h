/*
 * What could not be had at start and is looked for until it is there.
 */
#ifndef PRIV_SEEK_H
#define PRIV_SEEK_H

#include <stdbool.h>
#include <stdint.h>

#include "priv/oneshot.h"

#define SEEK_AGAIN_SECS 30 /* after an answer that was no */

/* Zeroed: nothing was looked for. */
struct seek {
	struct oneshot_child child; /* at work: a disk that does not answer is asked once */
	int64_t again_ns;           /* boot time, when there is no child */
};

/* The first time: waits ONESHOT_WAIT_MS. False: errno says why; ETIMEDOUT: the child goes on. */
bool seek_first(struct seek *seek, oneshot_fn *work, const void *arg, struct oneshot *result);

/*
 * Later, as often as one likes: never waits. True: an answer has come. The end of the child that
 * brings it is a SIGCHLD.
 */
bool seek_again(
    struct seek *seek, oneshot_fn *work, const void *arg, int64_t now_ns, struct oneshot *result);

static inline bool
seek_is_at_work(const struct seek *seek)
{
	return seek->child.pid > 0;
}

/* It may be there now. */
void seek_hasten(struct seek *seek);

#endif
