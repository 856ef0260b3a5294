/*
 * How an attempt ended, to what its channel does next.
 */
#ifndef NOTIFY_RECEIPT_H
#define NOTIFY_RECEIPT_H

#include "notify/lane.h"

/*
 * Ends the lane's flight, which must be there; outcome must be one of enum outbox_outcome. True:
 * the item is done with, delivered or set aside, and to be dropped by the caller.
 */
bool receipt_apply(
    struct lane *lane, const struct outbox_receipt *receipt, uint64_t *rng, const struct now *now);

#endif
