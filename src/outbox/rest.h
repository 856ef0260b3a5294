/*
 * A rest is a notice that some recipients of a channel have and others are owed, whom the service
 * put off (greylisting, a full mailbox). It waits by itself: what comes after it is for all and
 * does not wait for one. When newer news of its alerts comes, that is what these recipients are
 * told.
 */
#ifndef OUTBOX_REST_H
#define OUTBOX_REST_H

#include "model/delivery.h"
#include "outbox/channel_queue.h"
#include "outbox/queue.h"

#define REST_MAX 64 /* a channel; past it the oldest is given up */

/*
 * The item has arrived, but for those who are left. False: they are none of those it was owed to,
 * so it is done with.
 */
bool rest_owe(struct channel_queue *queue, struct queue_item *item,
    const struct delivery_receipt *receipt, const struct now *now);

/* Those it was tried for were put off again: it waits, longer each time. */
void rest_put_off(struct queue_item *item, int64_t boot_ns);

/*
 * What may leave first and when, as channel_queue_candidate(): news, or a rest where no news may
 * leave as soon.
 */
struct queue_item *rest_or_news(const struct channel_queue *queue, int64_t boot_ns, int64_t *at_ns);

/* Gives up what is a day old, or too many. */
void rest_expire(struct queue_set *set, struct channel_queue *queue, const struct now *now);

#endif
