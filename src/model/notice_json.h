/*
 * Facts as part of a larger JSON object, for what keeps more than a notice does.
 */
#ifndef MODEL_NOTICE_JSON_H
#define MODEL_NOTICE_JSON_H

#include <jansson.h>

#include "model/json_field.h"
#include "model/notice.h"

json_t *notice_json_put_facts(const struct alert_facts *facts);
/* object may be NULL; false as facts_from_json(). */
bool notice_json_get_facts(const json_t *object, struct alert_facts *out);

extern const struct json_type notice_json_severity;    /* enum severity, by name */
extern const struct json_type notice_json_fingerprint; /* uint64_t, as 16 hex digits */

#endif
