/*
 * All threshold rules in force: the operator's, the built-in ones of model/limits.def with the
 * configured limits, and a few fixed ones. An operator's rule that matches a series replaces every
 * built-in rule there; several of the operator's may watch one series.
 */
#ifndef DETECT_RULES_H
#define DETECT_RULES_H

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

/* Copies the rules; the label globs stay the configuration's, which must outlive the set. */
void rules_init(struct rule_set *set, const struct conf_detect *conf);
void rules_done(struct rule_set *set);

/* Numbers of the rules that watch the series; how many, at most RULES_A_SERIES_MAX. */
size_t rules_match(
    const struct rule_set *set, const struct series *s, uint16_t out[RULES_A_SERIES_MAX]);

#endif
