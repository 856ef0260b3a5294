/*
 * The operator's rules: names unique, metrics and labels that exist, limits in the order that the
 * comparison gives them. A rule that is disabled is checked like the others and then left out.
 */
#include "conf/user_rule.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/buf.h"
#include "base/str.h"
#include "model/limits.h"

#define FOR_SECS_DEFAULT 30

static const struct key_state *
given(const struct user_rule *rule, const void *member)
{
	size_t offset = (size_t)((const char *)member - (const char *)rule);
	size_t i = 0;

	while (conf_rule_keys[i].offset != offset)
		i++;
	return &rule->given[i];
}

/* Where to point at: the key if it was given, else the rule. */
static struct place
place_of(const struct user_rule *rule, const void *member)
{
	const struct key_state *state = given(rule, member);

	return state->at.line > 0 ? state->at : rule->at;
}

static bool
check_name(const struct conf_draft *draft, const struct user_rule *rule, struct error_list *errors)
{
	char place[ERROR_LIST_PLACE_MAX];
	struct place at = place_of(rule, &rule->name);

	if (given(rule, &rule->name)->bad)
		return false;
	if (*rule->name == '\0') {
		error_list_add(
		    errors, at, "rules.name: is missing: give each rule a name of its own");
		return false;
	}
	for (size_t i = 0; i < limit_rule_count; i++) {
		if (!str_eq(limit_rules[i].name, rule->name))
			continue;
		error_list_add(errors, at,
		    "rules.name: \"%s\" is the name of a built-in rule: choose another",
		    rule->name);
		return false;
	}
	for (const struct user_rule *other = draft->rules; other < rule; other++) {
		if (!str_eq(other->name, rule->name))
			continue;
		error_list_add(errors, at,
		    "rules.name: \"%s\" is taken by the rule at %s: choose another", rule->name,
		    error_list_place(errors, place_of(other, &other->name), at, place));
		return false;
	}
	return true;
}

static bool
check_metric(const struct user_rule *rule, struct error_list *errors, enum metric_id *out)
{
	struct place at = place_of(rule, &rule->metric);
	const char *near;

	if (given(rule, &rule->metric)->bad)
		return false;
	if (*rule->metric == '\0') {
		error_list_add(errors, at,
		    "rules.metric: is missing: name the metric to watch, e.g. "
		    "metric = \"disk.usage_percent\"");
		return false;
	}
	*out = metric_find(rule->metric);
	if (*out != METRIC_COUNT)
		return true;
	near = metric_nearest(rule->metric);
	error_list_add(errors, at, "rules.metric: there is no metric \"%s\"%s%s%s", rule->metric,
	    near == NULL ? ": see METRICS.md" : ": did you mean \"", near == NULL ? "" : near,
	    near == NULL ? "" : "\"?");
	return false;
}

