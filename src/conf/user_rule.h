/*
 * [[rules]] as given, to the rules that detectors run; and back, for the wire.
 */
#ifndef CONF_USER_RULE_H
#define CONF_USER_RULE_H

#include <stdbool.h>

#include "conf/error_list.h"
#include "conf/keys.h"

/* Checks draft->rules and makes conf.detect.rules of those that are enabled. */
void user_rule_build_all(struct conf_draft *draft, struct error_list *errors);

/* The inverse for one rule; out points into itself and into the rule. */
struct user_rule_view {
	struct user_rule rule;
	struct string_pair labels[METRIC_LABELS_MAX];
	char keys[METRIC_LABELS_MAX][METRIC_LABEL_MAX];
};
void user_rule_view(const struct rule *rule, struct user_rule_view *out);

#endif
