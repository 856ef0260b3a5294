/*
 * The queues of all channels as one set: what they hold together, what of it is kept on disk, and
 * which kept notices are no more. How a notice waits, not what becomes of it.
 */
#ifndef OUTBOX_QUEUE_H
#define OUTBOX_QUEUE_H

#include <utlist.h>

#include "conf/channel.h"
#include "outbox/channel_queue.h"

/*
 * Notices of all channels together. Services that keep cases may have more: one an alert, so twice
 * ALERTS_OWED_MAX at most, of those that fire and of those that were told to.
 */
#define QUEUE_MAX 2048
#define QUEUE_EXPIRY_NS (24 * 3600 * NS_PER_SEC) /* what waits longer is summed up */
#define QUEUE_EARLY_MAX 64 /* deliveries remembered of notices that are not loaded yet */
#define QUEUE_TOLD_MAX 512 /* alerts remembered that were told of: rows come within seconds */

/* An alert of which the channel was told something in this life. */
struct queue_told {
	int channel;
	uint64_t case_key, host; /* host: a hash of its name in the case */
};

struct queue_set {
	struct channel_queue channel[CHANNEL_COUNT];
	struct quota all; /* of all channels together */
	size_t total;
	uint64_t last_id;
	uint64_t *deleted; /* ids of kept ones that are no more */
	size_t deleted_count, deleted_cap;
	uint64_t early[QUEUE_EARLY_MAX]; /* ids that are not here and were delivered; a ring */
	size_t early_next;
	struct queue_told told[QUEUE_TOLD_MAX]; /* a ring */
	size_t told_next;
	size_t homeless;    /* kept notices for channels that are not enabled, not told of yet */
	int64_t reached_ns; /* boot time when any service last took what it was sent */
	bool unsettled;     /* items came back: newer ones may say the same better */
	bool degraded;      /* see outbox_degraded() */
};

/* channels: CHANNEL_COUNT of them; traits: as many; NULL: as they were, zero at first. */
void queue_init(struct queue_set *set, const struct conf_alert *conf,
    const struct conf_channel *channels, const struct channel_traits *traits);
/* Other settings; what waits stays. */
void queue_configure(struct queue_set *set, const struct conf_alert *conf,
    const struct conf_channel *channels, const struct channel_traits *traits);
void queue_done(struct queue_set *set);

/* An id above all that this life and earlier ones gave. */
uint64_t queue_next_id(struct queue_set *set, const struct now *now);

/* Into the queue of its channel; false, and nothing done: there is one of that id. */
bool queue_insert(struct queue_set *set, struct queue_item *item);
/* Out of its queue and of the disk; frees it. */
void queue_drop(struct queue_set *set, struct channel_queue *queue, struct queue_item *item);

/* To be deleted from where it is kept. */
void queue_note_deleted(struct queue_set *set, uint64_t id);

/* Delivered, but not here: it may be loaded yet. */
void queue_note_early(struct queue_set *set, uint64_t id);
bool queue_was_early(const struct queue_set *set, uint64_t id);

/* It arrived: what an earlier life still wanted to say of its alerts is out of date. */
void queue_note_told(struct queue_set *set, const struct notice *n);
/* Takes that out of a notice of an earlier life. */
void queue_remove_told(const struct queue_set *set, struct notice *n);

/* See outbox_written() and the like. */
void queue_written(struct queue_set *set, uint64_t txn);
void queue_confirmed(struct queue_set *set, uint64_t txn);
void queue_unkept(struct queue_set *set);
void queue_mark_all(struct queue_set *set);

#define QUEUE_EACH(set, queue) \
	for ((queue) = (set)->channel; (queue) < (set)->channel + CHANNEL_COUNT; (queue)++)

#define QUEUE_EACH_ITEM(set, item)                                                     \
	for (int channel_queue_ = 0; channel_queue_ < CHANNEL_COUNT; channel_queue_++) \
	DL_FOREACH((set)->channel[channel_queue_].items, item)

#endif
