/*
 * The public face of the alerts: takes findings in and gives notices out, and shows the alerts.
 */
#include "alert/alert.h"

#include <string.h>

#include "alert/alert_table.h"
#include "alert/make_notices.h"
#include "alert/silence.h"
#include "alert/stage.h"
#include "alert/transition.h"
#include "base/mem.h"
#include "base/num.h"
#include "base/str.h"

struct alert_table *
alert_new(const struct conf_alert *conf, const char *hostname, const struct alert_channel *channels,
    size_t n)
{
	struct alert_table *table = mem_zalloc(1, sizeof(*table));

	table->news = mem_zalloc(ALERTS_OWED_MAX, sizeof(struct alert_entry *));
	alert_configure(table, conf, hostname, channels, n);
	return table;
}

void
alert_configure(struct alert_table *table, const struct conf_alert *conf, const char *hostname,
    const struct alert_channel *channels, size_t n)
{
	struct alert_entry *a, *next;

	table->conf = *conf;
	str_copy(table->hostname, sizeof(table->hostname), hostname);
	table->channel_count = num_min_size(n, CHANNEL_COUNT);
	table->enabled = table->cases = 0;
	for (size_t i = 0; i < table->channel_count; i++) {
		table->channels[i] = channels[i];
		table->enabled |= 1u << channels[i].id;
		table->cases |= channels[i].traits.keeps_cases ? 1u << channels[i].id : 0;
	}
	HASH_ITER (hh, table->entries, a, next) {
		alert_table_forget_disabled(table, a);
		a->doubted = true;
	}
}

/* Where there is one of that name already, this one ends as what nobody watches. */
static void
rename_alert(struct alert_table *table, struct alert_entry *a, const char *rule)
{
	uint64_t fingerprint = fingerprint_of(rule, a->facts.subject.hash);

	if (alert_table_find(table, fingerprint) != NULL)
		return;
	if (a->kept)
		alert_table_note_deleted(table, a->facts.fingerprint);
	HASH_DEL(table->entries, a);
	if (a->facts.case_key == 0)
		a->facts.case_key = a->facts.fingerprint;
	a->facts.fingerprint = fingerprint;
	str_copy(a->facts.rule, sizeof(a->facts.rule), rule);
	a->changed = true;
	a->kept = false;
	alert_table_insert(table, a);
}

void
alert_rename(struct alert_table *table, const char *from, const char *to)
{
	struct alert_entry *a, *next;

	HASH_ITER (hh, table->entries, a, next) {
		if (str_eq(a->facts.rule, from))
			rename_alert(table, a, to);
	}
}

void
alert_free(struct alert_table *table)
{
	struct alert_entry *a, *next;

	if (table == NULL)
		return;
	HASH_ITER (hh, table->entries, a, next) {
		HASH_DEL(table->entries, a);
		mem_free(a);
	}
	waiting_done(&table->waiting);
	mem_free(table->deleted);
	mem_free(table->news);
	mem_free(table);
}

void
alert_apply(struct alert_table *table, const struct findings *findings,
    const struct alert_round *round, struct notices *out)
{
	if (round->cycle)
		transition_grow_older(table, round->now);
	for (size_t i = 0; i < findings->len; i++)
		transition_take_finding(table, &findings->items[i], round->now);
	if (round->cycle)
		transition_end_silent(table, round);
	if (round->cycle)
		waiting_tidy(&table->waiting, round->now->boot_ns);
	stage_run(table, round->now, out);
	transition_forget_ended(table, round->now);
}

static bool
is_told_of(const struct alert_entry *a, uint64_t case_key, int channel)
{
	return facts_case_key(&a->facts) == case_key && (a->told & 1u << channel) != 0;
}

void
alert_again(struct alert_table *table, uint64_t case_key, int channel, const struct now *now,
    struct notices *out)
{
	struct alert_entry *a, *next;

	HASH_ITER (hh, table->entries, a, next) {
		if (!is_told_of(a, case_key, channel) || a->state != ALERT_FIRING)
			continue;
		a->news = NEWS_FIRE;
		make_notices_one(a, channel, now, out);
	}
}

static struct alert_view
view_of(const struct alert_entry *a)
{
	return (struct alert_view){.facts = &a->facts,
	    .state = a->state,
	    .found = a->found,
	    .told = a->told,
	    .refused = a->refused & a->told,
	    .held_by = a->held_by == NULL ? NULL : a->held_by->name,
	    .held_words = a->held_by == NULL ? NULL : a->held_by->words,
	    .silenced = silence_holds(a),
	    .cause = a->cause,
	    .flapping = a->flap.phase == FLAP_BEGUN || a->flap.phase == FLAP_ON};
}

void
alert_note_refused(struct alert_table *table, uint64_t case_key, int channel)
{
	struct alert_entry *a, *next;

	HASH_ITER (hh, table->entries, a, next) {
		if (!is_told_of(a, case_key, channel))
			continue;
		a->refused |= 1u << channel;
		a->changed = true;
	}
}

void
alert_note_causes(struct alert_table *table, const struct notices *notices)
{
	for (size_t i = 0; i < notices->len; i++) {
		const struct notice *n = notices->items[i];

		for (size_t k = 0; k < n->fact_count; k++) {
			const struct alert_facts *f = &n->facts[k];
			struct alert_entry *a = alert_table_find(table, f->fingerprint);

			if (a == NULL || facts_is_resolved(f) || f->cause[0] == '\0')
				continue;
			str_copy(a->cause, sizeof(a->cause), f->cause);
			a->changed = true;
		}
	}
}

void
alert_each(const struct alert_table *table, void (*fn)(void *arg, const struct alert_view *view),
    void *arg)
{
	const struct alert_entry *a, *next;

	HASH_ITER (hh, table->entries, a, next) {
		struct alert_view view = view_of(a);

		fn(arg, &view);
	}
}

bool
alert_find_firing(const struct alert_table *table, uint64_t fingerprint, struct alert_view *view)
{
	const struct alert_entry *a = alert_table_find(table, fingerprint);

	if (a == NULL || a->state != ALERT_FIRING)
		return false;
	*view = view_of(a);
	return true;
}

size_t
alert_count(const struct alert_table *table, enum alert_state state)
{
	const struct alert_entry *a, *next;
	size_t n = 0;

	HASH_ITER (hh, table->entries, a, next)
		n += a->state == state;
	return n;
}

size_t
alert_without_room(const struct alert_table *table)
{
	return waiting_count(&table->waiting);
}

struct silence_set *
alert_silences(struct alert_table *table)
{
	return &table->silences;
}
