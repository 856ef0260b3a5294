/*
 * Decides which notice of one channel leaves next, and when. Order is strict, but an emergency
 * passes those that only wait for the rate limit, and takes older notices of the same alert along,
 * so that no alert is told backwards. So does a renewal, which was made later than they were and is
 * true whether they are told or not. A disk that confirms nothing holds a notice up for 2 s.
 */
#include "outbox/channel_queue.h"

#include <utlist.h>

#include "base/mem.h"
#include "base/num.h"

#define LEASE_MS 5000 /* on top of the time-out */
#define BACK_OFF_FIRST_MS 1000
#define BACK_OFF_LONGEST_MS 300000
#define BACK_OFF_LEAST_MS 100

void
channel_queue_init(struct channel_queue *queue, const char *name, struct quota *all)
{
	*queue = (struct channel_queue){.name = name, .not_before_ns = INT64_MIN, .all = all};
}

void
channel_queue_configure(
    struct channel_queue *queue, const struct conf_alert *conf, const struct conf_channel *channel)
{
	queue->enabled = channel->enabled;
	queue->timeout_ms = channel->timeout_secs > 0 ? channel->timeout_secs * 1000 : 10000;
	quota_configure_channel(&queue->quota, conf);
}

void
channel_queue_done(struct channel_queue *queue)
{
	struct queue_item *item, *next;

	DL_FOREACH_SAFE(queue->items, item, next)
	{
		notice_free(item->notice);
		mem_free(item);
	}
	quota_done(&queue->quota);
}

bool
channel_queue_insert(struct channel_queue *queue, struct queue_item *item)
{
	struct queue_item *after = queue->items == NULL ? NULL : queue->items->prev;

	/* From the end: nearly always it is the newest. */
	while (after != NULL && after->notice->id > item->notice->id)
		after = after == queue->items ? NULL : after->prev;
	if (after != NULL && after->notice->id == item->notice->id)
		return false;
	if (after != NULL)
		DL_APPEND_ELEM(queue->items, after, item);
	else
		DL_PREPEND(queue->items, item);
	queue->stats.queued++;
	queue->stats.rests += channel_queue_is_rest(item);
	return true;
}

void
channel_queue_remove(struct channel_queue *queue, struct queue_item *item)
{
	if (queue->flight == item)
		queue->flight = NULL;
	DL_DELETE(queue->items, item);
	queue->stats.queued--;
	queue->stats.rests -= channel_queue_is_rest(item);
}

struct queue_item *
channel_queue_find(const struct channel_queue *queue, uint64_t id)
{
	struct queue_item *item;

	DL_FOREACH(queue->items, item)
	{
		if (item->notice->id == id)
			return item;
	}
	return NULL;
}

void
channel_queue_touch(struct queue_item *item, const struct now *now)
{
	item->changed = !item->notice->transient;
	item->confirmed = item->notice->transient;
	item->txn = 0;
	item->put_ns = now->boot_ns;
}

/* What fired and ended before a service that keeps cases heard of it. */
static bool
is_of_no_case(const struct notice *n)
{
	for (size_t i = 0; i < n->fact_count; i++) {
		if (!n->facts[i].unheard || !facts_is_resolved(&n->facts[i]))
			return false;
	}
	return true;
}

enum outbox_place
channel_queue_place(const struct channel_queue *queue, const struct alert_facts *facts)
{
	enum outbox_place place = OUTBOX_NOWHERE;
	const struct queue_item *item;

	DL_FOREACH(queue->items, item)
	{
		if (item->notice->transient || notice_find(item->notice, facts) == NULL)
			continue;
		if (item == queue->flight)
			return OUTBOX_LEAVES;
		place = OUTBOX_WAITS;
	}
	return place;
}

struct queue_item *
channel_queue_oldest_to_sum(const struct channel_queue *queue)
{
	struct queue_item *item;

	DL_FOREACH(queue->items, item)
	{
		if (item->notice->kind != NOTICE_DIGEST && item != queue->flight &&
		    !channel_queue_is_rest(item) &&
		    (channel_queue_sums(queue) || is_of_no_case(item->notice)))
			return item;
	}
	return NULL;
}

static bool
share_alert(const struct notice *a, const struct notice *b)
{
	for (size_t i = 0; i < a->fact_count; i++) {
		if (notice_find(b, &a->facts[i]) != NULL)
			return true;
	}
	return false;
}

