/*
 * One alert as JSON and back. Channels go by name, for numbers mean nothing after an update, and
 * times by both clocks: the boot clock counts as long as it is the same boot. Damaged text is
 * refused whole.
 */
#include "alert/alert_json.h"

#include <string.h>

#include "base/mem.h"
#include "base/str.h"
#include "conf/channel.h"
#include "model/facts_json.h"

static const char *const states[] = {
    [ALERT_PENDING] = "pending", [ALERT_FIRING] = "firing", [ALERT_RESOLVED] = "resolved"};
static const char *const phases[] = {
    [FLAP_STEADY] = "steady", [FLAP_BEGUN] = "begun", [FLAP_ON] = "on", [FLAP_OVER] = "over"};

/* A pending alert is not kept. What older versions did not keep is not required. */
static const struct json_field fields[] = {
    JSON_FIELD(alert_entry, announced, facts_json_severity, true),
    JSON_FIELD(alert_entry, interval_ms, json_field_int, true),
    JSON_FIELD(alert_entry, quiet_ms, json_field_int, false),
    JSON_FIELD(alert_entry, events, json_field_count, false),
    JSON_FIELD(alert_entry, found, facts_json_severity, false),
    JSON_FIELD(alert_entry, cause, json_field_text, false),
    JSON_FIELD(alert_entry, silenced, json_field_bool, false),
    JSON_FIELD(alert_entry, inhibitor, facts_json_fingerprint, false),
    JSON_FIELD(alert_entry, evaluations, json_field_count, false),
    JSON_MOMENT("due", alert_entry, due, false),
    JSON_MOMENT("critical_since", alert_entry, critical_since, false),
    JSON_MOMENT("flap_since", alert_entry, flap.since, false),
    {"flap_rising", &json_field_bool, offsetof(struct alert_entry, flap.rising), 0, false},
    {"flap_changes", &json_field_count, offsetof(struct alert_entry, flap.changes), 0, false},
};

static const struct json_field fired_fields[] = {
    JSON_MOMENT("sent", alert_fired, sent, true),
    {"count", &json_field_count, offsetof(struct alert_fired, count), 0, true},
};

/* A moment that was kept, by the boot clock of this boot: windows are counted by it. */
static void
rebase(struct now *at, const struct now *now)
{
	if (at->wall_ms == 0)
		return;
	at->boot_ns = clock_boot_ns(at, now);
	at->boot = now->boot;
}

/* What versions before kept of an edge is the first. */
static const struct {
	const char *name;
	const struct json_type *type;
	size_t member;
} edge_lists[] = {
    {"edges", &json_field_int, offsetof(struct now, wall_ms)},
    {"edges_boot_ns", &json_field_boot_ns, offsetof(struct now, boot_ns)},
    {"edges_boot", &json_field_int, offsetof(struct now, boot)},
};

static json_t *
put_edges(const struct flap_state *flap, size_t member)
{
	json_t *list = json_array();

	for (size_t i = 0; i < FLAP_EDGES; i++) {
		const char *edge = (const char *)&flap->edges[i];

		if (flap->edges[i].wall_ms != 0)
			json_array_append_new(
			    list, json_integer(*(const int64_t *)(edge + member)));
	}
	return list;
}

