/*
 * Reads the tree of a TOML file into the draft, along the table of keys. It goes below a table only
 * if the table is known, so its depth is that of keys.def; whatever is not in there is reported
 * with the nearest name. A key given again by a later file replaces the earlier value.
 */
#include "conf/key_match.h"

#include <stdio.h>
#include <string.h>

#include "base/buf.h"
#include "conf/draft.h"

#define PATH_MAX_BYTES 256
#define SUGGESTIONS_MAX 256 /* a broken file of 1 MiB must not cost minutes */

/* "table.key" with the key as it is shown; false when it cannot be the name of any key. */
static bool
join_path(const char *table, const struct toml_value *v, char out[PATH_MAX_BYTES])
{
	struct buf b;
	bool odd = v->key_len == 0 || memchr(v->key, '\0', v->key_len) != NULL ||
	           strchr(v->key, '.') != NULL;

	buf_init(&b, out, PATH_MAX_BYTES);
	if (*table != '\0')
		buf_addf(&b, "%s.", table);
	if (odd)
		buf_addc(&b, '"');
	buf_add_visible(&b, v->key, v->key_len);
	if (odd)
		buf_addc(&b, '"');
	return !odd && !b.full;
}

static void
refuse_unknown(struct reader *r, const char *path, const struct toml_value *v)
{
	const char *what = v->type == TOML_TABLE ? "table" : "key", *near = NULL;

	r->unknown = true;
	if (r->errors->errors < SUGGESTIONS_MAX)
		near = keys_nearest(path);
	if (near != NULL)
		error_list_add(r->errors, value_key_place(r, v),
		    "unknown %s '%s': did you mean '%s'?", what, path, near);
	else
		error_list_add(r->errors, value_key_place(r, v),
		    "unknown %s '%s': remove it, or see CONFIGURATION.md for what there is", what,
		    path);
}

static void
read_key(struct reader *r, struct conf_draft *draft, const struct conf_key *key,
    const struct toml_value *v)
{
	struct key_state *state = &draft->given[key - conf_keys];

	state->at = value_key_place(r, v);
	state->off = false;
	if ((key->flags & KEY_UNSUPPORTED) != 0)
		state->bad = !value_read_unsupported(r, key, v, &state->off);
	else
		state->bad = !value_read(r, key, v, (char *)draft + key->offset);
}

static void
read_item(
    struct reader *r, const struct conf_list *list, char *item, const struct toml_value *table)
{
	struct key_state *given = (struct key_state *)(void *)(item + list->given);
	char path[PATH_MAX_BYTES];

	*(struct place *)(void *)(item + list->at) = value_place(r, table);
	for (const struct toml_value *v = table->u.list.first; v != NULL; v = v->next) {
		bool nameable = join_path(list->name, v, path);
		const struct conf_key *key = nameable ? keys_find_in(list, path) : NULL;

		if (key == NULL) {
			refuse_unknown(r, path, v);
			continue;
		}
		given[key - list->keys].at = value_key_place(r, v);
		given[key - list->keys].bad = !value_read(r, key, v, item + key->offset);
	}
}

static void
read_list(struct reader *r, struct conf_draft *draft, const struct conf_list *list,
    const struct toml_value *v)
{
	if (v->type != TOML_ARRAY) {
		error_list_add(r->errors, value_key_place(r, v),
		    "%s: expected an array of tables: write [[%s]] above each", list->name,
		    list->name);
		return;
	}
	for (const struct toml_value *entry = v->u.list.first; entry != NULL; entry = entry->next) {
		char *item;

		if (entry->type != TOML_TABLE) {
			error_list_add(r->errors, value_place(r, entry),
			    "%s: expected a table, found %s", list->name,
			    toml_type_name(entry->type));
			continue;
		}
		item = draft_add_item(draft, list);
		if (item == NULL) {
			error_list_add(r->errors, value_place(r, entry),
			    "%s: there may be at most %zu in all", list->name, list->most);
			return;
		}
		read_item(r, list, item, entry);
	}
}

/* What it was to hold is not known. */
static void
refuse_no_table(struct reader *r, const char *path, const struct toml_value *v)
{
	r->unknown = true;
	error_list_add(r->errors, value_key_place(r, v),
	    "%s: expected a table, found %s: write [%s] on a line of its own", path,
	    toml_type_name(v->type), path);
}

static void
walk_table(
    struct reader *r, struct conf_draft *draft, const char *table, const struct toml_value *in)
{
	char path[PATH_MAX_BYTES];

	for (const struct toml_value *v = in->u.list.first; v != NULL; v = v->next) {
		bool nameable = join_path(table, v, path);
		const struct conf_key *key = nameable ? keys_find(path) : NULL;

		if (key != NULL)
			read_key(r, draft, key, v);
		else if (nameable && keys_find_list(path) != NULL)
			read_list(r, draft, keys_find_list(path), v);
		else if (!nameable || !keys_is_table(path))
			refuse_unknown(r, path, v);
		else if (v->type == TOML_TABLE)
			walk_table(r, draft, path, v);
		else
			refuse_no_table(r, path, v);
	}
}

void
key_match_file(struct reader *r, struct conf_draft *draft, const struct toml_value *root)
{
	walk_table(r, draft, "", root);
}
