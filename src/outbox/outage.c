/*
 * Decides who is tried before the time that the back-off drew: after a reload all, after an outage
 * of all those that are out. An outage is of all where the service that answers now was out itself,
 * or where none has answered since the other one failed first: so one that stays dead is not tried
 * with every message that another takes. A service that has said when to come again is obeyed.
 */
#include "outbox/outage.h"

#include <utlist.h>

#include "base/num.h"

/* What is on its way has begun before: should it fail, it goes again at once. */
static void
try_now(struct channel_queue *queue)
{
	queue->not_before_ns = num_min(queue->not_before_ns, queue->asked_ns);
	queue->hastened = queue->flight != NULL;
}

void
outage_try_all(struct queue_set *set)
{
	struct channel_queue *queue;
	struct queue_item *item;

	QUEUE_EACH(set, queue)
	try_now(queue);
	QUEUE_EACH_ITEM(set, item)
	item->rest_at_ns = 0;
}

void
outage_note_reached(struct queue_set *set, bool was_out, const struct now *now)
{
	struct channel_queue *queue;

	QUEUE_EACH(set, queue)
	{
		if (outbox_channel_is_stuck(&queue->stats) &&
		    (was_out || queue->out_since_ns > set->reached_ns))
			try_now(queue);
	}
	set->reached_ns = now->boot_ns;
}
