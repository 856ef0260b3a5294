/*
 * The list of silences made at run time, in the order they were made, and as JSON for the time
 * between two runs. Both the person who makes one and what was kept may be wrong: a match that is
 * malformed is refused.
 */
#include "alert/silence_set.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/num.h"

#define KEY_MAX 16

static const struct json_field fields[] = {
    JSON_FIELD(alert_silence, id, json_field_count, true),
    JSON_MOMENT("created", alert_silence, created, true),
    JSON_MOMENT("until", alert_silence, until, true),
    JSON_FIELD(alert_silence, allow_critical, json_field_bool, true),
    JSON_FIELD(alert_silence, match, json_field_text, true),
    JSON_FIELD(alert_silence, comment, json_field_text, false),
};

static void
drop(struct silence_set *set, size_t i)
{
	if (set->deleted_count < ALERT_SILENCES_MAX)
		set->deleted[set->deleted_count++] = set->items[i].id;
	set->count--;
	memmove(&set->items[i], &set->items[i + 1], (set->count - i) * sizeof(set->items[0]));
	memmove(&set->changed[i], &set->changed[i + 1], (set->count - i) * sizeof(set->changed[0]));
}

uint32_t
silence_set_add(struct silence_set *set, const struct alert_silence *silence, const struct now *now)
{
	struct alert_silence *s = &set->items[set->count];

	if (set->count == ALERT_SILENCES_MAX || match_check(silence->match) != NULL ||
	    silence->until.wall_ms <= now->wall_ms)
		return 0;
	*s = *silence;
	s->id = ++set->last_id;
	s->came_as = 0;
	s->created = *now;
	set->changed[set->count++] = true;
	return s->id;
}

/* The place of that number; set->count: none has it. */
static size_t
find(const struct silence_set *set, uint32_t id)
{
	size_t i = 0;

	while (i < set->count && set->items[i].id != id)
		i++;
	return i;
}

bool
silence_set_remove(struct silence_set *set, uint32_t id)
{
	size_t i = find(set, id);

	if (i == set->count)
		return false;
	drop(set, i);
	return true;
}

bool
silence_is_doubtful(const struct alert_silence *s)
{
	return !clock_span_is_sure(&s->created, &s->until);
}

/* until.boot_ns means something. */
static bool
has_boot_time(const struct alert_silence *s, const struct now *now)
{
	return s->until.boot != 0 && s->until.boot == now->boot;
}

int64_t
silence_until_ms(const struct alert_silence *s, const struct now *now)
{
	if (!has_boot_time(s, now))
		return s->until.wall_ms;
	if (silence_is_doubtful(s))
		return num_min(s->until.wall_ms, clock_at(s->until.boot_ns, now).wall_ms);
	return clock_shown_ms(&s->until, now);
}

static bool
is_over(const struct alert_silence *s, const struct now *now)
{
	if (has_boot_time(s, now) && now->boot_ns >= s->until.boot_ns)
		return true;
	return (!has_boot_time(s, now) || silence_is_doubtful(s)) &&
	       now->wall_ms >= s->until.wall_ms;
}

/* What is left of one of another boot. */
static void
rebase(struct alert_silence *s, const struct now *now)
{
	int64_t most_ms = num_clamp(s->until.wall_ms - s->created.wall_ms, 0, CLOCK_SPAN_MAX_MS);
	int64_t left_ms = num_clamp(s->until.wall_ms - now->wall_ms, 0, most_ms);

	clock_settle(&s->created, now);
	if (s->created.boot == 0)
		s->until.boot = 0;
	if (has_boot_time(s, now))
		return;
	s->until.boot_ns = now->boot_ns + left_ms * NS_PER_MS;
	s->until.boot = now->boot;
}

void
silence_set_expire(struct silence_set *set, const struct now *now)
{
	for (size_t i = set->count; i-- > 0;) {
		if (is_over(&set->items[i], now))
			drop(set, i);
	}
}

const struct alert_silence *
silence_set_at(const struct silence_set *set, size_t i)
{
	return i < set->count ? &set->items[i] : NULL;
}

void
silence_set_take_changes(struct silence_set *set, kept_change_fn *fn, void *arg)
{
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

static bool
has_come(const struct silence_set *set, uint32_t id)
{
	for (size_t i = 0; i < set->count; i++) {
		if (set->items[i].came_as == id)
			return true;
	}
	return false;
}

/*
 * Puts it in its place; one that came before stays as it is. One of this life may have its number,
 * given before this one came: it gets the next. False: there is no room.
 */
static bool
insert(struct silence_set *set, const struct alert_silence *s)
{
	bool taken = find(set, s->id) < set->count;
	uint32_t id = taken ? set->last_id + 1 : s->id;
	size_t at = set->count;

	if (has_come(set, s->id))
		return true;
	if (set->count == ALERT_SILENCES_MAX)
		return false;
	while (at > 0 && set->items[at - 1].id > id)
		at--;
	memmove(&set->items[at + 1], &set->items[at], (set->count - at) * sizeof(set->items[0]));
	memmove(
	    &set->changed[at + 1], &set->changed[at], (set->count - at) * sizeof(set->changed[0]));
	set->items[at] = *s;
	set->items[at].id = id;
	set->items[at].came_as = s->id;
	set->changed[at] = taken || silence_is_doubtful(s);
	set->count++;
	if (id > set->last_id)
		set->last_id = id;
	return true;
}

void
silence_set_mark_all(struct silence_set *set)
{
	for (size_t i = 0; i < set->count; i++)
		set->changed[i] = true;
}

enum json_read
silence_set_load(struct silence_set *set, const char *json, size_t len, const struct now *now)
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
	rebase(&s, now);
	return insert(set, &s) ? JSON_READ_OK : JSON_READ_UNKNOWN;
}
