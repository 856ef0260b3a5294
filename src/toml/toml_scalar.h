/*
 * TOML values that are written without quotes or brackets.
 */
#ifndef TOML_TOML_SCALAR_H
#define TOML_TOML_SCALAR_H

#include <stdbool.h>

#include "toml/toml_scan.h"

/* A boolean, number, date or time at s->p: fills type and value of v. */
bool toml_scalar_read(struct toml_scan *s, struct toml_value *v);

#endif
