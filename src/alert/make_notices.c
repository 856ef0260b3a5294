/*
 * A cycle's news to notices: bad news before good, the worst first, always in the same order
 * whatever the order of the table; one notice a group and channel, of those alerts that the channel
 * takes. What a silence held leaves as one digest, and so does what a channel is told late.
 */
#include "alert/make_notices.h"

#include <math.h>
#include <stdlib.h>

#include "base/log.h"
#include "base/num.h"

/* All of these leave as one digest, in this order; 0: as a notice of their own kind. */
static int
rank_digest(const struct alert_entry *a)
{
	return a->silenced ? 2 : a->news == NEWS_LATE ? 1 : 0;
}

/*
 * What leaves together is equal in this: below 0, a leaves before b. First the digests; then bad
 * news before good, severe before mild, by group. The ends of one group go together, whatever their
 * severity, but for those of what nobody looks at any more.
 */
static int
compare_batch(const struct alert_entry *a, const struct alert_entry *b)
{
	if (rank_digest(a) != 0 || rank_digest(b) != 0)
		return rank_digest(b) - rank_digest(a);
	if (a->news != b->news)
		return (int)a->news - (int)b->news;
	if (a->news != NEWS_RESOLVE && a->facts.severity != b->facts.severity)
		return (int)b->facts.severity - (int)a->facts.severity;
	if (a->news == NEWS_RESOLVE && a->facts.unwatched != b->facts.unwatched)
		return (int)a->facts.unwatched - (int)b->facts.unwatched;
	return (int)a->facts.subject.group - (int)b->facts.subject.group;
}

static bool
low_is_bad(const struct alert_facts *f)
{
	return f->op == OP_LE || f->op == OP_LT;
}

static int
compare_values(const struct alert_facts *a, const struct alert_facts *b)
{
	if (a->subject.order != b->subject.order)
		return a->subject.order - b->subject.order;
	if (low_is_bad(a) != low_is_bad(b))
		return (int)low_is_bad(a) - (int)low_is_bad(b);
	if (isnan(a->value) || isnan(b->value) || !(a->value < b->value || a->value > b->value))
		return 0;
	return (a->value > b->value) != low_is_bad(a) ? -1 : 1;
}

/* Within a batch: firing before ended, severe before mild, worse values first. */
static int
compare(const void *left, const void *right)
{
	const struct alert_entry *a = *(struct alert_entry *const *)left;
	const struct alert_entry *b = *(struct alert_entry *const *)right;
	int by_value;

	if (compare_batch(a, b) != 0)
		return compare_batch(a, b);
	if ((a->news == NEWS_RESOLVE) != (b->news == NEWS_RESOLVE))
		return b->news == NEWS_RESOLVE ? -1 : 1;
	if (a->facts.severity != b->facts.severity)
		return (int)b->facts.severity - (int)a->facts.severity;
	by_value = compare_values(&a->facts, &b->facts);
	if (by_value != 0)
		return by_value;
	return a->facts.fingerprint < b->facts.fingerprint ? -1 : 1;
}

static bool
is_for(const struct alert_table *table, const struct alert_entry *a, const struct alert_channel *c)
{
	unsigned hearers = alert_table_takers(table, a->facts.severity);

	if (a->news == NEWS_LATE)
		hearers = alert_table_unaware(table, a);
	else if (a->news == NEWS_RESOLVE)
		hearers = a->brief | (a->told & alert_table_end_hearers(table, a));
	return (hearers & 1u << c->id) != 0;
}

static struct notice *
new_notice(enum notice_kind kind, int channel, size_t count, const struct now *now)
{
	struct notice *n = notice_new(kind, channel, num_min_size(count, NOTICE_FACTS_MAX));

	n->fact_count = 0;
	n->total = count;
	n->created = *now;
	return n;
}

