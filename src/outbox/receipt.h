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

#endif
