/*
 * Which alerts are meant: "disk.*{mountpoint=/backup*}". Before the braces a glob for the name of
 * the subject (a metric) or of the rule; inside, globs for label values, all of which must match,
 * an absent label being none. Either part may be left out. Values may stand in double quotes; a
 * backslash takes the next character as it is.
 */
#ifndef MODEL_MATCH_H
#define MODEL_MATCH_H

#include <stdbool.h>
#include <stddef.h>

#include "model/facts.h"

#define MATCH_MAX 256 /* bytes with the NUL */

/* NULL when it is well-formed, else what is wrong, to follow the name of what holds it. */
const char *match_check(const char *text);

/* False for a text that is not well-formed, too. */
bool match_facts(const char *text, const struct alert_facts *facts);

/* The glob before the braces, "" when there is none; returns out. The text is well-formed. */
const char *match_name(const char *text, char out[MATCH_MAX]);

/* The key of its label i, from 0; false past the last. The text is well-formed. */
bool match_label_key(const char *text, size_t i, char out[MATCH_MAX]);

#endif
