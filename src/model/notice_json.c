/*
 * Facts and notices to JSON text and back, each field a row of a table. What is read was written
 * by this program, but disks and people damage files: every field is checked for type and range,
 * and anything wrong refuses the whole. Numbers that are none (NAN) are left out and read as NAN.
 */
#include "model/notice_json.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/mem.h"
#include "base/str.h"

#define FACTS_READ_MAX 1024

static json_t *
put_fingerprint(const void *at)
{
	char text[FINGERPRINT_TEXT_MAX];

	return json_string(fingerprint_text(*(const uint64_t *)at, text));
}

static bool
get_fingerprint(const json_t *value, void *at, size_t cap)
{
	const char *text = json_string_value(value);
	uint64_t number = 0;

	(void)cap;
	if (text == NULL || strlen(text) != 16 || strspn(text, "0123456789abcdef") != 16)
		return false;
	for (; *text != '\0'; text++)
		number = number << 4 | (uint64_t)(*text <= '9' ? *text - '0' : *text - 'a' + 10);
	*(uint64_t *)at = number;
	return true;
}

static json_t *
put_metric(const void *at)
{
	return json_string(metrics[*(const enum metric_id *)at].name);
}

static bool
get_metric(const json_t *value, void *at, size_t cap)
{
	enum metric_id id =
	    json_is_string(value) ? metric_find(json_string_value(value)) : METRIC_COUNT;

	(void)cap;
	*(enum metric_id *)at = id;
	return id != METRIC_COUNT;
}

static json_t *
put_severity(const void *at)
{
	return json_string(severity_name(*(const enum severity *)at));
}

static bool
get_severity(const json_t *value, void *at, size_t cap)
{
	(void)cap;
	return json_is_string(value) && severity_parse(json_string_value(value), at);
}

static json_t *
put_op(const void *at)
{
	return json_string(rule_op_text(*(const enum rule_op *)at));
}

