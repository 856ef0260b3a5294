/*
 * Asks a child, and if the answer is no, another one after a while. A child that a dead file system
 * holds is left there: it has the answer when the file system has one. What cannot be forked is
 * tried again like any other no.
 */
#include "priv/seek.h"

#include <errno.h>

#include "base/clock.h"

bool
seek_first(struct seek *seek, oneshot_fn *work, const void *arg, struct oneshot *result)
{
	*seek = (struct seek){.again_ns = 0};
	return oneshot_start(work, arg, &seek->child) &&
	       oneshot_take(&seek->child, ONESHOT_WAIT_MS, result);
}

bool
seek_again(
    struct seek *seek, oneshot_fn *work, const void *arg, int64_t now_ns, struct oneshot *result)
{
	if (seek_is_at_work(seek)) {
		bool came = oneshot_take(&seek->child, 0, result);

		if (came || errno != ETIMEDOUT)
			seek->again_ns = now_ns + SEEK_AGAIN_SECS * NS_PER_SEC;
		return came;
	}
	if (now_ns < seek->again_ns)
		return false;
	seek->again_ns = now_ns + SEEK_AGAIN_SECS * NS_PER_SEC;
	(void)oneshot_start(work, arg, &seek->child);
	return false;
}

void
seek_hasten(struct seek *seek)
{
	seek->again_ns = 0;
}
