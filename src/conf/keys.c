/*
 * The rows of keys.def and the look-ups over them. Linear: there are some two hundred rows, and
 * they are asked for at start-up and reload only.
 */
#include "conf/keys.h"

#include <assert.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/str.h"
#include "conf/placeholder.h"
#include "conf/string_check.h"
#include "conf/user_silence.h"
#include "model/match.h"

static const char *const log_levels[] = {"trace", "debug", "info", "warn", "error", NULL};
static const char *const log_formats[] = {"text", "json", NULL};
static const char *const sensitivities[] = {"low", "normal", "high", NULL};

static const char *const parse_modes[] = {"HTML", "plain", NULL};

#define X(name, code) #name,
static const char *const facilities[] = {FACILITIES(X) NULL};
#undef X

#define KEY(name_, type_, member, ...)                        \
	{.name = name_,                                       \
	    .type = KEY_##type_,                              \
	    .offset = offsetof(struct conf_draft, member),    \
	    .size = sizeof(((struct conf_draft *)0)->member), \
	    __VA_ARGS__},
const struct conf_key conf_keys[KEY_ROWS] = {
#include "conf/keys.def"
};

#define RULE_KEY(name_, type_, member, ...)                  \
	{.name = name_,                                      \
	    .type = KEY_##type_,                             \
	    .offset = offsetof(struct user_rule, member),    \
	    .size = sizeof(((struct user_rule *)0)->member), \
	    .roles = CONF_AGENT,                             \
	    __VA_ARGS__},
const struct conf_key conf_rule_keys[RULE_KEY_ROWS] = {
#include "conf/keys.def"
};

#define SILENCE_KEY(name_, type_, member, ...)                  \
	{.name = name_,                                         \
	    .type = KEY_##type_,                                \
	    .offset = offsetof(struct user_silence, member),    \
	    .size = sizeof(((struct user_silence *)0)->member), \
	    .roles = CONF_AGENT,                                \
	    __VA_ARGS__},
const struct conf_key conf_silence_keys[SILENCE_KEY_ROWS] = {
#include "conf/keys.def"
};

const struct conf_list conf_lists[LIST_COUNT] = {
    [LIST_RULES] = {"rules", conf_rule_keys, RULE_KEY_ROWS, sizeof(struct user_rule), KEY_RULES_MAX,
        offsetof(struct conf_draft, rules), offsetof(struct conf_draft, rule_count),
        offsetof(struct user_rule, at), offsetof(struct user_rule, given)},
    [LIST_SILENCES] = {"alerting.silences", conf_silence_keys, SILENCE_KEY_ROWS,
        sizeof(struct user_silence), KEY_SILENCES_MAX, offsetof(struct conf_draft, silences),
        offsetof(struct conf_draft, silence_count), offsetof(struct user_silence, at),
        offsetof(struct user_silence, given)},
};

#define SECTION(name_, help_) {.name = name_, .help = help_},
const struct conf_section conf_sections[SECTION_ROWS] = {
#include "conf/keys.def"
};

static const char *const type_names[KEY_TYPES] = {
    [KEY_BOOL] = "boolean",
    [KEY_INT] = "integer",
    [KEY_FLOAT] = "number",
    [KEY_STRING] = "string",
    [KEY_ENUM] = "one of",
    [KEY_STRINGS] = "list of strings",
    [KEY_PAIRS] = "table of strings",
    [KEY_SEVERITIES] = "list of severities",
    [KEY_TABLES] = "array of tables",
    [KEY_TIME] = "date and time",
};

static const struct conf_key *
find_row(const struct conf_key *rows, size_t count, const char *name)
{
	for (size_t i = 0; i < count; i++) {
		if (rows[i].name != NULL && str_eq(rows[i].name, name))
			return &rows[i];
	}
	return NULL;
}

const struct conf_key *
keys_find(const char *name)
{
	return find_row(conf_keys, KEY_ROWS, name);
}

const struct conf_key *
keys_find_in(const struct conf_list *list, const char *name)
{
	return find_row(list->keys, list->key_count, name);
}

