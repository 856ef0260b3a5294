/*
 * TOML 1.0.0 (https://toml.io/en/v1.0.0): text to a tree in which every key and every value knows
 * where it was written. Error texts may quote keys, never values: a value may be a secret.
 */
#ifndef TOML_TOML_H
#define TOML_TOML_H

#include <stddef.h>

#include "toml/toml_value.h"

struct toml;

/*
 * NULL with *err filled when the bytes are not TOML or exceed a limit. The document owns all its
 * values and texts until toml_free(), which wipes them; it keeps no pointer into bytes,
 * which may be NULL if len is 0.
 */
struct toml *toml_parse(const char *bytes, size_t len, struct toml_error *err);

/* The root table. */
const struct toml_value *toml_root(const struct toml *doc);

void toml_free(struct toml *doc); /* NULL is fine */

#endif
