/* How many notices wait in an outbox, over all channels. */
#ifndef TESTS_OUTBOX_COUNT_H
#define TESTS_OUTBOX_COUNT_H

#include "conf/channel.h"
#include "outbox/outbox.h"

static inline size_t
outbox_count(const struct outbox *ob)
{
	size_t n = 0;

	for (int id = 0; id < CHANNEL_COUNT; id++)
		n += outbox_channel(ob, id)->queued;
	return n;
}

#endif
