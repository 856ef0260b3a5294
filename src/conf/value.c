/*
 * Reads one TOML value into one member: is it of its key's kind, in range, of the right shape?
 * Strings are expanded after parsing, so that what the environment holds is never read as TOML. A
 * message repeats a value only if its key is no secret, and as it was written, not as expanded.
 */
#include "conf/value.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/buf.h"
#include "base/str.h"
#include "conf/expand.h"
#include "conf/datetime.h"
#include "conf/inherit.h"
#include "conf/string_check.h"
#include "toml/toml_date.h"
#include "model/severity.h"

enum { FOUND_MAX = 160, FOUND_SHOWN = 24 }; /* bytes of a message, of a string in it */

struct place
value_place(const struct reader *r, const struct toml_value *v)
{
	return (struct place){r->file, v->line, v->col};
}

struct place
value_key_place(const struct reader *r, const struct toml_value *v)
{
	return (struct place){r->file, v->key_line, v->key_col};
}

/* "the string \"10\"", "the integer 5"; of a secret only its type. */
static const char *
found(const struct conf_key *key, const struct toml_value *v, char out[FOUND_MAX])
{
	bool cut = v->type == TOML_STRING && v->u.str.len > FOUND_SHOWN;
	struct buf b;

	buf_init(&b, out, FOUND_MAX);
	if ((key->flags & KEY_SECRET) != 0) {
		buf_adds(&b, toml_type_name(v->type));
	} else if (v->type == TOML_STRING) {
		buf_adds(&b, "the string \"");
		buf_add_visible(&b, v->u.str.text, cut ? FOUND_SHOWN : v->u.str.len);
		buf_adds(&b, cut ? "...\"" : "\"");
	} else if (v->type == TOML_INTEGER) {
		buf_addf(&b, "the integer %lld", (long long)v->u.integer);
	} else if (v->type == TOML_FLOAT) {
		buf_addf(&b, "the float %.15g", v->u.real);
	} else if (v->type == TOML_BOOL) {
		buf_adds(&b, v->u.boolean ? "true" : "false");
	} else {
		buf_adds(&b, toml_type_name(v->type));
	}
	return out;
}

static bool
refuse(struct reader *r, const struct conf_key *key, const struct toml_value *v, const char *why)
{
	error_list_add(r->errors, value_place(r, v), "%s: %s", key->name, why);
	return false;
}

static bool
refuse_type(
    struct reader *r, const struct conf_key *key, const struct toml_value *v, const char *expected)
{
	char text[FOUND_MAX];

	error_list_add(r->errors, value_place(r, v), "%s: expected %s, found %s", key->name,
	    expected, found(key, v, text));
	return false;
}

static bool
refuse_range(struct reader *r, const struct conf_key *key, const struct toml_value *v)
{
	char text[FOUND_MAX];

	error_list_add(r->errors, value_place(r, v), "%s: must be from %.15g to %.15g, found %s",
	    key->name, key->min, key->max, found(key, v, text));
	return false;
}

/* A string or item as it will be used, in the arena; NULL when it was refused. */
static char *
read_text(struct reader *r, const struct conf_key *key, const struct toml_value *v, size_t max)
{
	char why[EXPAND_WHY_MAX], *text;

	if (v->type != TOML_STRING) {
		refuse_type(r, key, v, "a string");
		return NULL;
	}
	if (strlen(v->u.str.text) != v->u.str.len) {
		refuse(r, key, v, "must not contain control characters");
		return NULL;
	}
	if ((key->flags & KEY_SECRET) != 0 && v->u.str.len > 0 && !expand_has_name(v->u.str.text))
		r->plain_secret = true;
	text = expand_text(r->arena, v->u.str.text, why);
	if (text == NULL) {
		refuse(r, key, v, why);
		return NULL;
	}
	if ((key->flags & KEY_LINES) != 0 ? !string_check_is_lines(text)
	                                  : !string_check_is_plain(text)) {
		refuse(r, key, v, "must not contain control characters");
		return NULL;
	}
	if (strlen(text) > max) {
		snprintf(why, sizeof(why), "must be at most %zu bytes long, found %zu", max,
		    strlen(text));
		refuse(r, key, v, why);
		return NULL;
	}
	return text;
}

static bool
read_bool(struct reader *r, const struct conf_key *key, const struct toml_value *v, void *member)
{
	(void)r;
	(void)key;
	*(bool *)member = v->u.boolean;
	return true;
}

static bool
read_int(struct reader *r, const struct conf_key *key, const struct toml_value *v, void *member)
{
	if (v->u.integer < (int64_t)key->min || v->u.integer > (int64_t)key->max)
		return refuse_range(r, key, v);
	*(int64_t *)member = v->u.integer;
	return true;
}

