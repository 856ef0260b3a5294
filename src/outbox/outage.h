/*
 * The end of an outage: channels that wait after a failure are tried before their time.
 */
#ifndef OUTBOX_OUTAGE_H
#define OUTBOX_OUTAGE_H

#include "outbox/queue.h"

/* Whatever waits after a failure is tried at once, what a rest waits for included. */
void outage_try_all(struct queue_set *set);

/*
 * A service, of a channel or not, has taken what it was sent; was_out: its last attempt before had
 * failed. If that ends an outage of all, those that are still out are tried at once.
 */
void outage_note_reached(struct queue_set *set, bool was_out, const struct now *now);

#endif
