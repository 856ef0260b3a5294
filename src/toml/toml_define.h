/*
 * What a key or a header may add to the tables that are already there. Each function returns the
 * table or value to go on with, or NULL with the error filled. Keys are copied.
 */
#ifndef TOML_TOML_DEFINE_H
#define TOML_TOML_DEFINE_H

#include "toml/toml_scan.h"

/* The table that a part of a path, other than its last, leads to; made if it is not there. */
typedef struct toml_value *toml_define_step(
    struct toml_scan *s, struct toml_value *table, const struct toml_key *key);

toml_define_step toml_define_header_step; /* in [a.b] and [[a.b]] */
toml_define_step toml_define_dotted_step; /* in a.b = */

/* The last part of a path; open is where the header's first bracket is. */
struct toml_value *toml_define_table(struct toml_scan *s, struct toml_value *parent,
    const struct toml_key *key, struct toml_pos open);
struct toml_value *toml_define_tables_item(struct toml_scan *s, struct toml_value *parent,
    const struct toml_key *key, struct toml_pos open);
struct toml_value *toml_define_key(
    struct toml_scan *s, struct toml_value *table, const struct toml_key *key);

/* A new item of an array. */
struct toml_value *toml_define_item(
    struct toml_scan *s, struct toml_value *array, struct toml_pos pos);

#endif
