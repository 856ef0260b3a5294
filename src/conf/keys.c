/*
 * Holds the rows of keys.def and finds keys by name, exactly and nearly. Linear: there are some two
 * hundred rows, and they are asked for at start-up and reload only. A name that is none is NULL to
 * the caller, who says so to the operator.
 */
#include "conf/keys.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/str.h"
#include "conf/placeholder.h"
#include "conf/string_check.h"
#include "conf/weekly.h"
#include "model/match.h"

static const char *const log_levels[] = {"trace", "debug", "info", "warn", "error", NULL};
static const char *const log_formats[] = {"text", "json", NULL};
static const char *const sensitivities[] = {"low", "normal", "high", NULL};

static const char *const mail_tls[MAIL_TLS_COUNT + 1] = {
    [MAIL_TLS_OFF] = "false",
    [MAIL_TLS_ON] = "true",
    [MAIL_TLS_IMPLICIT] = "implicit",
};
static const char *const mail_auths[MAIL_AUTHS + 1] = {
    [MAIL_AUTH_AUTO] = "auto",
    [MAIL_AUTH_PLAIN] = "plain",
    [MAIL_AUTH_LOGIN] = "login",
    [MAIL_AUTH_CRAM_MD5] = "cram-md5",
    [MAIL_AUTH_DIGEST_MD5] = "digest-md5",
    [MAIL_AUTH_NTLM] = "ntlm",
};
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

/* An item of the configuration is read and written by the rows of the draft's. */
_Static_assert(offsetof(struct user_rule, rule) == 0, "the configuration's part comes first");
_Static_assert(offsetof(struct user_silence, silence) == 0, "the configuration's part comes first");

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
    [KEY_METRIC] = "string",
    [KEY_STRINGS] = "list of strings",
    [KEY_PAIRS] = "table of strings",
    [KEY_SEVERITIES] = "list of severities",
    [KEY_TABLES] = "array of tables",
    [KEY_TIME] = "date and time",
};

static const struct conf_key *
find_row(const struct conf_key *rows, size_t count, size_t first, const char *name)
{
	for (size_t i = 0; i < count; i++) {
		const struct conf_key *row = &rows[(first + i) % count];

		if (row->name != NULL && str_eq(row->name, name))
			return row;
	}
	return NULL;
}

const struct conf_key *
keys_find(const char *name)
{
	return find_row(conf_keys, KEY_ROWS, 0, name);
}

const struct conf_key *
keys_find_behind(const struct conf_key *key, const char *name)
{
	return find_row(conf_keys, KEY_ROWS, (size_t)(key - conf_keys) + 1, name);
}

const struct conf_key *
keys_find_in(const struct conf_list *list, const char *name)
{
	return find_row(list->keys, list->key_count, 0, name);
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

size_t
keys_longest(const struct conf_key *key)
{
	return key->max > 0 ? (size_t)key->max : KEY_STRING_MAX;
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

	KEYS_EACH (key) {
		if (is_below(key->name, name, len))
			return true;
	}
	return keys_find_list(name) != NULL;
}

static const char *
whole(const char *name)
{
	return name;
}

/* What of a name is compared with the same of a word. */
struct search {
	const char *(*part)(const char *name);
	const char *word;
	const char *nearest; /* NULL: none yet */
	size_t least;        /* its distance; what is not below it is not near */
};

static void
compare(struct search *s, const char *name)
{
	size_t d = str_distance(s->part(s->word), s->part(name));

	if (d >= s->least)
		return;
	s->least = d;
	s->nearest = name;
}

static const char *
search_all(const char *word, const char *(*part)(const char *name), size_t limit)
{
	struct search s = {.part = part, .word = word, .least = limit + 1};

	KEYS_EACH (key)
		compare(&s, key->name);
	for (size_t l = 0; l < LIST_COUNT; l++) {
		for (size_t i = 0; i < conf_lists[l].key_count; i++)
			compare(&s, conf_lists[l].keys[i].name);
	}
	for (size_t i = 0; i < SECTION_ROWS; i++)
		compare(&s, conf_sections[i].name);
	return s.nearest;
}

/* The whole name nearly right, or the same last part in another table. */
const char *
keys_nearest(const char *name)
{
	size_t limit = strlen(keys_leaf(name)) / 3 + 1;
	const char *nearest;

	if (limit >= KEY_NAME_MAX / 2)
		return NULL;
	nearest = search_all(name, whole, limit);
	return nearest != NULL ? nearest : search_all(name, keys_leaf, limit);
}

const char *
keys_type_name(enum key_type type)
{
	return type_names[type];
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

const char *
keys_enum_quote(const struct conf_key *key, const char *name)
{
	bool is_boolean = str_eq(name, "false") || str_eq(name, "true");

	return (key->flags & KEY_SWITCH) != 0 && is_boolean ? "" : "\"";
}

void
keys_enum_add_names(const struct conf_key *key, struct buf *b)
{
	for (int i = 0; key->names[i] != NULL; i++) {
		const char *quote = keys_enum_quote(key, key->names[i]);

		buf_addf(b, "%s%s%s%s", i > 0 ? ", " : "", quote, key->names[i], quote);
	}
}

bool
keys_later(struct place a, struct place b)
{
	if (a.file != b.file)
		return a.file > b.file;
	return a.line != b.line ? a.line > b.line : a.col > b.col;
}
