/*
 * The threshold table and the built-in rules made from it.
 */
#include "model/limits.h"

#define LIMIT(id, stem, suffix, warn, critical, most, help) \
	[LIMIT_##id] = {stem, suffix, warn, critical, most, help},
const struct limit limits[LIMIT_COUNT] = {
#include "model/limits.def"
};

#define RULE(name, limit, metric, for_secs) {name, LIMIT_##limit, METRIC_##metric, for_secs},
const struct limit_rule limit_rules[] = {
#include "model/limits.def"
};

const size_t limit_rule_count = sizeof(limit_rules) / sizeof(limit_rules[0]);
