/*
 * TOML strings and keys. The text is decoded into s->scratch and stays there until the next call.
 */
#ifndef TOML_TOML_STRING_H
#define TOML_TOML_STRING_H

#include <stdbool.h>
#include <stddef.h>

#include "toml/toml_scan.h"

/* A string of any of the four kinds, from its first quote on. */
bool toml_string_read(struct toml_scan *s, size_t *len);

/* One part of a key: bare, "basic" or 'literal'. */
bool toml_string_key(struct toml_scan *s, struct toml_key *key);

#endif
