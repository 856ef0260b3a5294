/*
 * One parsed file into the draft: every key is found in the table or is an error.
 */
#ifndef CONF_KEY_MATCH_H
#define CONF_KEY_MATCH_H

#include "conf/keys.h"
#include "toml/toml.h"
#include "conf/value.h"

void key_match_file(struct reader *r, struct conf_draft *draft, const struct toml_value *root);

#endif