const struct conf_list *
keys_find_list(const char *name)
{
	for (size_t i = 0; i < LIST_COUNT; i++) {
		if (str_eq(conf_lists[i].name, name))
			return &conf_lists[i];
	}
	return NULL;
}

const char *
keys_leaf(const char *name)
{
	const char *dot = strrchr(name, '.');

	return dot == NULL ? name : dot + 1;
}

const struct conf_key *
keys_sibling(const struct conf_key *key, const char *leaf)
{
	char name[KEY_NAME_MAX];

	snprintf(
	    name, sizeof(name), "%.*s%s", (int)(keys_leaf(key->name) - key->name), key->name, leaf);
	return keys_find(name);
}

static bool
is_below(const char *name, const char *table, size_t len)
{
	return strncmp(name, table, len) == 0 && (len == 0 || name[len] == '.');
}

bool
keys_is_table(const char *name)
{
	size_t len = strlen(name);

	for (size_t i = 0; i < KEY_ROWS; i++) {
		if (conf_keys[i].name != NULL && is_below(conf_keys[i].name, name, len))
			return true;
	}
	return keys_find_list(name) != NULL;
}

/* Keeps the name of n bytes in out if it is nearer to the word than what was found before. */
static void
keep_nearer(const char *word, const char *part, const char *name, size_t n, size_t *least,
    char out[KEY_NAME_MAX])
{
	size_t d = str_distance(word, part);

	if (d >= *least)
		return;
	*least = d;
	snprintf(out, KEY_NAME_MAX, "%.*s", (int)n, name);
}

/* Keeps the row if it is directly in the table whose name is the first len bytes, and nearer. */
static void
search_row(const char *name, size_t len, const char *row, size_t *least, char out[KEY_NAME_MAX])
{
	size_t start = len == 0 ? 0 : len + 1, n;
	char part[KEY_NAME_MAX];

	if (row == NULL || !is_below(row, name, len))
		return;
	n = strcspn(row + start, ".");
	snprintf(part, sizeof(part), "%.*s", (int)n, row + start);
	keep_nearer(name + start, part, row, start + n, least, out);
}

static void
search_table(const char *name, size_t len, size_t *least, char out[KEY_NAME_MAX])
{
	for (size_t i = 0; i < KEY_ROWS; i++)
		search_row(name, len, conf_keys[i].name, least, out);
	for (size_t l = 0; l < LIST_COUNT; l++) {
		for (size_t i = 0; i < conf_lists[l].key_count; i++)
			search_row(name, len, conf_lists[l].keys[i].name, least, out);
	}
}

/* The same last part in another table, or the whole name nearly right. */
static void
search_all(const char *name, size_t *least, char out[KEY_NAME_MAX])
{
	const char *word = keys_leaf(name);

	for (size_t i = 0; i < KEY_ROWS; i++) {
		const char *row = conf_keys[i].name;

		if (row == NULL)
			continue;
		keep_nearer(word, keys_leaf(row), row, strlen(row), least, out);
		keep_nearer(name, row, row, strlen(row), least, out);
	}
	for (size_t i = 0; i < SECTION_ROWS; i++) {
		const char *section = conf_sections[i].name;

		keep_nearer(word, keys_leaf(section), section, strlen(section), least, out);
		keep_nearer(name, section, section, strlen(section), least, out);
	}
}

const char *
keys_nearest(const char *name, char out[KEY_NAME_MAX])
{
	const char *leaf = keys_leaf(name);
	size_t limit = strlen(leaf) / 3 + 1, least = limit + 1;

	if (least > KEY_NAME_MAX / 2)
		return NULL;
	out[0] = '\0';
	search_table(name, leaf == name ? 0 : (size_t)(leaf - name - 1), &least, out);
	if (out[0] == '\0')
		search_all(name, &least, out);
	return out[0] == '\0' ? NULL : out;
}

const char *
keys_type_name(enum key_type type)
{
	return type_names[type];
}

