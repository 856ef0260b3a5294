/*
 * Whether a match (model/match.h) can mean anything here: what it names is there to be named. A
 * glob that is misspelt is well-formed and matches nothing, for ever.
 */
#ifndef CONF_MATCH_KNOWN_H
#define CONF_MATCH_KNOWN_H

#include <stdbool.h>

#include "base/buf.h"
#include "conf/conf.h"

/*
 * True when alerts of a rule, built-in or of the configuration, or on a metric can match; values of
 * labels are not judged, for a disk may come tomorrow. Else appends to why what is unknown, and
 * what was meant, if that is near. match is well-formed; it is repeated in why as it is.
 */
bool match_known(const char *match, const struct conf_detect *detect, struct buf *why);

#endif