static bool
check_labels(const struct user_rule *rule, struct error_list *errors, struct rule *out)
{
	bool ok = !given(rule, &rule->labels)->bad;
	char key[METRIC_LABEL_MAX], all[METRIC_LABELS_MAX * (METRIC_LABEL_MAX + 2)];
	struct buf b;

	buf_init(&b, all, sizeof(all));
	for (size_t i = 0; i < metric_label_count(out->metric); i++)
		buf_addf(&b, "%s%s", i > 0 ? ", " : "", metric_label_key(out->metric, i, key));
	for (size_t i = 0; i < rule->labels.len; i++) {
		int at = metric_label_index(out->metric, rule->labels.items[i].key);

		if (at >= 0) {
			out->labels[at] = rule->labels.items[i].value;
			continue;
		}
		ok = false;
		error_list_add(errors, place_of(rule, &rule->labels),
		    "rules.labels: %s has no label \"%.64s\"%s%s", metrics[out->metric].name,
		    rule->labels.items[i].key, b.len > 0 ? ": it has " : ": it has none", all);
	}
	return ok;
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

static bool
check_limits(const struct user_rule *rule, struct error_list *errors, struct rule *out)
{
	const struct key_state *warn = given(rule, &rule->warn),
	                       *critical = given(rule, &rule->critical);
	struct place at = keys_later(warn->at, critical->at) ? warn->at : critical->at;
	const char *wrong;

	if (given(rule, &rule->op)->bad || warn->bad || critical->bad)
		return false;
	if (!rule_op_parse(rule->op, &out->op)) {
		error_list_add(errors, place_of(rule, &rule->op),
		    "rules.op: must be one of \">=\", \">\", \"<=\", \"<\", \"==\", \"!=\"");
		return false;
	}
	if (isnan(rule->warn) && isnan(rule->critical)) {
		error_list_add(
		    errors, rule->at, "rules: this rule has no limit: give warn, critical or both");
		return false;
	}
	wrong = compare_limits(out->op, rule->warn, rule->critical);
	if (wrong != NULL)
		error_list_add(errors, at.line > 0 ? at : rule->at,
		    "rules: \"%s\": %s \"%s\" (warn is %.15g, critical is %.15g)", rule->name,
		    wrong, rule->op, rule->warn, rule->critical);
	return wrong == NULL;
}

static int64_t
for_secs_of(const struct conf_draft *draft, const struct user_rule *rule, enum metric_id metric)
{
	if (rule->for_secs >= 0)
		return rule->for_secs;
	if (draft->conf.detect.for_secs >= 0)
		return draft->conf.detect.for_secs;
	for (size_t i = 0; i < limit_rule_count; i++) {
		if (limit_rules[i].metric == metric)
			return limit_rules[i].for_secs;
	}
	return FOR_SECS_DEFAULT;
}

static bool
build(const struct conf_draft *draft, const struct user_rule *rule, struct error_list *errors,
    struct rule *out)
{
	bool ok = check_name(draft, rule, errors);
	bool known = check_metric(rule, errors, &out->metric);

	ok = (!known || check_labels(rule, errors, out)) && ok;
	ok = check_limits(rule, errors, out) && ok && known;
	if (!ok)
		return false;
	str_copy(out->name, sizeof(out->name), rule->name);
	str_copy(out->message, sizeof(out->message), rule->message);
	out->warn = rule->warn;
	out->critical = rule->critical;
	out->for_ms = for_secs_of(draft, rule, out->metric) * 1000;
	out->clear_percent = draft->conf.detect.clear_percent;
	out->user = true;
	return true;
}

void
user_rule_build_all(struct conf_draft *draft, struct error_list *errors)
{
	struct conf_detect *detect = &draft->conf.detect;

	detect->rules = arena_alloc(draft->conf.arena, draft->rule_count, sizeof(detect->rules[0]));
	detect->rule_count = 0;
	for (size_t i = 0; i < draft->rule_count; i++) {
		struct rule *out = &detect->rules[detect->rule_count];

		if (build(draft, &draft->rules[i], errors, out) && draft->rules[i].enabled)
			detect->rule_count++;
		else
			memset(out, 0, sizeof(*out));
	}
}

/* The strings of a view are only read: struct user_rule is shared with the reading side. */
static char *
borrow(const char *text)
{
	union {
		const char *in;
		char *out;
	} u = {.in = text};

	return u.out;
}

void
user_rule_view(const struct rule *rule, struct user_rule_view *out)
{
	struct user_rule *view = &out->rule;

	memset(out, 0, sizeof(*out));
	view->name = borrow(rule->name);
	view->metric = borrow(metrics[rule->metric].name);
	view->op = borrow(rule_op_text(rule->op));
	view->message = borrow(rule->message);
	view->warn = rule->warn;
	view->critical = rule->critical;
	view->for_secs = rule->for_ms / 1000;
	view->enabled = true;
	view->labels.items = out->labels;
	for (size_t i = 0; i < METRIC_LABELS_MAX; i++) {
		if (rule->labels[i] == NULL)
			continue;
		out->labels[view->labels.len].key =
		    borrow(metric_label_key(rule->metric, i, out->keys[i]));
		out->labels[view->labels.len++].value = rule->labels[i];
	}
}
