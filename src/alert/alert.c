/*
 * The public face of the alerts: takes findings in and gives notices out, shows the alerts, and
 * keeps them over a restart. What was kept may be late, come twice or be damaged; findings since
 * then have the last word.
 */
#include "alert/alert.h"

#include <string.h>

#include "alert/alert_json.h"
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

	table->news = mem_zalloc(ALERTS_MAX, sizeof(struct alert_entry *));
	alert_configure(table, conf, hostname, channels, n);
	return table;
}

/*
 * A channel that is not enabled knows nothing: what waited for it is dropped, and it hears no end.
 * So it is told what fires once it is enabled again.
 */
static void
forget_disabled(const struct alert_table *table, struct alert_entry *a)
{
	if (((a->told | a->brief) & ~table->enabled) == 0)
		return;
	a->told &= table->enabled;
	a->brief &= table->enabled;
	a->changed = true;
	if (a->state == ALERT_RESOLVED && (a->told | a->brief) == 0)
		a->announced = SEV_NONE;
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
		table->cases |= channels[i].cases ? 1u << channels[i].id : 0;
	}
	HASH_ITER (hh, table->entries, a, next) {
		forget_disabled(table, a);
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
	stage_run(table, round->now, out);
	transition_forget_ended(table, round->now);
}

void
alert_again(struct alert_table *table, uint64_t fingerprint, int channel, const struct now *now,
    struct notices *out)
{
	struct alert_entry *a = alert_table_find(table, fingerprint);

	if (a == NULL || a->state != ALERT_FIRING || (a->told & 1u << channel) == 0)
		return;
	a->news = NEWS_FIRE;
	make_notices_one(a, channel, now, out);
}

static struct alert_view
view_of(const struct alert_entry *a)
{
	return (struct alert_view){.facts = &a->facts,
	    .state = a->state,
	    .found = a->found,
	    .told = a->told,
	    .refused = a->refused & a->told,
	    .held = a->held_by != NULL,
	    .held_by = a->held_by,
	    .silenced = silence_holds(a),
	    .cause = a->cause,
	    .flapping = a->flap.phase == FLAP_BEGUN || a->flap.phase == FLAP_ON};
}

