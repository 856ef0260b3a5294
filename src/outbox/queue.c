/*
 * Puts notices into the queues of all channels and takes them out, and keeps count: ids, the total,
 * what is on disk and what is to be deleted there. The caller decides what is queued and what is
 * dropped. A disk that confirms nothing changes nothing here; see channel_queue.c.
 */
#include "outbox/queue.h"

#include <string.h>

#include "base/mem.h"
#include "base/num.h"
#include "base/str.h"

void
queue_init(struct queue_set *set, const struct conf_alert *conf,
    const struct conf_channel *channels, const struct channel_traits *traits)
{
	*set = (struct queue_set){.total = 0};
	for (int id = 0; id < CHANNEL_COUNT; id++)
		channel_queue_init(&set->channel[id], channel_name((enum channel_id)id), &set->all);
	queue_configure(set, conf, channels, traits);
}

void
queue_configure(struct queue_set *set, const struct conf_alert *conf,
    const struct conf_channel *channels, const struct channel_traits *traits)
{
	quota_configure_all(&set->all, conf);
	for (int id = 0; id < CHANNEL_COUNT; id++) {
		channel_queue_configure(&set->channel[id], conf, &channels[id]);
		if (traits != NULL)
			set->channel[id].traits = traits[id];
	}
}

void
queue_done(struct queue_set *set)
{
	struct channel_queue *queue;

	QUEUE_EACH(set, queue)
	channel_queue_done(queue);
	quota_done(&set->all);
	mem_free(set->deleted);
}

uint64_t
queue_next_id(struct queue_set *set, const struct now *now)
{
	set->last_id++;
	if (set->last_id < (uint64_t)now->wall_ms)
		set->last_id = (uint64_t)now->wall_ms; /* over what earlier lives gave */
	return set->last_id;
}

bool
queue_insert(struct queue_set *set, struct queue_item *item)
{
	if (!channel_queue_insert(&set->channel[item->notice->channel], item))
		return false;
	set->total++;
	return true;
}

void
queue_note_deleted(struct queue_set *set, uint64_t id)
{
	set->deleted =
	    mem_grow(set->deleted, set->deleted_count, &set->deleted_cap, sizeof(*set->deleted));
	set->deleted[set->deleted_count++] = id;
}

void
queue_drop(struct queue_set *set, struct channel_queue *queue, struct queue_item *item)
{
	if (item->kept)
		queue_note_deleted(set, item->notice->id);
	channel_queue_remove(queue, item);
	set->total--;
	notice_free(item->notice);
	mem_free(item);
}

void
queue_note_early(struct queue_set *set, uint64_t id)
{
	set->early[set->early_next++ % QUEUE_EARLY_MAX] = id;
}

bool
queue_was_early(const struct queue_set *set, uint64_t id)
{
	for (size_t i = 0; i < QUEUE_EARLY_MAX; i++) {
		if (set->early[i] == id)
			return true;
	}
	return false;
}

static uint64_t
hash_host(const struct alert_facts *f)
{
	return str_hash(STR_HASH_SEED, f->case_host, strlen(f->case_host));
}

void
queue_note_told(struct queue_set *set, const struct notice *n)
{
	for (size_t i = 0; i < n->fact_count; i++)
		set->told[set->told_next++ % QUEUE_TOLD_MAX] = (struct queue_told){
		    n->channel, facts_case_key(&n->facts[i]), hash_host(&n->facts[i])};
}

/* A host that got another name is the same one for people, and another case for a service. */
static bool
was_told(const struct queue_set *set, int channel, const struct alert_facts *facts)
{
	bool cases = set->channel[channel].traits.keeps_cases;
	uint64_t case_key = facts_case_key(facts), host = hash_host(facts);

	for (size_t i = 0; i < num_min_size(set->told_next, QUEUE_TOLD_MAX); i++) {
		const struct queue_told *told = &set->told[i];

		if (told->channel == channel && told->case_key == case_key &&
		    (told->host == host || !cases))
			return true;
	}
	return false;
}

void
queue_remove_told(const struct queue_set *set, struct notice *n)
{
	for (size_t i = n->fact_count; i-- > 0;) {
		if (was_told(set, n->channel, &n->facts[i]))
			notice_remove(n, &n->facts[i]);
	}
}

void
queue_written(struct queue_set *set, uint64_t txn)
{
	struct queue_item *item;

	QUEUE_EACH_ITEM(set, item)
	{
		if (item->txn == 0 && !item->changed)
			item->txn = txn;
	}
}

void
queue_confirmed(struct queue_set *set, uint64_t txn)
{
	struct queue_item *item;

	set->degraded = false;
	QUEUE_EACH_ITEM(set, item)
	{
		if (item->txn != 0 && item->txn <= txn)
			item->confirmed = true;
	}
}

void
queue_unkept(struct queue_set *set)
{
	struct queue_item *item;

	QUEUE_EACH_ITEM(set, item)
	item->confirmed = true;
}

void
queue_mark_all(struct queue_set *set)
{
	struct queue_item *item;

	QUEUE_EACH_ITEM(set, item)
	item->changed = !item->notice->transient;
}
