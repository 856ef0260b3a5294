/*
 * Configuration to the list of rules in force, and which of them watch a series. The values were
 * checked by the configuration; label values come from the host and are only compared.
 */
#include "detect/rules.h"

#include <math.h>

#include "base/mem.h"
#include "base/str.h"

static struct rule
user_rule(const struct conf_rule *row, double clear_percent)
{
	struct rule rule = {.name = row->name,
	    .metric = row->metric,
	    .op = row->op,
	    .warn = row->warn,
	    .critical = row->critical,
	    .for_ms = row->for_secs * 1000,
	    .clear_percent = clear_percent,
	    .message = row->message,
	    .user = true};

	for (size_t i = 0; i < row->labels.len; i++) {
		int at = metric_label_index(row->metric, row->labels.items[i].key);

		if (at >= 0)
			rule.labels[at] = row->labels.items[i].value;
	}
	return rule;
}

void
rules_init(struct rule_set *set, const struct conf_detect *conf)
{
	size_t most = conf->rule_count + limit_rule_count;

	*set = (struct rule_set){.items = mem_zalloc(most, sizeof(*set->items))};
	for (size_t i = 0; i < conf->rule_count; i++)
		set->items[set->len++] = user_rule(&conf->rules[i], conf->clear_percent);
	for (size_t i = 0; i < limit_rule_count; i++) {
		struct rule rule = conf_built_in(conf, &limit_rules[i]);

		if (!isnan(rule.warn) || !isnan(rule.critical))
			set->items[set->len++] = rule;
	}
}

void
rules_done(struct rule_set *set)
{
	mem_free(set->items);
	*set = (struct rule_set){.items = NULL};
}

static bool
watches(const struct rule *rule, const struct series *s)
{
	if (rule->metric != s->metric)
		return false;
	for (size_t i = 0; i < s->label_count; i++) {
		if (rule->labels[i] != NULL && !str_glob(rule->labels[i], series_label(s, i)))
			return false;
	}
	return true;
}

size_t
rules_match(const struct rule_set *set, const struct series *s, uint16_t out[RULES_A_SERIES_MAX])
{
	size_t n = 0;

	/* The operator's come first in the set. */
	for (size_t i = 0; i < set->len && n < RULES_A_SERIES_MAX; i++) {
		if (!set->items[i].user && n > 0 && set->items[out[0]].user)
			break;
		if (watches(&set->items[i], s))
			out[n++] = (uint16_t)i;
	}
	return n;
}

bool
rules_past(enum rule_op op, double value, double limit)
{
	switch (op) {
	case OP_GE:
		return value >= limit;
	case OP_GT:
		return value > limit;
	case OP_LE:
		return value <= limit;
	case OP_LT:
		return value < limit;
	case OP_EQ:
		return value == limit;
	case OP_NE:
		return value < limit || value > limit;
	}
	return false;
}

double
rules_clear_limit(const struct rule *rule, double limit)
{
	double band = fabs(limit) * rule->clear_percent / 100;
	enum metric_unit unit = metrics[rule->metric].unit;

	if (metric_unit_is_state(unit) || (unit == UNIT_COUNT && band < 1))
		band = 0;
	switch (rule->op) {
	case OP_GE:
	case OP_GT:
		return limit - band;
	case OP_LE:
	case OP_LT:
		return unit == UNIT_PERCENT && limit <= 100 ? fmin(limit + band, 100)
		                                            : limit + band;
	default:
		return limit;
	}
}
