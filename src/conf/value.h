/*
 * One value of a TOML document into one member, by the row of its key.
 */
#ifndef CONF_VALUE_H
#define CONF_VALUE_H

#include <stdbool.h>

#include "conf/error_list.h"
#include "conf/keys.h"
#include "toml/toml.h"

struct reader {
	struct arena *arena;
	struct error_list *errors;
	int file;          /* that is being read */
	bool plain_secret; /* set when a secret stands in the file itself */
	bool unknown;      /* set when something given is no key or table that there is */
};

/* Where a value, or its key, is in the file being read. */
struct place value_place(const struct reader *r, const struct toml_value *v);
struct place value_key_place(const struct reader *r, const struct toml_value *v);

/* False when it was refused: then *member is as before and the errors say why. */
bool value_read(
    struct reader *r, const struct conf_key *key, const struct toml_value *v, void *member);

/* For a key that is not supported yet: checks the type, and sets *off when the value is the one
 * that switches off. */
bool value_read_unsupported(
    struct reader *r, const struct conf_key *key, const struct toml_value *v, bool *off);

#endif