/* The first emergency, or what must go before it: the oldest notice about the same alert. */
static struct queue_item *
urgent(const struct channel_queue *queue)
{
	struct queue_item *found, *item;

	DL_FOREACH(queue->items, found)
	{
		if (found->notice->severity == SEV_EMERGENCY && !channel_queue_is_rest(found))
			break;
	}
	if (found == NULL)
		return NULL;
	DL_FOREACH(queue->items, item)
	{
		if (item == found ||
		    (!channel_queue_is_rest(item) && share_alert(item->notice, found->notice)))
			return item;
	}
	return found;
}

int64_t
channel_queue_ready_at(const struct channel_queue *queue, const struct queue_item *item)
{
	int64_t kept_ns =
	    item->confirmed ? INT64_MIN : item->put_ns + CHANNEL_QUEUE_KEEP_WAIT_MS * NS_PER_MS;

	return num_max(queue->not_before_ns, kept_ns);
}

static struct queue_item *
renewal(const struct channel_queue *queue)
{
	struct queue_item *item;

	DL_FOREACH(queue->items, item)
	{
		if (item->notice->transient)
			break;
	}
	return item;
}

int64_t
channel_queue_free_at(const struct channel_queue *queue)
{
	return num_max(quota_free_at(&queue->quota), quota_free_at(queue->all));
}

/* The oldest that nobody has. */
static struct queue_item *
first_news(const struct channel_queue *queue)
{
	struct queue_item *item;

	DL_FOREACH(queue->items, item)
	{
		if (!channel_queue_is_rest(item))
			break;
	}
	return item;
}

struct queue_item *
channel_queue_candidate(const struct channel_queue *queue, int64_t boot_ns, int64_t *at_ns)
{
	struct queue_item *first = first_news(queue), *fast;
	int64_t token_ns, fast_ns;

	if (first == NULL || queue->flight != NULL)
		return NULL;
	*at_ns = num_max(channel_queue_ready_at(queue, first), boot_ns);
	token_ns = first->notice->transient ? *at_ns : channel_queue_free_at(queue);
	if (token_ns <= *at_ns)
		return first;
	fast = urgent(queue);
	if (fast == NULL)
		fast = renewal(queue);
	fast_ns = fast == NULL ? INT64_MAX : num_max(channel_queue_ready_at(queue, fast), boot_ns);
	if (fast_ns <= token_ns) {
		*at_ns = fast_ns;
		return fast;
	}
	*at_ns = token_ns;
	return first;
}

void
channel_queue_depart(struct channel_queue *queue, struct queue_item *item, int64_t boot_ns)
{
	if (!item->notice->transient) {
		quota_take(&queue->quota, boot_ns);
		quota_take(queue->all, boot_ns);
	}
	queue->flight = item;
	queue->lease_ns = boot_ns + (queue->timeout_ms + LEASE_MS) * NS_PER_MS;
	item->attempt++;
}

void
channel_queue_return(struct channel_queue *queue)
{
	if (!queue->flight->notice->transient) {
		quota_give_back(&queue->quota);
		quota_give_back(queue->all);
	}
	queue->flight = NULL;
}

void
channel_queue_wait(struct channel_queue *queue, int64_t wait_ms, int64_t boot_ns)
{
	if (queue->hastened)
		wait_ms = BACK_OFF_LEAST_MS;
	queue->hastened = false;
	queue->not_before_ns = num_max(queue->asked_ns, boot_ns + wait_ms * NS_PER_MS);
}

static uint64_t
draw(uint64_t *rng, uint64_t below)
{
	*rng = *rng * 6364136223846793005ULL + 1442695040888963407ULL;
	return (*rng >> 33) % below;
}

void
channel_queue_back_off(
    struct channel_queue *queue, uint64_t *rng, int64_t at_least_ms, int64_t boot_ns)
{
	int64_t doubled_ms = (int64_t)BACK_OFF_FIRST_MS << num_min(queue->failed_in_row, 16);
	int64_t most_ms = num_min(doubled_ms, BACK_OFF_LONGEST_MS), wait_ms;

	wait_ms = num_max((int64_t)draw(rng, (uint64_t)most_ms) + 1, BACK_OFF_LEAST_MS);
	channel_queue_wait(queue, num_max(wait_ms, at_least_ms), boot_ns);
	queue->failed_in_row++;
}

int64_t
channel_queue_oldest_ns(const struct channel_queue *queue)
{
	const struct queue_item *item = first_news(queue);

	if (item == NULL)
		item = queue->items;
	return item != NULL ? item->born_ns : INT64_MAX;
}
