/*
 * All threshold rules in force: the operator's, and the built-in ones of model/limits.def with the
 * limits configured. An operator's rule that matches a series replaces every built-in rule there;
 * several of the operator's may watch one series.
 */
#ifndef DETECT_RULES_H
#define DETECT_RULES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "conf/conf.h"
#include "model/rule.h"
#include "model/series.h"

#define RULES_A_SERIES_MAX 256 /* as many as a configuration may have: none is left out */

struct rule_set {
	struct rule *items;
	size_t len;
};

/* Names, globs and messages stay the configuration's, which must outlive the set. */
void rules_init(struct rule_set *set, const struct conf_detect *conf);
void rules_done(struct rule_set *set);

/* Numbers of the rules that watch the series; how many, at most RULES_A_SERIES_MAX. */
size_t rules_match(
    const struct rule_set *set, const struct series *s, uint16_t out[RULES_A_SERIES_MAX]);

/* The value is on the bad side of the limit. */
bool rules_past(enum rule_op op, double value, double limit);

/*
 * Where a firing level stops: the limit moved to its good side by clear_percent of its magnitude,
 * but never to where no value can get (105 %), and for counts by whole steps only.
 */
double rules_clear_limit(const struct rule *rule, double limit);

#endif
