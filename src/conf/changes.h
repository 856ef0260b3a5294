/*
 * What has changed between two configurations, and so what a reload must do.
 */
#ifndef CONF_CHANGES_H
#define CONF_CHANGES_H

#include "conf/conf.h"
#include "conf/keys.h"

/* The most that any key asks for whose value differs; RELOAD_AT_ONCE when none does. */
enum key_reload changes_find(const struct conf *before, const struct conf *after);

/*
 * The name that a rule of the operator's has in another configuration: of the one rule that is new
 * there and the same but for its name and words. NULL: it is not renamed.
 */
const char *changes_rule_name(
    const struct conf_detect *from, const struct conf_detect *to, const struct conf_rule *rule);

#endif
