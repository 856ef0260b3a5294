/*
 * The built-in rules, from their table.
 */
#include "model/limits.h"

#define RULE(name, limit, metric, for_secs) {name, LIMIT_##limit, METRIC_##metric, for_secs},
const struct limit_rule limit_rules[] = {
#include "model/limits.def"
};

const size_t limit_rule_count = sizeof(limit_rules) / sizeof(limit_rules[0]);
