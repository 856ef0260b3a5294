/*
 * The tree of a TOML document and the memory under it: what the parser's files share.
 */
#ifndef TOML_TOML_TREE_H
#define TOML_TOML_TREE_H

#include <stddef.h>

#include "toml/toml_value.h"

/* How a value came to be, which decides what may still be added to it. */
enum toml_form {
	TOML_FORM_VALUE,    /* written out: a scalar or an array in brackets */
	TOML_FORM_IMPLICIT, /* table named on the way by a [header] */
	TOML_FORM_HEADER,   /* table with its own [header], item of a [[header]], or the root */
	TOML_FORM_DOTTED,   /* table named on the way by a dotted key */
	TOML_FORM_INLINE,   /* { ... } */
	TOML_FORM_TABLES,   /* array of [[header]] tables */
};

struct toml_pos {
	int line;
	int col;
};

struct toml_key {
	const char *text;
	size_t len;
	struct toml_pos pos;
};

struct toml *toml_tree_new(void);
void toml_tree_free(struct toml *doc);
struct toml_value *toml_tree_root(const struct toml *doc);

/* Appends a zeroed value; key is NULL in an array, new in a table. NULL: TOML_VALUES_MAX. */
struct toml_value *toml_tree_add(
    struct toml *doc, struct toml_value *parent, const struct toml_key *key, struct toml_pos pos);

struct toml_value *toml_tree_find(const struct toml_value *table, const char *key, size_t len);

/* NUL-terminated copy that lives as long as the document. */
const char *toml_tree_text(struct toml *doc, const char *text, size_t len);

#endif
