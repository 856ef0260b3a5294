/*
 * Turns TOML 1.0.0 text into a tree with positions, by recursive descent: this file is the grammar,
 * down to strings (toml_string.c) and other scalars (toml_scalar.c). It trusts nothing about the
 * bytes; size, depth and the number of values are bounded, and the first fault ends the parse with
 * its place and a text for the operator.
 */
#include "toml/toml.h"

#include "base/mem.h"
#include "toml/toml_define.h"
#include "toml/toml_scalar.h"
#include "toml/toml_scan.h"
#include "toml/toml_string.h"
#include "toml/toml_tree.h"

static bool read_value(struct toml_scan *s, struct toml_value *v);

/* A path such as a."b c".d: steps from *table down to where its last part, *key, belongs. */
static bool
read_path(
    struct toml_scan *s, toml_define_step *step, struct toml_value **table, struct toml_key *key)
{
	for (;;) {
		toml_scan_blank(s);
		if (!toml_string_key(s, key))
			return false;
		toml_scan_blank(s);
		if (!toml_scan_take(s, '.'))
			return true;
		*table = step(s, *table, key);
		if (*table == NULL)
			return false;
	}
}

static bool
refuse_equals(struct toml_scan *s)
{
	char seen[TOML_SEEN_MAX];

	return toml_scan_fail(
	    s, toml_scan_pos(s), "expected '=' after the key, found %s", toml_scan_seen(s, seen));
}

/* key = value */
static bool
read_pair(struct toml_scan *s, struct toml_value *table)
{
	struct toml_value *v;
	struct toml_key key;

	if (!read_path(s, toml_define_dotted_step, &table, &key))
		return false;
	if (!toml_scan_take(s, '='))
		return refuse_equals(s);
	v = toml_define_key(s, table, &key);
	if (v == NULL)
		return false;
	toml_scan_blank(s);
	return read_value(s, v);
}

static bool
refuse_unclosed(struct toml_scan *s, const char *expected, const char *what, struct toml_pos open)
{
	char seen[TOML_SEEN_MAX];

	return toml_scan_fail(s, toml_scan_pos(s),
	    "expected %s in the %s that starts at line %d, column %d; found %s", expected, what,
	    open.line, open.col, toml_scan_seen(s, seen));
}

/* [1, 2], over as many lines as it likes */
static bool
read_array(struct toml_scan *s, struct toml_value *v)
{
	struct toml_pos open = toml_scan_pos(s);

	v->type = TOML_ARRAY;
	s->p++;
	for (;;) {
		struct toml_value *item;

		if (!toml_scan_gap(s))
			return false;
		if (toml_scan_take(s, ']'))
			return true;
		if (toml_scan_peek(s) < 0)
			return refuse_unclosed(s, "a value or ']'", "array", open);
		item = toml_define_item(s, v, toml_scan_pos(s));
		if (item == NULL || !read_value(s, item) || !toml_scan_gap(s))
			return false;
		if (toml_scan_take(s, ']'))
			return true;
		if (!toml_scan_take(s, ','))
			return refuse_unclosed(s, "',' or ']'", "array", open);
	}
}

static bool
same_line(struct toml_scan *s, struct toml_pos open)
{
	if (!toml_scan_at_newline(s))
		return true;
	return toml_scan_fail(s, toml_scan_pos(s),
	    "the inline table from column %d must be closed by '}' on this line", open.col);
}

/* { a = 1, b.c = 2 }, on one line */
static bool
read_inline(struct toml_scan *s, struct toml_value *v)
{
	struct toml_pos open = toml_scan_pos(s);

	v->type = TOML_TABLE;
	v->form = TOML_FORM_INLINE;
	s->p++;
	toml_scan_blank(s);
	if (toml_scan_take(s, '}'))
		return true;
	for (;;) {
		if (!same_line(s, open) || !read_pair(s, v))
			return false;
		toml_scan_blank(s);
		if (toml_scan_take(s, '}'))
			return true;
		if (!same_line(s, open))
			return false;
		if (!toml_scan_take(s, ','))
			return refuse_unclosed(s, "',' or '}'", "inline table", open);
		toml_scan_blank(s);
	}
}

static bool
read_string(struct toml_scan *s, struct toml_value *v)
{
	size_t len;

	if (!toml_string_read(s, &len))
		return false;
	v->type = TOML_STRING;
	v->u.str.text = toml_tree_text(s->doc, s->scratch, len);
	v->u.str.len = len;
	return true;
}

static bool
read_value(struct toml_scan *s, struct toml_value *v)
{
	struct toml_pos pos = toml_scan_pos(s);

	v->line = pos.line;
	v->col = pos.col;
	switch (toml_scan_peek(s)) {
	case '"':
	case '\'':
		return read_string(s, v);
	case '[':
		return read_array(s, v);
	case '{':
		return read_inline(s, v);
	default:
		return toml_scalar_read(s, v);
	}
}

/* [a.b] or [[a.b]]; *section becomes the table that it opens. */
static bool
read_header(struct toml_scan *s, struct toml_value **section)
{
	struct toml_pos open = toml_scan_pos(s);
	struct toml_value *parent = toml_tree_root(s->doc);
	struct toml_key key;
	bool tables;

	s->p++;
	tables = toml_scan_take(s, '[');
	if (!read_path(s, toml_define_header_step, &parent, &key))
		return false;
	if (!toml_scan_take(s, ']') || (tables && !toml_scan_take(s, ']')))
		return refuse_unclosed(s, tables ? "']]'" : "']'", "table header", open);
	*section = tables ? toml_define_tables_item(s, parent, &key, open)
	                  : toml_define_table(s, parent, &key, open);
	return *section != NULL && toml_scan_line_end(s);
}

static bool
read_document(struct toml_scan *s)
{
	struct toml_value *section = toml_tree_root(s->doc);

	for (;;) {
		if (!toml_scan_gap(s))
			return false;
		switch (toml_scan_peek(s)) {
		case -1:
			return true;
		case '[':
			if (!read_header(s, &section))
				return false;
			break;
		default:
			if (!read_pair(s, section) || !toml_scan_line_end(s))
				return false;
		}
	}
}

struct toml *
toml_parse(const char *bytes, size_t len, struct toml_error *err)
{
	struct toml_scan s;
	bool ok;

	if (!toml_scan_init(&s, bytes, len, err))
		return NULL;
	s.doc = toml_tree_new();
	s.scratch = mem_zalloc(len + 1, 1);
	ok = read_document(&s);
	mem_wipe(s.scratch, len + 1);
	mem_free(s.scratch);
	if (ok)
		return s.doc;
	toml_tree_free(s.doc);
	return NULL;
}

const struct toml_value *
toml_root(const struct toml *doc)
{
	return toml_tree_root(doc);
}

void
toml_free(struct toml *doc)
{
	toml_tree_free(doc);
}
