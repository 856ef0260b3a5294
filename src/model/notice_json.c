/*
 * Notices to JSON text and back, as facts_json.c does with what they carry.
 */
#include "model/notice_json.h"

#include <string.h>

#include "base/mem.h"
#include "base/str.h"
#include "model/delivery.h"

#define FACTS_READ_MAX 1024

static const char *const kinds[] = {[NOTICE_FIRE] = "fire",
    [NOTICE_RESOLVE] = "resolve",
    [NOTICE_TEST] = "test",
    [NOTICE_DIGEST] = "digest"};

static const char *const reasons[] = {[DIGEST_LATE] = "late",
    [DIGEST_LIMIT] = "limit",
    [DIGEST_SILENCE] = "silence",
    [DIGEST_JOINED] = "joined"};

#define KIND_NAME(i) kinds[i]
#define REASON_NAME(i) reasons[i]
JSON_NAMED(kind, enum notice_kind, JSON_LEN(kinds), KIND_NAME)
JSON_NAMED(reason, enum digest_reason, JSON_LEN(reasons), REASON_NAME)

static const struct json_type type_kind = {put_kind, get_kind};
static const struct json_type type_reason = {put_reason, get_reason};

#define NOTICE(member, type) JSON_FIELD(notice, member, type, true)
static const struct json_field notice_fields[] = {
    NOTICE(id, json_field_int),
    NOTICE(kind, type_kind),
    NOTICE(severity, facts_json_severity),
    JSON_MOMENT("created", notice, created, true),
    NOTICE(total, json_field_int),
    JSON_FIELD(notice, reason, type_reason, false),
};

static void
put_owed(const struct notice *n, json_t *object)
{
	json_t *list;

	if (n->owed_count == 0)
		return;
	list = json_array();
	for (size_t i = 0; i < n->owed_count; i++)
		json_array_append_new(list, facts_json_fingerprint.put(&n->owed[i]));
	json_object_set_new(object, "owed", list);
}

static enum json_read
get_owed(const json_t *object, struct notice *n)
{
	const json_t *list = json_object_get(object, "owed");
	uint64_t owed[DELIVERY_RECIPIENTS_MAX];
	size_t count = json_array_size(list);
	enum json_read read;

	if (list == NULL)
		return JSON_READ_OK;
	read = json_read_if(count > 0 && count <= DELIVERY_RECIPIENTS_MAX);
	for (size_t i = 0; i < count && read == JSON_READ_OK; i++)
		read = facts_json_fingerprint.get(json_array_get(list, i), &owed[i], 0);
	if (read == JSON_READ_OK)
		(void)notice_owe(n, owed, count);
	return read;
}

char *
notice_to_json(const struct notice *n, const char *channel_name)
{
	json_t *object = json_field_put(notice_fields, JSON_LEN(notice_fields), n),
	       *list = json_array();
	size_t used;

	json_object_set_new(object, "channel", json_field_string(channel_name));
	put_owed(n, object);
	used = json_dumpb(object, NULL, 0, JSON_COMPACT) + sizeof(",\"facts\":[]");
	for (size_t i = 0; i < n->fact_count; i++) {
		json_t *facts = facts_json_put(&n->facts[i]);

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

/* n gets what the object says; its facts have room for the list. */
static enum json_read
get_notice(const json_t *object, const json_t *list, struct notice *n)
{
	enum json_read read = json_field_get(notice_fields, JSON_LEN(notice_fields), object, n);

	read = json_read_worse(read, json_read_if(n->total >= n->fact_count));
	read = json_read_worse(read, get_owed(object, n));
	for (size_t i = 0; i < n->fact_count; i++)
		read = json_read_worse(read, facts_json_get(json_array_get(list, i), &n->facts[i]));
	return read;
}

struct notice *
notice_from_json(const char *text, size_t len, char *channel_name, size_t cap, enum json_read *read)
{
	json_t *object = json_loadb(text, len, JSON_REJECT_DUPLICATES, NULL);
	const json_t *list = json_object_get(object, "facts");
	const char *channel = json_string_value(json_object_get(object, "channel"));
	size_t count = json_array_size(list);
	struct notice *n = NULL;

	*read = json_read_if(channel != NULL && json_is_array(list) && count <= FACTS_READ_MAX);
	if (*read == JSON_READ_OK) {
		n = notice_new(NOTICE_FIRE, -1, count);
		*read = get_notice(object, list, n);
	}
	if (*read == JSON_READ_OK) {
		str_copy(channel_name, cap, channel);
	} else {
		notice_free(n);
		n = NULL;
	}
	json_decref(object);
	return n;
}
