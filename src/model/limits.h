/*
 * The default thresholds (limits.def) as C.
 */
#ifndef MODEL_LIMITS_H
#define MODEL_LIMITS_H

#include <stdint.h>

#include "model/metric.h"

#define LIMIT(id, stem, suffix, warn, critical, most, help) LIMIT_##id,
enum limit_id {
#include "model/limits.def"
	LIMIT_COUNT
};

struct limit_rule {
	const char *name;
	enum limit_id limit;
	enum metric_id metric;
	int64_t for_secs;
};

extern const struct limit_rule limit_rules[];
extern const size_t limit_rule_count;

#endif