/* The newest are last, in the list and in the ring. */
static enum json_read
get_edges(const json_t *object, struct flap_state *flap)
{
	enum json_read read = JSON_READ_OK;

	for (size_t k = 0; k < JSON_LEN(edge_lists); k++) {
		const json_t *list = json_object_get(object, edge_lists[k].name);
		size_t count = json_array_size(list);

		if (list != NULL && (!json_is_array(list) || count > FLAP_EDGES))
			return JSON_READ_DAMAGED;
		for (size_t i = 0; i < count; i++) {
			char *edge = (char *)&flap->edges[FLAP_EDGES - count + i];

			read =
			    json_read_worse(read, edge_lists[k].type->get(json_array_get(list, i),
			                              edge + edge_lists[k].member, 0));
		}
	}
	return read;
}

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
static enum json_read
get_told(const json_t *list, unsigned *told)
{
	for (size_t i = 0; i < json_array_size(list); i++) {
		const char *name = json_string_value(json_array_get(list, i));
		enum channel_id id = name == NULL ? CHANNEL_COUNT : channel_find(name);

		if (name == NULL)
			return JSON_READ_DAMAGED;
		if (id != CHANNEL_COUNT)
			*told |= 1u << id;
	}
	return json_read_if(json_is_array(list));
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

static enum json_read
get_fired(const json_t *object, struct alert_entry *a)
{
	enum json_read read = json_read_if(json_is_object(object));

	for (int severity = 0; severity < SEV_COUNT; severity++) {
		const json_t *row = json_object_get(object, severity_name((enum severity)severity));

		if (row != NULL)
			read = json_read_worse(
			    read, json_field_get(fired_fields, JSON_LEN(fired_fields), row,
			              &a->fired[severity]));
	}
	return read;
}

/* The place of a word in a list of n; one that is not there is a newer version's. */
static enum json_read
get_word(const json_t *value, const char *const words[], size_t n, unsigned *place)
{
	if (!json_is_string(value))
		return JSON_READ_DAMAGED;
	for (*place = 0; *place < n; (*place)++) {
		if (str_eq(words[*place], json_string_value(value)))
			return JSON_READ_OK;
	}
	return JSON_READ_UNKNOWN;
}

static enum json_read
get_words(const json_t *object, struct alert_entry *a)
{
	const json_t *flap = json_object_get(object, "flap");
	unsigned state, phase = FLAP_STEADY;
	enum json_read read =
	    get_word(json_object_get(object, "state"), states, JSON_LEN(states), &state);

	if (flap != NULL)
		read = json_read_worse(read, get_word(flap, phases, JSON_LEN(phases), &phase));
	if (read != JSON_READ_OK)
		return read;
	a->state = (enum alert_state)state;
	a->flap.phase = (enum flap_phase)phase;
	return json_read_if(a->state != ALERT_PENDING);
}

static enum json_read
get_channels(const json_t *object, struct alert_entry *a)
{
	const json_t *brief = json_object_get(object, "brief");
	const json_t *refused = json_object_get(object, "refused");
	enum json_read read = get_told(json_object_get(object, "told"), &a->told);

	if (brief != NULL)
		read = json_read_worse(read, get_told(brief, &a->brief));
	if (refused != NULL)
		read = json_read_worse(read, get_told(refused, &a->refused));
	return read;
}

static void
rebase_all(struct alert_entry *a, const struct now *now)
{
	rebase(&a->due, now);
	rebase(&a->critical_since, now);
	rebase(&a->flap.since, now);
	for (size_t i = 0; i < FLAP_EDGES; i++)
		rebase(&a->flap.edges[i], now);
	for (int severity = 0; severity < SEV_COUNT; severity++)
		rebase(&a->fired[severity].sent, now);
}

char *
alert_json_write(const struct alert_entry *a)
{
	json_t *object = json_field_put(fields, JSON_LEN(fields), a);

	json_object_set_new(object, "state", json_string(states[a->state]));
	json_object_set_new(object, "told", put_told(a->told));
	json_object_set_new(object, "brief", put_told(a->brief));
	json_object_set_new(object, "refused", put_told(a->refused));
	json_object_set_new(object, "fired", put_fired(a));
	json_object_set_new(object, "flap", json_string(phases[a->flap.phase]));
	for (size_t i = 0; i < JSON_LEN(edge_lists); i++)
		json_object_set_new(
		    object, edge_lists[i].name, put_edges(&a->flap, edge_lists[i].member));
	json_object_set_new(object, "facts", facts_json_put(&a->facts));
	return json_field_dump(object);
}

static bool
is_plausible(const struct alert_entry *a)
{
	return a->facts.severity != SEV_NONE && a->interval_ms > 0 &&
	       a->interval_ms <= CLOCK_SPAN_MAX_MS && a->quiet_ms >= 0 &&
	       a->quiet_ms <= CLOCK_SPAN_MAX_MS;
}

enum json_read
alert_json_read(const char *json, size_t len, const struct now *now, struct alert_entry *a)
{
	json_t *object = json_loadb(json, len, JSON_REJECT_DUPLICATES, NULL);
	enum json_read read = json_read_if(json_is_object(object));

	memset(a, 0, sizeof(*a));
	if (read == JSON_READ_OK) {
		read = json_field_get(fields, JSON_LEN(fields), object, a);
		read = json_read_worse(read, get_words(object, a));
		read = json_read_worse(read, get_channels(object, a));
		read = json_read_worse(read, get_fired(json_object_get(object, "fired"), a));
		read = json_read_worse(read, get_edges(object, &a->flap));
		read = json_read_worse(
		    read, facts_json_get(json_object_get(object, "facts"), &a->facts));
	}
	if (read == JSON_READ_OK)
		read = json_read_if(is_plausible(a));
	json_decref(object);
	if (read != JSON_READ_OK)
		return read; /* its times may be any numbers */
	rebase_all(a, now);
	facts_settle(&a->facts, now);
	if (a->found == SEV_NONE)
		a->found = a->facts.severity;
	a->kept = true;
	a->kept_worst = a->facts.worst;
	return read;
}
