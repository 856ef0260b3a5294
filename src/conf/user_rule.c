/*
 * Checks the operator's rules: names unique, labels that the metric has, limits in the order that
 * the comparison gives them. A rule that is disabled is checked like the others. A key that was
 * refused already takes part in nothing, so that one mistake is one message.
 */
#include "conf/user_rule.h"

#include <math.h>

#include "base/buf.h"
#include "base/str.h"
#include "conf/draft.h"
#include "model/limits.h"

static const struct conf_list *const list = &conf_lists[LIST_RULES];

static const struct key_state *
given(const struct user_rule *r, const void *member)
{
	return draft_item_given(list, r, member);
}

static struct place
place_of(const struct user_rule *r, const void *member)
{
	return draft_item_place(list, r, member);
}

static void
check_name(const struct conf_draft *draft, const struct user_rule *r, struct error_list *errors)
{
	const char *name = r->rule.name;
	char place[ERROR_LIST_PLACE_MAX];
	struct place at = place_of(r, &r->rule.name);

	if (given(r, &r->rule.name)->bad)
		return;
	if (*name == '\0')
		error_list_add(
		    errors, at, "rules.name: is missing: give each rule a name of its own");
	for (size_t i = 0; i < limit_rule_count; i++) {
		if (!str_eq(limit_rules[i].rule.name, name))
			continue;
		error_list_add(errors, at,
		    "rules.name: \"%s\" is the name of a built-in rule: choose another", name);
		return;
	}
	for (const struct user_rule *other = draft->rules; other < r && *name != '\0'; other++) {
		if (!str_eq(other->rule.name, name))
			continue;
		error_list_add(errors, at,
		    "rules.name: \"%s\" is taken by the rule at %s: choose another", name,
		    error_list_place(errors, place_of(other, &other->rule.name), at, place));
		return;
	}
}

static void
check_labels(const struct user_rule *r, struct error_list *errors)
{
	enum metric_id metric = r->rule.metric;
	char key[METRIC_LABEL_MAX], all[METRIC_LABELS_MAX * (METRIC_LABEL_MAX + 2)];
	struct buf b;

	buf_init(&b, all, sizeof(all));
	for (size_t i = 0; i < metric_label_count(metric); i++)
		buf_addf(&b, "%s%s", i > 0 ? ", " : "", metric_label_key(metric, i, key));
	for (size_t i = 0; i < r->rule.labels.len; i++) {
		const char *label = r->rule.labels.items[i].key;

		if (metric_label_index(metric, label) < 0)
			error_list_add(errors, place_of(r, &r->rule.labels),
			    "rules.labels: %s has no label \"%.64s\"%s%s", metrics[metric].name,
			    label, metric_label_count(metric) > 0 ? ": it has " : ": it has none",
			    all);
	}
}

static void
check_metric(const struct user_rule *r, struct error_list *errors)
{
	if (given(r, &r->rule.metric)->bad)
		return;
	if (r->rule.metric == METRIC_COUNT)
		error_list_add(errors, r->at,
		    "rules.metric: is missing: name the metric to watch, e.g. "
		    "metric = \"disk.usage_percent\"");
	else
		check_labels(r, errors);
}

/* What is wrong with the two limits, or NULL. */
static const char *
compare_limits(enum rule_op op, double warn, double critical)
{
	if (isnan(warn) || isnan(critical))
		return NULL;
	switch (op) {
	case OP_GE:
	case OP_GT:
		return warn < critical ? NULL : "warn must be below critical with op";
	case OP_LE:
	case OP_LT:
		return warn > critical ? NULL : "warn must be above critical with op";
	case OP_EQ:
		return warn < critical || warn > critical
		           ? NULL
		           : "warn and critical are the same with op";
	default:
		return "give only one of warn and critical with op";
	}
}

static void
check_limits(const struct user_rule *r, struct error_list *errors)
{
	const struct key_state *warn = given(r, &r->rule.warn),
	                       *critical = given(r, &r->rule.critical);
	struct place at = keys_later(warn->at, critical->at) ? warn->at : critical->at;
	const struct conf_rule *rule = &r->rule;
	const char *wrong;

	if (given(r, &rule->op)->bad || warn->bad || critical->bad)
		return;
	if (isnan(rule->warn) && isnan(rule->critical)) {
		error_list_add(
		    errors, r->at, "rules: this rule has no limit: give warn, critical or both");
		return;
	}
	wrong = compare_limits(rule->op, rule->warn, rule->critical);
	if (wrong != NULL)
		error_list_add(errors, at.line > 0 ? at : r->at,
		    "rules: \"%s\": %s \"%s\" (warn is %.15g, critical is %.15g)", rule->name,
		    wrong, rule_op_text(rule->op), rule->warn, rule->critical);
}

/* What is odd about a limit, or NULL: no metric is ever below 0. */
static const char *
judge_limit(enum rule_op op, double limit)
{
	switch (op) {
	case OP_GE:
		return limit <= 0 ? "every value is" : NULL;
	case OP_GT:
	case OP_NE:
		return limit < 0 ? "every value is" : NULL;
	case OP_LT:
		return limit <= 0 ? "no value is" : NULL;
	default:
		return limit < 0 ? "no value is" : NULL;
	}
}

static void
warn_of_limit(const struct user_rule *r, const double *limit, struct error_list *errors)
{
	const char *odd = isnan(*limit) ? NULL : judge_limit(r->rule.op, *limit);

	if (odd != NULL)
		error_list_warn(errors, place_of(r, limit), "rules: \"%s\": %s %s %.15g, so it %s",
		    r->rule.name, odd, rule_op_text(r->rule.op), *limit,
		    *odd == 'e' ? "alerts all the time" : "never alerts");
}

void
user_rule_warn_all(const struct conf_draft *draft, struct error_list *errors)
{
	for (size_t i = 0; i < draft->rule_count; i++) {
		warn_of_limit(&draft->rules[i], &draft->rules[i].rule.warn, errors);
		warn_of_limit(&draft->rules[i], &draft->rules[i].rule.critical, errors);
	}
}

void
user_rule_check_all(const struct conf_draft *draft, struct error_list *errors)
{
	for (size_t i = 0; i < draft->rule_count; i++) {
		check_name(draft, &draft->rules[i], errors);
		check_metric(&draft->rules[i], errors);
		check_limits(&draft->rules[i], errors);
	}
}
