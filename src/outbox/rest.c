/*
 * Keeps what some recipients are still owed, and decides when they are tried again. Whoever is put
 * off for a day is given up, loudly: the channel itself works, and goes on.
 */
#include "outbox/rest.h"

#include <utlist.h>

#include "base/log.h"
#include "base/num.h"

/*
 * Greylisting lets in who comes again after some minutes; a full mailbox stays full for hours. A
 * test build may lower the first.
 */
#ifndef REST_RETRY_FIRST_MS
#define REST_RETRY_FIRST_MS 60000
#endif
#define RETRY_LONGEST_MS 1800000

void
rest_put_off(struct queue_item *item, int64_t boot_ns)
{
	int64_t wait_ms = (int64_t)REST_RETRY_FIRST_MS << num_min(item->rest_tries, 10);

	item->rest_tries++;
	item->rest_at_ns = boot_ns + num_min(wait_ms, RETRY_LONGEST_MS) * NS_PER_MS;
}

bool
rest_owe(struct channel_queue *queue, struct queue_item *item,
    const struct delivery_receipt *receipt, const struct now *now)
{
	bool was_rest = channel_queue_is_rest(item);

	if (!notice_owe(item->notice, receipt->left, receipt->left_count))
		return false;
	queue->stats.rests += !was_rest;
	rest_put_off(item, now->boot_ns);
	channel_queue_touch(item, now);
	return true;
}

static struct queue_item *
find_oldest(const struct channel_queue *queue)
{
	struct queue_item *item;

	DL_FOREACH(queue->items, item)
	{
		if (channel_queue_is_rest(item) && item != queue->flight)
			return item;
	}
	return NULL;
}

static struct queue_item *
find_first(const struct channel_queue *queue)
{
	struct queue_item *found = NULL, *item;

	DL_FOREACH(queue->items, item)
	{
		if (channel_queue_is_rest(item) &&
		    (found == NULL || item->rest_at_ns < found->rest_at_ns))
			found = item;
	}
	return found;
}

struct queue_item *
rest_or_news(const struct channel_queue *queue, int64_t boot_ns, int64_t *at_ns)
{
	struct queue_item *news = channel_queue_candidate(queue, boot_ns, at_ns);
	struct queue_item *rest = queue->flight == NULL ? find_first(queue) : NULL;
	int64_t rest_ns;

	if (rest == NULL)
		return news;
	rest_ns = num_max(num_max(rest->rest_at_ns, channel_queue_ready_at(queue, rest)),
	    num_max(channel_queue_free_at(queue), boot_ns));
	if (news != NULL && *at_ns <= rest_ns)
		return news;
	*at_ns = rest_ns;
	return rest;
}

static void
give_up(struct queue_set *set, struct channel_queue *queue, struct queue_item *item)
{
	const struct notice *n = item->notice;
	char line[FACTS_LINE_MAX] = "";

	log_error("channel %s: %zu recipients never took a message that others have: %s%s",
	    queue->name, n->owed_count, n->fact_count > 0 ? facts_line(&n->facts[0], line) : "",
	    n->fact_count > 1 ? ", and more" : "");
	queue->stats.set_aside++;
	queue_drop(set, queue, item);
}

void
rest_expire(struct queue_set *set, struct channel_queue *queue, const struct now *now)
{
	struct queue_item *item;

	while (queue->stats.rests > 0 && (item = find_oldest(queue)) != NULL &&
	       (queue->stats.rests > REST_MAX || now->boot_ns - item->born_ns >= QUEUE_EXPIRY_NS))
		give_up(set, queue, item);
}
