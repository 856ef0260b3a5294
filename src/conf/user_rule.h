/*
 * [[rules]] as given: what only shows when all keys of one, and the other rules, are known.
 */
#ifndef CONF_USER_RULE_H
#define CONF_USER_RULE_H

#include "conf/error_list.h"
#include "conf/keys.h"

void user_rule_check_all(const struct conf_draft *draft, struct error_list *errors);

/* Warns of limits that every value passes, or none. */
void user_rule_warn_all(const struct conf_draft *draft, struct error_list *errors);

#endif