void
alert_note_refused(struct alert_table *table, uint64_t case_key, int channel)
{
	struct alert_entry *a, *next;
	unsigned bit = 1u << channel;

	HASH_ITER (hh, table->entries, a, next) {
		if (facts_case_key(&a->facts) != case_key || (a->told & bit) == 0)
			continue;
		a->refused |= bit;
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

uint64_t
alert_overflow(const struct alert_table *table)
{
	return table->overflow;
}

void
alert_take_changes(struct alert_table *table, kept_change_fn *fn, void *arg)
{
	struct alert_entry *a, *next;
	char key[FINGERPRINT_TEXT_MAX];

	for (size_t i = 0; i < table->deleted_count; i++)
		fn(arg, fingerprint_text(table->deleted[i], key), NULL);
	table->deleted_count = 0;
	HASH_ITER (hh, table->entries, a, next) {
		char *json;

		if (!a->changed || a->state == ALERT_PENDING)
			continue;
		json = alert_json_write(a);
		fn(arg, fingerprint_text(a->facts.fingerprint, key), json);
		a->changed = false;
		a->kept = true;
		a->kept_worst = a->facts.worst;
	}
}

void
alert_mark_all(struct alert_table *table)
{
	struct alert_entry *a, *next;

	HASH_ITER (hh, table->entries, a, next)
		a->changed = true;
}

/* Nothing was told of the new one yet: it is the old one. */
static void
replace_with_kept(struct alert_entry *a, const struct alert_entry *old)
{
	UT_hash_handle hh = a->hh;

	*a = *old;
	a->hh = hh;
}

/* Channels that were told of a firing in this life: they know its end, or are to hear of it. */
static unsigned
told_in_this_life(const struct alert_table *table, const struct alert_entry *a)
{
	unsigned told = 0;

	for (int severity = 0; severity < SEV_COUNT; severity++) {
		if (a->fired[severity].sent.wall_ms != 0 ||
		    (a->facts.told_levels & SEV_BIT(severity)) != 0)
			told |= alert_table_takers(table, (enum severity)severity);
	}
	return told;
}

/*
 * This life opened a case of its own before it knew that one was open under another name, of the
 * host or the rule: that one is over. It goes its own way under a key that nothing else has.
 */
static void
end_old_case(struct alert_table *table, const struct alert_entry *live, struct alert_entry *old,
    const struct now *now)
{
	unsigned owed = old->told & table->cases & told_in_this_life(table, live);
	struct alert_entry *a;

	if (owed == 0 || facts_same_case(&live->facts, &old->facts) ||
	    !alert_table_make_room(table))
		return;
	a = mem_zalloc(1, sizeof(*a));
	*a = *old;
	a->facts.case_key = facts_case_key(&old->facts);
	a->facts.fingerprint =
	    str_hash(a->facts.case_key, a->facts.case_host, strlen(a->facts.case_host));
	a->state = ALERT_RESOLVED;
	a->facts.resolved_wall_ms = num_max(1, now->wall_ms);
	a->told = owed;
	a->brief = 0;
	a->changed = true;
	a->kept = false;
	old->told &= ~owed;
	alert_table_insert(table, a);
}

/*
 * Who believes in it since an earlier life is to hear its end, under the name and the levels by
 * which it was told; but not who was told of an end in this life. False: somebody was.
 */
static bool
merge_told(const struct alert_table *table, struct alert_entry *a, const struct alert_entry *old)
{
	unsigned now = told_in_this_life(table, a), told = old->told & (a->told | ~now);

	if (a->state == ALERT_RESOLVED && a->facts.event)
		told &= alert_table_end_hearers(table, a);
	if (told == 0)
		return old->told == 0;
	a->told |= told;
	a->brief &= ~told;
	a->facts.told_levels |= old->facts.told_levels;
	if ((now & table->cases) != 0) /* the case that is open has the name of now */
		return told == old->told;
	a->facts.case_key = old->facts.case_key;
	if (old->facts.case_host[0] != '\0')
		memcpy(a->facts.case_host, old->facts.case_host, sizeof(a->facts.case_host));
	return told == old->told;
}

/* No window begins anew, and what goes on has gone on since then. */
static void
merge_kept(const struct alert_table *table, struct alert_entry *a, const struct alert_entry *old)
{
	bool same = merge_told(table, a, old); /* one firing, through both lives */

	for (int severity = 0; severity < SEV_COUNT; severity++) {
		if (a->fired[severity].sent.wall_ms == 0)
			a->fired[severity] = old->fired[severity];
	}
	a->kept = a->changed = a->loaded = true;
	if (a->state != ALERT_FIRING || old->state != ALERT_FIRING || !same)
		return;
	a->announced =
	    (enum severity)num_min(num_max(old->announced, a->announced), a->facts.severity);
	a->facts.since_wall_ms = old->facts.since_wall_ms;
	a->facts.worst = transition_worse(a->facts.op, old->facts.worst, a->facts.worst);
	if (a->cause[0] == '\0')
		memcpy(a->cause, old->cause, sizeof(a->cause));
}

/* An alert of an earlier life finds its place. True: a is in the table now. */
static bool
adopt(struct alert_table *table, struct alert_entry *a, const struct now *now)
{
	struct alert_entry *live = alert_table_find(table, a->facts.fingerprint);

	if (live == NULL && alert_table_make_room(table)) {
		alert_table_insert(table, a);
		return true;
	}
	if (live == NULL)
		alert_table_note_deleted(table, a->facts.fingerprint);
	else if (live->state == ALERT_PENDING)
		replace_with_kept(live, a);
	else if (!live->loaded) { /* else it came twice */
		end_old_case(table, live, a, now);
		merge_kept(table, live, a);
	}
	return false;
}

enum json_read
alert_load(struct alert_table *table, const char *json, size_t len, const struct now *now)
{
	struct alert_entry *a = mem_zalloc(1, sizeof(*a));
	enum json_read read = alert_json_read(json, len, now, a);

	a->loaded = true;
	forget_disabled(table, a);
	if (read != JSON_READ_OK || !adopt(table, a, now))
		mem_free(a);
	return read;
}

struct silence_set *
alert_silences(struct alert_table *table)
{
	return &table->silences;
}
