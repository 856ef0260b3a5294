/*
 * How an attempt ended, to what its channel does next.
 */
#ifndef OUTBOX_RECEIPT_H
#define OUTBOX_RECEIPT_H

#include "model/delivery.h"
#include "outbox/channel_queue.h"

/*
 * Ends the queue's flight, which must be there; outcome must be valid. True:
 * the item is done with, delivered or set aside, and to be dropped by the caller.
 */
bool receipt_apply(struct channel_queue *queue, const struct delivery_receipt *receipt,
    uint64_t *rng, const struct now *now);

/* The queue's flight, in this form, fits no message; the service was not asked. True as above. */
bool receipt_unsendable(struct channel_queue *queue);

/*
 * It arrived whole, for the first time: a line of the log for each alert. What was told without its
 * words has a line that says so, a renewal is no news, and the console's own lines are its log.
 */
void receipt_say_delivered(const struct channel_queue *queue, const struct queue_item *item);

#endif
