/*
 * The facts of one alert as JSON text of their own.
 */
#ifndef TESTS_NOTICE_HELP_H
#define TESTS_NOTICE_HELP_H

#include "model/notice_json.h"

/* From mem. */
static inline char *
facts_to_json(const struct alert_facts *facts)
{
	return json_field_dump(facts_json_put(facts));
}

static inline enum json_read
read_facts(const char *text, size_t len, struct alert_facts *out)
{
	json_t *object = json_loadb(text, len, JSON_REJECT_DUPLICATES, NULL);
	enum json_read read = facts_json_get(object, out);

	json_decref(object);
	return read;
}

static inline bool
facts_from_json(const char *text, size_t len, struct alert_facts *out)
{
	return read_facts(text, len, out) == JSON_READ_OK;
}

#endif
