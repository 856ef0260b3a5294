/*
 * Alerts to their rows on disk and back. The rows of an earlier life may come late, twice or
 * damaged: they find their place among the alerts of this one, and findings since then have the
 * last word.
 */
#include <string.h>

#include "alert/alert.h"
#include "alert/alert_json.h"
#include "alert/alert_table.h"
#include "alert/transition.h"
#include "base/mem.h"
#include "base/num.h"
#include "base/str.h"

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
 * host or the rule: that one is over. It goes its own way under a key that nothing else has. NULL:
 * there is none.
 */
static struct alert_entry *
take_old_case(const struct alert_table *table, const struct alert_entry *live,
    struct alert_entry *old, const struct now *now)
{
	unsigned owed = old->told & table->cases & told_in_this_life(table, live);
	struct alert_entry *a;

	if (owed == 0 || facts_same_case(&live->facts, &old->facts))
		return NULL;
	a = mem_zalloc(1, sizeof(*a));
	*a = *old;
	a->facts.case_key = facts_case_key(&old->facts);
	a->facts.fingerprint =
	    str_hash(a->facts.case_key, a->facts.case_host, strlen(a->facts.case_host));
	a->state = ALERT_RESOLVED;
	a->facts.resolved = *now;
	a->facts.resolved.wall_ms = num_max(1, now->wall_ms);
	a->told = owed;
	a->brief = 0;
	a->changed = true;
	a->kept = false;
	old->told &= ~owed;
	return a;
}

/* Without room its channels are to hear the end of the one that lives. live may be gone after. */
static void
insert_old_case(struct alert_table *table, struct alert_entry *live, struct alert_entry *old_case)
{
	if (alert_table_make_room_for(table, old_case)) {
		alert_table_insert(table, old_case);
		return;
	}
	live->told |= old_case->told;
	mem_free(old_case);
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
	a->facts.since = old->facts.since;
	a->facts.worst = transition_worse(a->facts.op, old->facts.worst, a->facts.worst);
	if (a->cause[0] == '\0')
		memcpy(a->cause, old->cause, sizeof(a->cause));
}

/* An alert of an earlier life finds its place. True: a is in the table now. */
static bool
adopt(struct alert_table *table, struct alert_entry *a, const struct now *now)
{
	struct alert_entry *live = alert_table_find(table, a->facts.fingerprint);

	if (live == NULL && alert_table_make_room_for(table, a)) {
		alert_table_insert(table, a);
		return true;
	}
	if (live == NULL)
		alert_table_note_deleted(table, a->facts.fingerprint);
	else if (live->state == ALERT_PENDING)
		replace_with_kept(live, a);
	else if (!live->loaded) { /* else it came twice */
		struct alert_entry *old_case = take_old_case(table, live, a, now);

		merge_kept(table, live, a);
		if (old_case != NULL)
			insert_old_case(table, live, old_case);
	}
	return false;
}

enum json_read
alert_load(struct alert_table *table, const char *json, size_t len, const struct now *now)
{
	struct alert_entry *a = mem_zalloc(1, sizeof(*a));
	enum json_read read = alert_json_read(json, len, now, a);

	a->loaded = true;
	alert_table_forget_disabled(table, a);
	if (read != JSON_READ_OK || !adopt(table, a, now))
		mem_free(a);
	return read;
}