static bool
read_float(struct reader *r, const struct conf_key *key, const struct toml_value *v, void *member)
{
	double x = v->type == TOML_INTEGER ? (double)v->u.integer : v->u.real;

	if (!isfinite(x) || x < key->min || x > key->max)
		return refuse_range(r, key, v);
	*(double *)member = x;
	return true;
}

static bool
read_string(struct reader *r, const struct conf_key *key, const struct toml_value *v, void *member)
{
	char *text = read_text(r, key, v, keys_longest(key));
	const char *wrong = text == NULL || key->check == NULL ? NULL : key->check(text);

	if (text == NULL)
		return false;
	if (wrong != NULL)
		return refuse(r, key, v, wrong);
	*(char **)member = text;
	return true;
}

static bool
read_enum(struct reader *r, const struct conf_key *key, const struct toml_value *v, void *member)
{
	const char *text = v->type == TOML_BOOL ? v->u.boolean ? "true" : "false"
	                                        : read_text(r, key, v, KEY_STRING_MAX);
	char names[256], given[FOUND_MAX];
	struct buf b;
	int value;

	if (text == NULL)
		return false;
	value = keys_enum_find(key, text);
	if (value >= 0) {
		keys_enum_set(key, member, value);
		return true;
	}
	buf_init(&b, names, sizeof(names));
	keys_enum_add_names(key, &b);
	error_list_add(r->errors, value_place(r, v), "%s: must be one of %s; found %s", key->name,
	    names, found(key, v, given));
	return false;
}

static bool
read_metric(struct reader *r, const struct conf_key *key, const struct toml_value *v, void *member)
{
	char *text = read_text(r, key, v, KEY_STRING_MAX);
	enum metric_id id = text == NULL ? METRIC_COUNT : metric_find(text);
	const char *near;

	if (text == NULL)
		return false;
	if (id != METRIC_COUNT) {
		*(enum metric_id *)member = id;
		return true;
	}
	near = metric_nearest(text);
	error_list_add(r->errors, value_place(r, v), "%s: there is no metric \"%.64s\"%s%s%s",
	    key->name, text, near == NULL ? ": see METRICS.md" : ": did you mean \"",
	    near == NULL ? "" : near, near == NULL ? "" : "\"?");
	return false;
}

static bool
refuse_count(struct reader *r, const struct conf_key *key, const struct toml_value *v, size_t max)
{
	error_list_add(r->errors, value_place(r, v), "%s: must have at most %zu entries, found %zu",
	    key->name, max, v->u.list.count);
	return false;
}

static bool
read_strings(struct reader *r, const struct conf_key *key, const struct toml_value *v, void *member)
{
	struct strings list = {NULL, 0};
	bool ok = true;

	if (v->u.list.count > KEY_ITEMS_MAX)
		return refuse_count(r, key, v, KEY_ITEMS_MAX);
	list.items = arena_alloc(r->arena, v->u.list.count, sizeof(list.items[0]));
	for (const struct toml_value *item = v->u.list.first; item != NULL; item = item->next) {
		char *text = read_text(r, key, item, KEY_ITEM_MAX);
		const char *wrong = NULL;

		if (text != NULL)
			wrong = *text == '\0'        ? "has an empty entry: remove it"
			        : key->check != NULL ? key->check(text)
			                             : NULL;
		if (wrong != NULL)
			refuse(r, key, item, wrong);
		ok = ok && text != NULL && wrong == NULL;
		list.items[list.len++] = text;
	}
	return ok && (inherit_strings(key, list, member, r->arena) ||
	                 refuse(r, key, v, "has more than 256 entries, with those of \"...\""));
}

static void
put_pair(struct string_pairs *pairs, char *key, char *value)
{
	for (size_t i = 0; i < pairs->len; i++) {
		if (str_eq(pairs->items[i].key, key)) {
			pairs->items[i].value = value;
			return;
		}
	}
	pairs->items[pairs->len++] = (struct string_pair){key, value};
}

static bool
read_pair(struct reader *r, const struct conf_key *key, const struct toml_value *v,
    struct string_pairs *pairs)
{
	char *text = read_text(r, key, v, keys_longest(key));
	const char *wrong = NULL;
	char why[KEY_WHY_MAX];

	if (strlen(v->key) != v->key_len || !string_check_is_plain(v->key))
		wrong = "has a key with control characters";
	else if (v->key_len == 0 || v->key_len > KEY_ITEM_MAX)
		wrong = "has a key that is empty or too long";
	else if (key->check_key != NULL)
		wrong = key->check_key(v->key);
	if (wrong != NULL)
		error_list_add(r->errors, value_key_place(r, v), "%s: %s", key->name, wrong);
	if (text == NULL || wrong != NULL)
		return false;
	if (key->check_pair != NULL && !key->check_pair(text, why)) {
		error_list_add(r->errors, value_place(r, v), "%s.%s: %s", key->name, v->key, why);
		return false;
	}
	put_pair(pairs, arena_strndup(r->arena, v->key, v->key_len), text);
	return true;
}

