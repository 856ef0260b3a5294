/*
 * The silence stage: news of alerts that a silence matches waits until the silence is over. Those
 * of the configuration go by date or by the week, in the host's local time; those made at run time
 * end at a time of their own. The wall clock decides, as it does for people.
 */
#include "alert/silence.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "alert/stage.h"
#include "base/log.h"
#include "base/mem.h"
#include "base/str.h"
#include "model/json_field.h"

#define KEY_MAX 16

static const struct json_field fields[] = {
    JSON_FIELD(alert_silence, id, json_field_count, true),
    JSON_FIELD(alert_silence, created_wall_ms, json_field_int, true),
    JSON_FIELD(alert_silence, until_wall_ms, json_field_int, true),
    JSON_FIELD(alert_silence, allow_critical, json_field_bool, true),
    JSON_FIELD(alert_silence, match, json_field_text, true),
    JSON_FIELD(alert_silence, comment, json_field_text, false),
};

/* Its hours, on its days; hours that pass midnight belong to the day they begin on. */
static bool
is_in_week(const struct conf_silence *s, const struct now *now)
{
	int weekday, minute = clock_local_minute(now->wall_ms, &weekday);
	int yesterday = (weekday + 6) % 7;

	if (s->end_minute > s->start_minute)
		return (s->weekdays & 1u << weekday) != 0 && minute >= s->start_minute &&
		       minute < s->end_minute;
	return ((s->weekdays & 1u << weekday) != 0 && minute >= s->start_minute) ||
	       ((s->weekdays & 1u << yesterday) != 0 && minute < s->end_minute);
}

static bool
is_on(const struct conf_silence *s, const struct now *now)
{
	if (now->wall_ms < s->from_wall_ms ||
	    (s->until_wall_ms > 0 && now->wall_ms >= s->until_wall_ms))
		return false;
	return s->weekdays == 0 || is_in_week(s, now);
}

static bool
holds(bool allow_critical, const char *match, const struct alert_facts *facts)
{
	return !(allow_critical && facts->severity >= SEV_CRITICAL) && match_facts(match, facts);
}

static bool
is_silenced(const struct alert_table *table, const struct alert_entry *a, const struct now *now)
{
	for (size_t i = 0; i < table->conf.silence_count; i++) {
		const struct conf_silence *s = &table->conf.silences[i];

		if (is_on(s, now) && holds(s->allow_critical, s->match, &a->facts))
			return true;
	}
	for (size_t i = 0; i < table->silences.count; i++) {
		const struct alert_silence *s = &table->silences.items[i];

		if (holds(s->allow_critical, s->match, &a->facts))
			return true;
	}
	return false;
}

static void
drop(struct silences *set, size_t i)
{
	if (set->deleted_count < ALERT_SILENCES_MAX)
		set->deleted[set->deleted_count++] = set->items[i].id;
	set->count--;
	memmove(&set->items[i], &set->items[i + 1], (set->count - i) * sizeof(set->items[0]));
	memmove(&set->changed[i], &set->changed[i + 1], (set->count - i) * sizeof(set->changed[0]));
}

static void
begin(struct alert_table *table, const struct now *now)
{
	struct silences *set = &table->silences;

	for (size_t i = set->count; i-- > 0;) {
		if (now->wall_ms >= set->items[i].until_wall_ms)
			drop(set, i);
	}
}

static bool
pass(struct alert_table *table, struct alert_entry *a, const struct now *now)
{
	if (!is_silenced(table, a, now))
		return true;
	a->changed = a->changed || !a->silenced;
	a->silenced = true;
	return false;
}

uint32_t
alert_silence_add(
    struct alert_table *table, const struct alert_silence *silence, const struct now *now)
{
	struct silences *set = &table->silences;
	struct alert_silence *s = &set->items[set->count];

	if (set->count == ALERT_SILENCES_MAX || match_check(silence->match) != NULL ||
	    silence->until_wall_ms <= now->wall_ms)
		return 0;
	*s = *silence;
	s->id = ++set->last_id;
	s->created_wall_ms = now->wall_ms;
	set->changed[set->count++] = true;
	return s->id;
}

bool
alert_silence_remove(struct alert_table *table, uint32_t id)
{
	for (size_t i = 0; i < table->silences.count; i++) {
		if (table->silences.items[i].id == id) {
			drop(&table->silences, i);
			return true;
		}
	}
	return false;
}

const struct alert_silence *
alert_silence_at(const struct alert_table *table, size_t i)
{
	return i < table->silences.count ? &table->silences.items[i] : NULL;
}

void
alert_silence_take_changes(struct alert_table *table, kept_change_fn *fn, void *arg)
{
	struct silences *set = &table->silences;
	char key[KEY_MAX];

	for (size_t i = 0; i < set->deleted_count; i++) {
		snprintf(key, sizeof(key), "%" PRIu32, set->deleted[i]);
		fn(arg, key, NULL);
	}
	set->deleted_count = 0;
	for (size_t i = 0; i < set->count; i++) {
		char *json;

		if (!set->changed[i])
			continue;
		snprintf(key, sizeof(key), "%" PRIu32, set->items[i].id);
		json = json_field_dump(json_field_put(fields, JSON_LEN(fields), &set->items[i]));
		fn(arg, key, json);
		set->changed[i] = false;
	}
}

/* Puts it in its place; one that came before stays as it is. False: there is no room. */
static bool
insert(struct silences *set, const struct alert_silence *s)
{
	size_t at = set->count;

	for (size_t i = 0; i < set->count; i++) {
		if (set->items[i].id == s->id)
			return true;
	}
	if (set->count == ALERT_SILENCES_MAX)
		return false;
	while (at > 0 && set->items[at - 1].id > s->id)
		at--;
	memmove(&set->items[at + 1], &set->items[at], (set->count - at) * sizeof(set->items[0]));
	memmove(
	    &set->changed[at + 1], &set->changed[at], (set->count - at) * sizeof(set->changed[0]));
	set->items[at] = *s;
	set->changed[at] = false;
	set->count++;
	if (s->id > set->last_id)
		set->last_id = s->id;
	return true;
}

void
alert_silence_mark_all(struct alert_table *table)
{
	for (size_t i = 0; i < table->silences.count; i++)
		table->silences.changed[i] = true;
}

enum json_read
alert_silence_load(struct alert_table *table, const char *json, size_t len)
{
	json_t *object = json_loadb(json, len, JSON_REJECT_DUPLICATES, NULL);
	struct alert_silence s = {.id = 0};
	enum json_read read = json_read_if(json_is_object(object));

	if (read == JSON_READ_OK)
		read = json_field_get(fields, JSON_LEN(fields), object, &s);
	json_decref(object);
	if (read != JSON_READ_OK)
		return read;
	if (s.id == 0 || match_check(s.match) != NULL)
		return JSON_READ_DAMAGED;
	return insert(&table->silences, &s) ? JSON_READ_OK : JSON_READ_UNKNOWN;
}

const struct alert_stage stage_silence = {.name = "silence", .begin = begin, .pass = pass};
