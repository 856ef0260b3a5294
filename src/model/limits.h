/*
 * The built-in rules and their default thresholds (limits.def) as C.
 */
#ifndef MODEL_LIMITS_H
#define MODEL_LIMITS_H

#include <stdint.h>

#include "model/metric.h"
#include "model/rule.h"

#define LIMIT(id, stem, suffix, warn, critical, most, help) LIMIT_##id,
enum limit_id {
#include "model/limits.def"
	LIMIT_COUNT
};

struct limit_rule {
	struct rule rule;    /* its levels are NAN where they are configured */
	enum limit_id limit; /* LIMIT_COUNT: about a state, nothing of it is configured */
};

extern const struct limit_rule limit_rules[];
extern const size_t limit_rule_count;

#endif