static void
add_facts(struct notice *n, const struct alert_entry *a)
{
	struct alert_facts *facts = &n->facts[n->fact_count];

	if (a->facts.severity > n->severity)
		n->severity = a->facts.severity;
	if (n->fact_count == NOTICE_FACTS_MAX)
		return;
	n->fact_count++;
	*facts = a->facts;
	facts->again = a->news != NEWS_RESOLVE && (a->told & 1u << n->channel) != 0;
	facts->still = facts->again && a->news == NEWS_STILL && !facts->event;
	facts->unheard = a->news == NEWS_RESOLVE && (a->brief & 1u << n->channel) != 0;
}

static enum notice_kind
kind_of(const struct alert_entry *a)
{
	return a->news == NEWS_RESOLVE ? NOTICE_RESOLVE : NOTICE_FIRE;
}

/* Of count alerts like this. */
static struct notice *
begin_notice(const struct alert_entry *a, int channel, size_t count, const struct now *now)
{
	bool digest = count > 1 && rank_digest(a) != 0;
	struct notice *n = new_notice(digest ? NOTICE_DIGEST : kind_of(a), channel, count, now);

	if (digest)
		n->reason = a->silenced ? DIGEST_SILENCE : DIGEST_JOINED;
	return n;
}

void
make_notices_one(
    const struct alert_entry *a, int channel, const struct now *now, struct notices *out)
{
	struct notice *n = begin_notice(a, channel, 1, now);

	add_facts(n, a);
	notices_add(out, n);
}

static void
tell_channel(const struct alert_table *table, struct alert_entry *const *batch, size_t len,
    const struct alert_channel *c, const struct now *now, struct notices *out)
{
	size_t left = 0, room = 0;
	struct notice *n;

	for (size_t i = 0; i < len; i++)
		left += is_for(table, batch[i], c);
	for (size_t i = 0; i < len; i++) {
		if (!is_for(table, batch[i], c))
			continue;
		if (room == 0) {
			room = c->traits.alerts_max == 0 ? left
			                                 : num_min_size(left, c->traits.alerts_max);
			n = begin_notice(batch[i], c->id, room, now);
			notices_add(out, n);
		}
		add_facts(n, batch[i]);
		room--;
		left--;
	}
}

/* Its channels know now. */
static void
note_told(const struct alert_table *table, struct alert_entry *a)
{
	if (a->news == NEWS_RESOLVE) {
		a->told = a->refused = 0;
		a->announced = SEV_NONE;
	} else {
		a->told |= alert_table_takers(table, a->facts.severity);
		a->refused &= ~alert_table_takers(table, a->facts.severity);
		a->facts.told_levels |= SEV_BIT(a->facts.severity);
		/* A reminder of what flaps must not make a level news that was told before. */
		if (a->news != NEWS_LATE && !(a->news == NEWS_STILL && a->flap.phase == FLAP_ON))
			a->announced = a->facts.severity;
	}
	log_debug("alert %s %s: %s, told %#x", a->facts.rule,
	    a->news == NEWS_RESOLVE ? "is over" : "fires", severity_name(a->facts.severity),
	    a->told);
	a->brief = 0;
	a->silenced = false;
	a->due = (struct now){.wall_ms = 0};
	a->changed = true;
}

void
make_notices_all(struct alert_table *table, const struct now *now, struct notices *out)
{
	bool grouped = table->conf.group_window_secs > 0;

	if (table->news_count > 0)
		qsort(table->news, table->news_count, sizeof(struct alert_entry *), compare);
	for (size_t i = 0, len; i < table->news_count; i += len) {
		struct alert_entry **batch = &table->news[i];

		for (len = 1; i + len < table->news_count &&
		              (grouped || rank_digest(batch[0]) != 0) &&
		              compare_batch(batch[len], batch[0]) == 0;)
			len++;
		for (size_t c = 0; c < table->channel_count; c++)
			tell_channel(table, batch, len, &table->channels[c], now, out);
	}
	for (size_t i = 0; i < table->news_count; i++)
		note_told(table, table->news[i]);
}
