/*
 * Facts of alerts to JSON and back, each field a row of a table. What is read was written by this
 * program, but disks and people damage files: every field is checked for type and range, and
 * anything wrong refuses the whole. Numbers that are none (NAN) are left out and read as NAN.
 */
#include "model/facts_json.h"

#include <math.h>
#include <string.h>

#include "base/str.h"

static json_t *
put_fingerprint(const void *at)
{
	char text[FINGERPRINT_TEXT_MAX];

	return json_string(fingerprint_text(*(const uint64_t *)at, text));
}

static enum json_read
get_fingerprint(const json_t *value, void *at, size_t cap)
{
	const char *text = json_string_value(value);
	uint64_t number = 0;

	(void)cap;
	if (text == NULL || strlen(text) != 16 || strspn(text, "0123456789abcdef") != 16)
		return JSON_READ_DAMAGED;
	for (; *text != '\0'; text++)
		number = number << 4 | (uint64_t)(*text <= '9' ? *text - '0' : *text - 'a' + 10);
	*(uint64_t *)at = number;
	return JSON_READ_OK;
}

static json_t *
put_labels(const void *at)
{
	const struct label_set *set = at;
	json_t *object = json_object();

	for (size_t i = 0; i < set->count; i++)
		json_object_set_new(
		    object, set->keys[i], json_field_string(label_set_value(set, i)));
	return object;
}

/* More labels, or longer ones, than a set has room for are a newer version's. */
static enum json_read
get_labels(const json_t *value, void *at, size_t cap)
{
	struct label_set *set = at;
	json_t *object = json_incref((json_t *)(uintptr_t)value);
	enum json_read read = json_read_if(json_is_object(object));

	(void)cap;
	*set = (struct label_set){.count = 0};
	for (void *at_label = json_object_iter(object); at_label != NULL;
	     at_label = json_object_iter_next(object, at_label)) {
		const char *text = json_string_value(json_object_iter_value(at_label));

		if (text == NULL)
			read = JSON_READ_DAMAGED;
		else if (!label_set_add(set, json_object_iter_key(at_label), text))
			read = json_read_worse(read, JSON_READ_UNKNOWN);
	}
	json_decref(object);
	return read;
}

static const char *const flaps[] = {
    [FLAP_NONE] = "no", [FLAP_STARTED] = "started", [FLAP_ENDED] = "ended", [FLAP_LASTS] = "lasts"};

#define FLAP_NAME(i) flaps[i]
JSON_NAMED(severity, enum severity, SEV_COUNT, severity_name)
JSON_NAMED(op, enum rule_op, OP_NE + 1, rule_op_text)
JSON_NAMED(group, enum metric_group, GROUP_COUNT, metric_group_name)
JSON_NAMED(unit, enum metric_unit, UNIT_KINDS, metric_unit_name)
JSON_NAMED(flap, enum alert_flap, JSON_LEN(flaps), FLAP_NAME)

static json_t *
put_levels(const void *at)
{
	json_t *list = json_array();

	for (int sev = SEV_INFO; sev < SEV_COUNT; sev++) {
		if ((*(const unsigned *)at & SEV_BIT(sev)) != 0)
			json_array_append_new(list, json_string(severity_name((enum severity)sev)));
	}
	return list;
}

static enum json_read
get_levels(const json_t *value, void *at, size_t cap)
{
	enum json_read read = json_read_if(json_is_array(value));
	enum severity severity;

	for (size_t i = 0; i < json_array_size(value) && read == JSON_READ_OK; i++) {
		read = get_severity(json_array_get(value, i), &severity, cap);
		if (read == JSON_READ_OK)
			*(unsigned *)at |= SEV_BIT(severity);
	}
	return read;
}

const struct json_type facts_json_fingerprint = {put_fingerprint, get_fingerprint};
const struct json_type facts_json_severity = {put_severity, get_severity};
static const struct json_type type_op = {put_op, get_op};
static const struct json_type type_levels = {put_levels, get_levels};
static const struct json_type type_labels = {put_labels, get_labels};
static const struct json_type type_group = {put_group, get_group};
static const struct json_type type_unit = {put_unit, get_unit};
static const struct json_type type_flap = {put_flap, get_flap};

