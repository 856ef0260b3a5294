/*
 * Adds keys and tables to the tree by the rules of TOML about defining a thing once: which tables a
 * header may open, which ones a dotted key may extend, and what nothing may touch again. Every
 * refusal names the line of the first definition.
 */
#include "toml/toml_define.h"

/* How an error names what is in the way; a plain value goes by its type. */
static const char *const FORM_NAMES[] = {
    [TOML_FORM_VALUE] = NULL,
    [TOML_FORM_IMPLICIT] = "a table",
    [TOML_FORM_HEADER] = "a table",
    [TOML_FORM_DOTTED] = "a table of dotted keys",
    [TOML_FORM_INLINE] = "an inline table, which cannot be extended",
    [TOML_FORM_TABLES] = "an array of tables",
};

static struct toml_value *
refuse(struct toml_scan *s, const struct toml_value *v, const struct toml_key *key)
{
	const char *name = FORM_NAMES[v->form];
	char shown[TOML_SHOWN_MAX];

	toml_scan_fail(s, key->pos, "%s is already defined at line %d as %s",
	    toml_scan_shown(key, shown), v->key_line,
	    name != NULL ? name : toml_type_name(v->type));
	return NULL;
}

static struct toml_value *
add(struct toml_scan *s, struct toml_value *parent, const struct toml_key *key, struct toml_pos pos)
{
	struct toml_value *v;

	if (parent->depth >= TOML_DEPTH_MAX) {
		toml_scan_fail(s, key != NULL ? key->pos : pos,
		    "tables and arrays are nested deeper than %d levels here", TOML_DEPTH_MAX);
		return NULL;
	}
	v = toml_tree_add(s->doc, parent, key, pos);
	if (v == NULL)
		toml_scan_fail(s, key != NULL ? key->pos : pos, "the file has more than %u values",
		    TOML_VALUES_MAX);
	return v;
}

static struct toml_value *
add_table(struct toml_scan *s, struct toml_value *parent, const struct toml_key *key,
    struct toml_pos pos, enum toml_form form)
{
	struct toml_value *v = add(s, parent, key, pos);

	if (v != NULL) {
		v->type = TOML_TABLE;
		v->form = (unsigned char)form;
	}
	return v;
}

struct toml_value *
toml_define_header_step(struct toml_scan *s, struct toml_value *table, const struct toml_key *key)
{
	struct toml_value *v = toml_tree_find(table, key->text, key->len);

	if (v == NULL)
		return add_table(s, table, key, key->pos, TOML_FORM_IMPLICIT);
	switch (v->form) {
	case TOML_FORM_TABLES:
		return v->u.list.last;
	case TOML_FORM_VALUE:
	case TOML_FORM_INLINE:
		return refuse(s, v, key);
	default:
		return v;
	}
}

struct toml_value *
toml_define_dotted_step(struct toml_scan *s, struct toml_value *table, const struct toml_key *key)
{
	struct toml_value *v = toml_tree_find(table, key->text, key->len);

	if (v == NULL)
		return add_table(s, table, key, key->pos, TOML_FORM_DOTTED);
	if (v->form != TOML_FORM_IMPLICIT && v->form != TOML_FORM_DOTTED)
		return refuse(s, v, key);
	v->form = TOML_FORM_DOTTED;
	return v;
}

struct toml_value *
toml_define_table(struct toml_scan *s, struct toml_value *parent, const struct toml_key *key,
    struct toml_pos open)
{
	struct toml_value *v = toml_tree_find(parent, key->text, key->len);

	if (v == NULL)
		return add_table(s, parent, key, open, TOML_FORM_HEADER);
	if (v->form != TOML_FORM_IMPLICIT)
		return refuse(s, v, key);
	v->form = TOML_FORM_HEADER;
	v->line = open.line;
	v->col = open.col;
	v->key_line = key->pos.line;
	v->key_col = key->pos.col;
	return v;
}

struct toml_value *
toml_define_tables_item(struct toml_scan *s, struct toml_value *parent, const struct toml_key *key,
    struct toml_pos open)
{
	struct toml_value *v = toml_tree_find(parent, key->text, key->len);

	if (v == NULL) {
		v = add(s, parent, key, open);
		if (v == NULL)
			return NULL;
		v->type = TOML_ARRAY;
		v->form = TOML_FORM_TABLES;
	}
	if (v->form != TOML_FORM_TABLES)
		return refuse(s, v, key);
	return add_table(s, v, NULL, open, TOML_FORM_HEADER);
}

struct toml_value *
toml_define_key(struct toml_scan *s, struct toml_value *table, const struct toml_key *key)
{
	struct toml_value *v = toml_tree_find(table, key->text, key->len);
	char shown[TOML_SHOWN_MAX];

	if (v == NULL)
		return add(s, table, key, key->pos);
	if (v->form != TOML_FORM_VALUE)
		return refuse(s, v, key);
	toml_scan_fail(s, key->pos, "key %s is already defined at line %d",
	    toml_scan_shown(key, shown), v->key_line);
	return NULL;
}

struct toml_value *
toml_define_item(struct toml_scan *s, struct toml_value *array, struct toml_pos pos)
{
	return add(s, array, NULL, pos);
}
