/*
 * The inside of an outbox, shared by its queueing (outbox.c) and its keeping (outbox_keep.c).
 */
#ifndef NOTIFY_OUTBOX_STATE_H
#define NOTIFY_OUTBOX_STATE_H

#include "conf/channel.h"
#include "notify/lane.h"

#define OUTBOX_EXPIRY_NS (24 * 3600 * NS_PER_SEC)

#define OUTBOX_EARLY_MAX 64 /* receipts remembered for notices that are not loaded yet */

struct expired {
	uint64_t fingerprint;
	int channel;
};

struct outbox {
	struct lane lanes[CHANNEL_COUNT];
	uint64_t rng, last_id;
	size_t total;
	uint64_t *deleted; /* ids of kept ones that are no more */
	size_t deleted_count, deleted_cap;
	struct expired *expired;
	size_t expired_count, expired_cap;
	bool degraded, full_said;
	uint64_t early[OUTBOX_EARLY_MAX]; /* ids that are not here and were delivered; a ring */
	size_t early_next;
};

/* To be deleted from where it is kept. */
void outbox_note_deleted(struct outbox *ob, uint64_t id);

/* Queues the item; false, and nothing done: there is one of that id. May sum up older ones. */
bool outbox_enqueue(struct outbox *ob, struct outbox_item *item, const struct now *now);

#endif
