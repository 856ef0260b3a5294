/*
 * One alert as JSON and back. Channels go by name and times by the wall clock, for numbers and the
 * boot clock mean nothing after an update or a reboot. Damaged text is refused whole.
 */
#include "alert/keep.h"

#include <string.h>

#include "base/mem.h"
#include "base/str.h"
#include "conf/channel.h"
#include "model/notice_json.h"

/* An age past this, or below 0, is a damaged file or a stepped clock: it counts as now. */
#define AGE_MAX_MS (10LL * 366 * 86400 * 1000)

static const char *const states[] = {
    [ALERT_PENDING] = "pending", [ALERT_FIRING] = "firing", [ALERT_RESOLVED] = "resolved"};

/* Only what was told of survives; a pending alert is not kept. */
static const struct json_field fields[] = {
    JSON_FIELD(alert_entry, announced, notice_json_severity, true),
    JSON_FIELD(alert_entry, interval_ms, json_field_int, true),
};

static const struct json_field fired_fields[] = {
    {"sent_wall_ms", &json_field_int, offsetof(struct alert_fired, sent.wall_ms), 0, true},
    {"count", &json_field_count, offsetof(struct alert_fired, count), 0, true},
};

static json_t *
put_told(unsigned told)
{
	json_t *list = json_array();

	for (int id = 0; id < CHANNEL_COUNT; id++) {
		if ((told & 1u << id) != 0)
			json_array_append_new(list, json_string(channel_name((enum channel_id)id)));
	}
	return list;
}

/* A channel this program does not have is passed over. */
static bool
get_told(const json_t *list, unsigned *told)
{
	*told = 0;
	for (size_t i = 0; i < json_array_size(list); i++) {
		const char *name = json_string_value(json_array_get(list, i));
		enum channel_id id = name == NULL ? CHANNEL_COUNT : channel_find(name);

		if (name == NULL)
			return false;
		if (id != CHANNEL_COUNT)
			*told |= 1u << id;
	}
	return json_is_array(list);
}

static json_t *
put_fired(const struct alert_entry *a)
{
	json_t *object = json_object();

	for (int severity = 0; severity < SEV_COUNT; severity++) {
		if (a->fired[severity].sent.wall_ms != 0)
			json_object_set_new(object, severity_name((enum severity)severity),
			    json_field_put(
			        fired_fields, JSON_LEN(fired_fields), &a->fired[severity]));
	}
	return object;
}

static bool
get_fired(const json_t *object, const struct now *now, struct alert_entry *a)
{
	for (int severity = 0; severity < SEV_COUNT; severity++) {
		const json_t *row = json_object_get(object, severity_name((enum severity)severity));
		struct alert_fired *fired = &a->fired[severity];
		int64_t age;

		if (row == NULL)
			continue;
		if (!json_field_get(fired_fields, JSON_LEN(fired_fields), row, fired))
			return false;
		age = now->wall_ms - fired->sent.wall_ms;
		if (age < 0 || age > AGE_MAX_MS)
			age = 0;
		fired->sent.boot_ns = now->boot_ns - age * NS_PER_MS;
	}
	return json_is_object(object);
}

static bool
get_state(const json_t *value, enum alert_state *state)
{
	const char *name = json_string_value(value);

	for (int i = ALERT_FIRING; name != NULL && i <= ALERT_RESOLVED; i++) {
		if (str_eq(states[i], name)) {
			*state = (enum alert_state)i;
			return true;
		}
	}
	return false;
}

char *
keep_to_json(const struct alert_entry *a)
{
	json_t *object = json_field_put(fields, JSON_LEN(fields), a);

	json_object_set_new(object, "state", json_string(states[a->state]));
	json_object_set_new(object, "told", put_told(a->told));
	json_object_set_new(object, "fired", put_fired(a));
	json_object_set_new(object, "facts", notice_json_put_facts(&a->facts));
	return json_field_dump(object);
}

bool
keep_from_json(const char *json, size_t len, const struct now *now, struct alert_entry *a)
{
	json_t *object = json_loadb(json, len, JSON_REJECT_DUPLICATES, NULL);
	bool ok;

	memset(a, 0, sizeof(*a));
	ok = json_is_object(object) && json_field_get(fields, JSON_LEN(fields), object, a) &&
	     get_state(json_object_get(object, "state"), &a->state) &&
	     get_told(json_object_get(object, "told"), &a->told) &&
	     get_fired(json_object_get(object, "fired"), now, a) &&
	     notice_json_get_facts(json_object_get(object, "facts"), &a->facts) &&
	     a->facts.severity != SEV_NONE && a->announced <= a->facts.severity &&
	     a->interval_ms > 0 && a->interval_ms <= AGE_MAX_MS;
	json_decref(object);
	a->kept = true;
	a->kept_worst = a->facts.worst;
	return ok;
}
