/*
 * The inside of an outbox, shared by its queueing (outbox.c) and its keeping (outbox_json.c).
 */
#ifndef OUTBOX_OUTBOX_STATE_H
#define OUTBOX_OUTBOX_STATE_H

#include "conf/channel.h"
#include "outbox/channel_queue.h"

#define OUTBOX_EXPIRY_NS (24 * 3600 * NS_PER_SEC)

#define OUTBOX_EARLY_MAX 64 /* receipts remembered for notices that are not loaded yet */

struct expired {
	uint64_t fingerprint;
	int channel;
};

struct outbox {
	struct channel_queue queues[CHANNEL_COUNT];
	struct quota all;
	uint64_t rng, last_id;
	size_t total;
	uint64_t *deleted; /* ids of kept ones that are no more */
	size_t deleted_count, deleted_cap;
	struct expired *expired;
	size_t expired_count, expired_cap;
	bool degraded, full_said;
	bool unsettled;                   /* items came back: newer ones may say the same better */
	uint64_t early[OUTBOX_EARLY_MAX]; /* ids that are not here and were delivered; a ring */
	size_t early_next;
};

/* To be deleted from where it is kept. */
void outbox_note_deleted(struct outbox *ob, uint64_t id);

/* What the item says has changed: it must be kept anew before it leaves. */
void outbox_touch(struct outbox_item *item, const struct now *now);
void outbox_drop(
    struct outbox *ob, struct channel_queue *queue, struct outbox_item *item); /* frees it */

/* The oldest that is not a digest and not on its way. */
struct outbox_item *outbox_oldest(const struct channel_queue *queue);

/* Sums up what is too old. */
void outbox_expire(struct outbox *ob, struct channel_queue *queue, const struct now *now);
/* What waits for a limit, if it is more than one, becomes one digest. */
void outbox_digest_limited(struct outbox *ob, struct channel_queue *queue, const struct now *now);
/* Sums up the oldest of the fullest channel while there are more than OUTBOX_MAX. */
void outbox_keep_bound(struct outbox *ob, const struct now *now);

/* Queues the item; false, and nothing done: there is one of that id. May sum up older ones. */
bool outbox_enqueue(struct outbox *ob, struct outbox_item *item, const struct now *now);

#endif