#define FACT(member, type, required) JSON_FIELD(alert_facts, member, type, required)
static const struct json_field fact_fields[] = {
    FACT(fingerprint, facts_json_fingerprint, true),
    FACT(rule, json_field_text, true),
    {"metric", &json_field_text, offsetof(struct alert_facts, subject.name), SUBJECT_NAME_MAX,
        true},
    {"labels", &type_labels, offsetof(struct alert_facts, subject.labels), 0, true},
    {"subject", &facts_json_fingerprint, offsetof(struct alert_facts, subject.hash), 0, false},
    FACT(event, json_field_bool, false),
    FACT(case_host, json_field_text, false),
    FACT(case_key, facts_json_fingerprint, false),
    FACT(severity, facts_json_severity, true),
    FACT(told_levels, type_levels, false),
    FACT(value, json_field_real, false),
    FACT(limit, json_field_real, false),
    FACT(worst, json_field_real, false),
    FACT(op, type_op, true),
    FACT(eta_secs, json_field_real, false),
    JSON_MOMENT("since", alert_facts, since, true),
    JSON_MOMENT("resolved", alert_facts, resolved, false),
    FACT(gone, json_field_bool, false),
    FACT(unwatched, json_field_bool, false),
    FACT(count, json_field_count, false),
    FACT(count_secs, json_field_int, false),
    FACT(message, json_field_text, false),
    FACT(cause, json_field_text, false),
    FACT(space_known, json_field_bool, false),
    FACT(free_bytes, json_field_real, false),
    FACT(fill_rate, json_field_real, false),
    FACT(flap, type_flap, false),
    FACT(unheard, json_field_bool, false),
    FACT(again, json_field_bool, false),
    FACT(still, json_field_bool, false),
    FACT(also, json_field_text, false),
    FACT(also_count, json_field_count, false),
    FACT(seq, json_field_int, false),
    FACT(raised_from, facts_json_severity, false),
};

/* What is no metric says its group and unit itself. */
static const struct json_field other_fields[] = {
    {"group", &type_group, offsetof(struct subject, group), 0, true},
    {"unit", &type_unit, offsetof(struct subject, unit), 0, true},
};

json_t *
facts_json_put(const struct alert_facts *facts)
{
	json_t *object = json_field_put(fact_fields, JSON_LEN(fact_fields), facts);

	if (facts->subject.group >= METRIC_GROUPS) {
		json_t *other =
		    json_field_put(other_fields, JSON_LEN(other_fields), &facts->subject);

		json_object_update(object, other);
		json_decref(other);
	}
	return object;
}

/* A metric of a newer version stays unknown: nothing here would ever say that it is fine again. */
static enum json_read
get_subject(const json_t *object, struct subject *subject)
{
	enum json_read read = JSON_READ_OK;

	if (subject->hash == 0)
		subject->hash = subject_hash(subject->name, &subject->labels);
	if (subject->name[0] != '\0' && subject_fill_from_metric(subject))
		return JSON_READ_OK;
	if (json_object_get(object, "group") == NULL)
		return subject->name[0] == '\0' ? JSON_READ_OK : JSON_READ_UNKNOWN;
	read = json_field_get(other_fields, JSON_LEN(other_fields), object, subject);
	if (read == JSON_READ_OK && subject->group < METRIC_GROUPS)
		return JSON_READ_UNKNOWN;
	return read;
}

enum json_read
facts_json_get(const json_t *object, struct alert_facts *out)
{
	enum json_read read;

	*out = (struct alert_facts){
	    .value = NAN, .limit = NAN, .worst = NAN, .eta_secs = NAN, .count = 1};
	if (!json_is_object(object))
		return JSON_READ_DAMAGED;
	read = json_field_get(fact_fields, JSON_LEN(fact_fields), object, out);
	return read == JSON_READ_DAMAGED
	           ? read
	           : json_read_worse(read, get_subject(object, &out->subject));
}
