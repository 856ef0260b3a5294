/*
 * The built-in rules, from their table.
 */
#include "model/limits.h"

#include <math.h>

#define RULE(id, at, what, secs)      \
	{.rule = {.name = id,         \
	     .metric = METRIC_##what, \
	     .op = OP_GE,             \
	     .warn = NAN,             \
	     .critical = NAN,         \
	     .for_ms = (secs)*1000,   \
	     .message = ""},          \
	    .limit = LIMIT_##at},
#define STATE(id, what, is, warns, alarms, ms, changes, words) \
	{.rule = {.name = id,                                  \
	     .metric = METRIC_##what,                          \
	     .op = OP_##is,                                    \
	     .warn = warns,                                    \
	     .critical = alarms,                               \
	     .for_ms = ms,                                     \
	     .transition = changes,                            \
	     .message = words},                                \
	    .limit = LIMIT_COUNT},
const struct limit_rule limit_rules[] = {
#include "model/limits.def"
};

const size_t limit_rule_count = sizeof(limit_rules) / sizeof(limit_rules[0]);