static struct strings
split_list(const char *text, struct arena *arena)
{
	struct strings list = {NULL, 0};
	size_t count = *text != '\0';

	for (const char *p = text; *p != '\0'; p++)
		count += *p == ',';
	list.items = arena_alloc(arena, count, sizeof(list.items[0]));
	while (list.len < count) {
		size_t n = strcspn(text, ",");

		list.items[list.len++] = arena_strndup(arena, text, n);
		text += n + 1;
	}
	return list;
}

int
keys_enum_find(const struct conf_key *key, const char *text)
{
	for (int i = 0; key->names[i] != NULL; i++) {
		if (str_eq(key->names[i], text))
			return i;
	}
	return -1;
}

void
keys_enum_set(const struct conf_key *key, void *member, int value)
{
	if (key->size == sizeof(bool))
		*(bool *)member = value != 0;
	else
		memcpy(member, &value, sizeof(value));
}

int
keys_enum_get(const struct conf_key *key, const void *member)
{
	int value;

	if (key->size == sizeof(bool))
		return *(const bool *)member;
	memcpy(&value, member, sizeof(value));
	return value;
}

static void
set_default(const struct conf_key *key, void *member, struct arena *arena)
{
	switch (key->type) {
	case KEY_BOOL:
		*(bool *)member = key->def != 0;
		break;
	case KEY_INT:
	case KEY_TIME:
		*(int64_t *)member = (int64_t)key->def;
		break;
	case KEY_FLOAT:
		*(double *)member = key->def;
		break;
	case KEY_STRING:
		*(char **)member = arena_strdup(arena, key->text);
		break;
	case KEY_ENUM:
		keys_enum_set(key, member, keys_enum_find(key, key->text));
		break;
	case KEY_STRINGS:
		*(struct strings *)member = split_list(key->text, arena);
		break;
	case KEY_SEVERITIES:
		*(unsigned *)member = (unsigned)key->def;
		break;
	default:
		break;
	}
}

void
keys_defaults(struct conf_draft *draft)
{
	for (int i = 0; i < CHANNEL_COUNT; i++) {
		struct conf_channel *ch = &draft->conf.channels[i];
		char **texts[] = {&ch->url, &ch->method, &ch->username, &ch->ca_file, &ch->proxy,
		    &ch->smtp_host, &ch->login, &ch->password, &ch->from, &ch->socket, &ch->token,
		    &ch->target};

		ch->id = (enum channel_id)i;
		for (size_t t = 0; t < sizeof(texts) / sizeof(texts[0]); t++)
			*texts[t] = arena_strdup(draft->conf.arena, "");
	}
	for (size_t i = 0; i < KEY_ROWS; i++) {
		const struct conf_key *key = &conf_keys[i];

		if (key->name != NULL && (key->flags & (KEY_LATER | KEY_TWIN)) == 0)
			set_default(key, (char *)draft + key->offset, draft->conf.arena);
	}
}

void *
keys_list_add(struct conf_draft *draft, const struct conf_list *list)
{
	char **items = (char **)(void *)((char *)draft + list->items), *item;
	size_t *count = (size_t *)(void *)((char *)draft + list->count);

	if (*count == list->most)
		return NULL;
	if (*items == NULL)
		*items = arena_alloc(draft->conf.arena, list->most, list->item_size);
	item = *items + list->item_size * (*count)++;
	for (size_t i = 0; i < list->key_count; i++)
		set_default(&list->keys[i], item + list->keys[i].offset, draft->conf.arena);
	return item;
}

bool
keys_later(struct place a, struct place b)
{
	if (a.file != b.file)
		return a.file > b.file;
	return a.line != b.line ? a.line > b.line : a.col > b.col;
}

const struct key_state *
keys_given(const struct conf_draft *draft, const void *member)
{
	static const struct key_state nowhere;
	size_t offset = (size_t)((const char *)member - (const char *)draft);

	assert(offset < sizeof(*draft));
	for (size_t i = 0; i < KEY_ROWS; i++) {
		if (conf_keys[i].offset == offset && draft->given[i].at.line > 0)
			return &draft->given[i];
	}
	return &nowhere;
}
