/*
 * One parsed file into the draft: every key is found in the table or is an error.
 */
#ifndef CONF_WALK_H
#define CONF_WALK_H

#include "conf/keys.h"
#include "conf/toml.h"
#include "conf/value.h"

void walk_file(struct reader *r, struct conf_draft *draft, const struct toml_value *root);

#endif
