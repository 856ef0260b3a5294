/*
 * Compares two configurations key by key, by the table. Lists ([[rules]], silences) are always
 * followed at once, so they are not looked at, but for the names of rules. Both were checked when
 * they were read.
 */
#include "conf/changes.h"

#include <math.h>
#include <string.h>

#include "base/str.h"

static bool
same_strings(const struct strings *a, const struct strings *b)
{
	if (a->len != b->len)
		return false;
	for (size_t i = 0; i < a->len; i++) {
		if (!str_eq(a->items[i], b->items[i]))
			return false;
	}
	return true;
}

static bool
same_pairs(const struct string_pairs *a, const struct string_pairs *b)
{
	if (a->len != b->len)
		return false;
	for (size_t i = 0; i < a->len; i++) {
		if (!str_eq(a->items[i].key, b->items[i].key) ||
		    !str_eq(a->items[i].value, b->items[i].value))
			return false;
	}
	return true;
}

/* a and b are the key's member of either. */
static bool
same_value(const struct conf_key *key, const void *a, const void *b)
{
	const char *texts[2];

	switch (key->type) {
	case KEY_STRING:
		memcpy(&texts[0], a, sizeof(texts[0]));
		memcpy(&texts[1], b, sizeof(texts[1]));
		return str_eq(texts[0], texts[1]);
	case KEY_STRINGS:
		return same_strings(a, b);
	case KEY_PAIRS:
		return same_pairs(a, b);
	default:
		return memcmp(a, b, key->size) == 0;
	}
}

enum key_reload
changes_find(const struct conf *before, const struct conf *after)
{
	enum key_reload most = RELOAD_AT_ONCE;

	KEYS_EACH (key) {
		/* What is beyond struct conf was worked into it by the loader. */
		if (key->reload <= most || key->offset + key->size > sizeof(struct conf))
			continue;
		if (!same_value(
		        key, (const char *)before + key->offset, (const char *)after + key->offset))
			most = key->reload;
	}
	return most;
}

static const struct conf_rule *
find_named(const struct conf_detect *conf, const char *name)
{
	for (size_t i = 0; i < conf->rule_count; i++) {
		if (str_eq(conf->rules[i].name, name))
			return &conf->rules[i];
	}
	return NULL;
}

static bool
same_limit(double a, double b)
{
	return (isnan(a) && isnan(b)) || (a <= b && a >= b);
}

static bool
is_same_but_name(const struct conf_rule *a, const struct conf_rule *b)
{
	return a->metric == b->metric && a->op == b->op && a->for_secs == b->for_secs &&
	       same_limit(a->warn, b->warn) && same_limit(a->critical, b->critical) &&
	       same_pairs(&a->labels, &b->labels);
}

const char *
changes_rule_name(
    const struct conf_detect *from, const struct conf_detect *to, const struct conf_rule *rule)
{
	const char *name = NULL;

	if (find_named(to, rule->name) != NULL)
		return NULL;
	for (size_t i = 0; i < to->rule_count; i++) {
		if (!is_same_but_name(rule, &to->rules[i]) ||
		    find_named(from, to->rules[i].name) != NULL)
			continue;
		if (name != NULL)
			return NULL;
		name = to->rules[i].name;
	}
	return name;
}
