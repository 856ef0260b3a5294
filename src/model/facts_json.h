/*
 * The facts of an alert as JSON: their form on disk. What is unknown among the members is passed
 * over, so a newer version's row loads; a word that is not known makes the whole unknown.
 */
#ifndef MODEL_FACTS_JSON_H
#define MODEL_FACTS_JSON_H

#include <jansson.h>

#include "model/facts.h"
#include "model/json_field.h"

json_t *facts_json_put(const struct alert_facts *facts);
/* object may be NULL, which is damaged; out is of no use unless the result is JSON_READ_OK. */
enum json_read facts_json_get(const json_t *object, struct alert_facts *out);

extern const struct json_type facts_json_severity;    /* enum severity, by name */
extern const struct json_type facts_json_fingerprint; /* uint64_t, as 16 hex digits */

#endif
