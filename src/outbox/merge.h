/*
 * What is newly said of an alert, merged with what of it still waits for the same channel.
 */
#ifndef OUTBOX_MERGE_H
#define OUTBOX_MERGE_H

#include "outbox/queue.h"

/*
 * n is about to be queued. What it says replaces what older notices, that are not on their way,
 * say of the same alerts: a fire and its end become one message. What a waiting digest has, is
 * brought up to date there and taken out of n, which may be left without facts; but a digest
 * takes over from an older one.
 */
void merge_into(
    struct queue_set *set, struct channel_queue *queue, struct notice *n, const struct now *now);

/*
 * The item is back from its way, or from an earlier life: what newer notices say of its alerts is
 * taken out of it. It may be dropped.
 */
void merge_returned(struct queue_set *set, struct channel_queue *queue, struct queue_item *item,
    const struct now *now);

/* The same for all that came back since the last time. */
void merge_settle(struct queue_set *set, const struct now *now);

#endif