static bool
get_op(const json_t *value, void *at, size_t cap)
{
	(void)cap;
	return json_is_string(value) && rule_op_parse(json_string_value(value), at);
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

static bool
get_labels(const json_t *value, void *at, size_t cap)
{
	struct label_set *set = at;
	json_t *object = json_incref((json_t *)(uintptr_t)value);
	bool ok = json_is_object(object);

	(void)cap;
	*set = (struct label_set){.count = 0};
	for (void *at_label = json_object_iter(object); ok && at_label != NULL;
	     at_label = json_object_iter_next(object, at_label)) {
		const char *text = json_string_value(json_object_iter_value(at_label));

		ok = text != NULL && label_set_add(set, json_object_iter_key(at_label), text);
	}
	json_decref(object);
	return ok;
}

static const char *const kinds[] = {[NOTICE_FIRE] = "fire",
    [NOTICE_RESOLVE] = "resolve",
    [NOTICE_TEST] = "test",
    [NOTICE_DIGEST] = "digest"};

static const char *const flaps[] = {
    [FLAP_NONE] = "no", [FLAP_STARTED] = "started", [FLAP_ENDED] = "ended"};

static const char *const reasons[] = {
    [DIGEST_LATE] = "late", [DIGEST_LIMIT] = "limit", [DIGEST_SILENCE] = "silence"};

/* The index of the text, or -1. */
static int
find_name(const char *const *names, size_t n, const json_t *value)
{
	for (size_t i = 0; json_is_string(value) && i < n; i++) {
		if (str_eq(names[i], json_string_value(value)))
			return (int)i;
	}
	return -1;
}

/* An enumeration that goes by names: put_ and get_ of it. */
#define NAMED(what, type, names)                                          \
	static json_t *put_##what(const void *at)                         \
	{                                                                 \
		return json_string(names[*(const type *)at]);             \
	}                                                                 \
                                                                          \
	static bool get_##what(const json_t *value, void *at, size_t cap) \
	{                                                                 \
		int i = find_name(names, JSON_LEN(names), value);         \
                                                                          \
		(void)cap;                                                \
		if (i >= 0)                                               \
			*(type *)at = (type)i;                            \
		return i >= 0;                                            \
	}
NAMED(kind, enum notice_kind, kinds)
NAMED(flap, enum alert_flap, flaps)
NAMED(reason, enum digest_reason, reasons)
#undef NAMED

const struct json_type notice_json_fingerprint = {put_fingerprint, get_fingerprint};
static const struct json_type type_metric = {put_metric, get_metric};
const struct json_type notice_json_severity = {put_severity, get_severity};
static const struct json_type type_op = {put_op, get_op};
static const struct json_type type_labels = {put_labels, get_labels};
static const struct json_type type_kind = {put_kind, get_kind};
static const struct json_type type_flap = {put_flap, get_flap};
static const struct json_type type_reason = {put_reason, get_reason};

#define FACT(member, type, required) JSON_FIELD(alert_facts, member, type, required)
static const struct json_field fact_fields[] = {
    FACT(fingerprint, notice_json_fingerprint, true),
    FACT(rule, json_field_text, true),
    FACT(metric, type_metric, true),
    FACT(labels, type_labels, true),
    FACT(severity, notice_json_severity, true),
    FACT(value, json_field_real, false),
    FACT(limit, json_field_real, false),
    FACT(worst, json_field_real, false),
    FACT(op, type_op, true),
    FACT(eta_secs, json_field_real, false),
    FACT(since_wall_ms, json_field_int, true),
    FACT(resolved_wall_ms, json_field_int, false),
    FACT(gone, json_field_bool, false),
    FACT(count, json_field_count, false),
    FACT(count_secs, json_field_int, false),
    FACT(message, json_field_text, false),
    FACT(cause, json_field_text, false),
    FACT(flap, type_flap, false),
    FACT(unheard, json_field_bool, false),
    FACT(also, json_field_text, false),
    FACT(also_count, json_field_count, false),
    FACT(seq, json_field_int, false),
    FACT(raised_from, notice_json_severity, false),
};

#define NOTICE(member, type) JSON_FIELD(notice, member, type, true)
static const struct json_field notice_fields[] = {
    NOTICE(id, json_field_int),
    NOTICE(kind, type_kind),
    NOTICE(severity, notice_json_severity),
    NOTICE(created_wall_ms, json_field_int),
    NOTICE(total, json_field_int),
    JSON_FIELD(notice, reason, type_reason, false),
};

json_t *
notice_json_put_facts(const struct alert_facts *facts)
{
	return json_field_put(fact_fields, JSON_LEN(fact_fields), facts);
}

char *
facts_to_json(const struct alert_facts *facts)
{
	return json_field_dump(notice_json_put_facts(facts));
}

bool
notice_json_get_facts(const json_t *object, struct alert_facts *out)
{
	*out = (struct alert_facts){
	    .value = NAN, .limit = NAN, .worst = NAN, .eta_secs = NAN, .count = 1};
	return json_is_object(object) &&
	       json_field_get(fact_fields, JSON_LEN(fact_fields), object, out);
}

bool
facts_from_json(const char *text, size_t len, struct alert_facts *out)
{
	json_t *object = json_loadb(text, len, JSON_REJECT_DUPLICATES, NULL);
	bool ok = notice_json_get_facts(object, out);

	json_decref(object);
	return ok;
}

char *
notice_to_json(const struct notice *n, const char *channel_name)
{
	json_t *object = json_field_put(notice_fields, JSON_LEN(notice_fields), n),
	       *list = json_array();
	size_t used;

	json_object_set_new(object, "channel", json_field_string(channel_name));
	used = json_dumpb(object, NULL, 0, JSON_COMPACT) + sizeof(",\"facts\":[]");
	for (size_t i = 0; i < n->fact_count; i++) {
		json_t *facts = notice_json_put_facts(&n->facts[i]);

		used += json_dumpb(facts, NULL, 0, JSON_COMPACT) + 1;
		if (used > NOTICE_JSON_MAX) {
			json_decref(facts);
			break;
		}
		json_array_append_new(list, facts);
	}
	json_object_set_new(object, "facts", list);
	return json_field_dump(object);
}

struct notice *
notice_from_json(const char *text, size_t len, char *channel_name, size_t cap)
{
	json_t *object = json_loadb(text, len, JSON_REJECT_DUPLICATES, NULL);
	const json_t *list = json_object_get(object, "facts");
	const char *channel = json_string_value(json_object_get(object, "channel"));
	size_t count = json_array_size(list);
	struct notice *n = NULL;
	bool ok = channel != NULL && json_is_array(list) && count <= FACTS_READ_MAX;

	if (ok) {
		n = notice_new(NOTICE_FIRE, -1, count);
		ok = json_field_get(notice_fields, JSON_LEN(notice_fields), object, n) &&
		     n->total >= count;
		for (size_t i = 0; ok && i < count; i++)
			ok = notice_json_get_facts(json_array_get(list, i), &n->facts[i]);
	}
	if (ok) {
		str_copy(channel_name, cap, channel);
	} else {
		notice_free(n);
		n = NULL;
	}
	json_decref(object);
	return n;
}