/* Entries are added to those of earlier files; the same key replaces. */
static bool
read_pairs(struct reader *r, const struct conf_key *key, const struct toml_value *v, void *member)
{
	struct string_pairs *old = member, all = {NULL, 0};
	bool ok = true;

	if (v->u.list.count > KEY_PAIRS_MAX)
		return refuse_count(r, key, v, KEY_PAIRS_MAX);
	all.items = arena_alloc(r->arena, old->len + v->u.list.count, sizeof(all.items[0]));
	for (; all.len < old->len; all.len++)
		all.items[all.len] = old->items[all.len];
	for (const struct toml_value *item = v->u.list.first; item != NULL; item = item->next)
		ok = read_pair(r, key, item, &all) && ok;
	if (ok && all.len > KEY_PAIRS_MAX)
		return refuse(r, key, v, "has more than 64 entries, with those of earlier files");
	if (ok)
		*old = all;
	return ok;
}

static bool
read_severities(
    struct reader *r, const struct conf_key *key, const struct toml_value *v, void *member)
{
	unsigned mask = 0;
	bool ok = true;

	for (const struct toml_value *item = v->u.list.first; item != NULL; item = item->next) {
		char *text = read_text(r, key, item, KEY_ITEM_MAX);
		enum severity sev = SEV_NONE;

		if (text == NULL || !severity_parse(text, &sev) || sev == SEV_NONE) {
			ok = false;
			if (text != NULL)
				refuse(r, key, item,
				    "must list some of \"info\", \"warn\", \"critical\", "
				    "\"emergency\"");
		} else {
			mask |= SEV_BIT(sev);
		}
	}
	if (ok && mask == 0)
		return refuse(
		    r, key, v, "lists nothing: to turn the channel off, set enabled = false");
	if (ok)
		*(unsigned *)member = mask;
	return ok;
}

/* A TOML date and time, or the same in a string. */
static bool
read_time(struct reader *r, const struct conf_key *key, const struct toml_value *v, void *member)
{
	const char *text =
	    v->type == TOML_STRING ? read_text(r, key, v, TOML_DATE_MAX) : v->u.str.text;

	if (text == NULL)
		return false;
	if (datetime_read(text, member))
		return true;
	return refuse(r, key, v,
	    "must be a date and time, e.g. 2026-11-22T20:00:00 (local) or 2026-11-22T20:00:00Z");
}

#define BIT(type) (1u << TOML_##type)
static const struct {
	unsigned accepts;
	const char *expected;
	bool (*read)(struct reader *, const struct conf_key *, const struct toml_value *, void *);
} types[KEY_TYPES] = {
    [KEY_BOOL] = {BIT(BOOL), "true or false", read_bool},
    [KEY_INT] = {BIT(INTEGER), "an integer", read_int},
    [KEY_FLOAT] = {BIT(INTEGER) | BIT(FLOAT), "a number", read_float},
    [KEY_STRING] = {BIT(STRING), "a string", read_string},
    [KEY_ENUM] = {BIT(STRING) | BIT(BOOL), "a string", read_enum},
    [KEY_METRIC] = {BIT(STRING), "a string", read_metric},
    [KEY_STRINGS] = {BIT(ARRAY), "a list of strings", read_strings},
    [KEY_PAIRS] = {BIT(TABLE), "a table of strings", read_pairs},
    [KEY_SEVERITIES] = {BIT(ARRAY), "a list of severities", read_severities},
    [KEY_TABLES] = {BIT(ARRAY), "an array of tables", NULL},
    [KEY_TIME] = {BIT(STRING) | BIT(DATETIME) | BIT(LOCAL_DATETIME), "a date and time", read_time},
};
#undef BIT

bool
value_read(struct reader *r, const struct conf_key *key, const struct toml_value *v, void *member)
{
	if ((types[key->type].accepts & 1u << v->type) == 0)
		return refuse_type(r, key, v, types[key->type].expected);
	return types[key->type].read(r, key, v, member);
}

static bool
is_off(const struct conf_key *key, const struct toml_value *v)
{
	switch (v->type) {
	case TOML_BOOL:
		return v->u.boolean == (key->def != 0);
	case TOML_INTEGER:
		return (double)v->u.integer == key->def;
	case TOML_FLOAT:
		return v->u.real >= key->def && v->u.real <= key->def;
	case TOML_STRING:
		return v->u.str.len == 0;
	default:
		return v->u.list.count == 0;
	}
}

bool
value_read_unsupported(
    struct reader *r, const struct conf_key *key, const struct toml_value *v, bool *off)
{
	if ((types[key->type].accepts & 1u << v->type) == 0)
		return refuse_type(r, key, v, types[key->type].expected);
	*off = (key->flags & KEY_OFF) != 0 && is_off(key, v);
	return true;
}
