/*
 * Notices as JSON: their form on disk. What is unknown among the members
 * is passed over, so a newer version's row loads; a word that is not known makes the whole unknown.
 */
#ifndef MODEL_NOTICE_JSON_H
#define MODEL_NOTICE_JSON_H

#include <jansson.h>

#include "model/facts_json.h"
#include "model/notice.h"

/*
 * JSON text from mem (free with mem_free), at most NOTICE_JSON_MAX bytes: of a digest, the facts
 * that do not fit are left out.
 */
#define NOTICE_JSON_MAX 60000
char *notice_to_json(const struct notice *n, const char *channel_name);
/*
 * channel_name gets the name stored (cut at cap); the caller maps it to a number. NULL unless *read
 * is JSON_READ_OK.
 */
struct notice *notice_from_json(
    const char *text, size_t len, char *channel_name, size_t cap, enum json_read *read);

#endif
