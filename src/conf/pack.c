/*
 * Members to bytes and back, by the type of their row. The reader trusts nothing: every length is
 * checked before it is used, every value must be one that the configuration could have had.
 */
#include "conf/pack.h"

#include <math.h>
#include <string.h>

#include "base/str.h"
#include "conf/string_check.h"

static void
pack_bytes(struct pack_sink *s, const void *bytes, size_t len)
{
	if (s->data != NULL && len > 0)
		memcpy(s->data + s->len, bytes, len);
	s->len += len;
}

void
pack_u32(struct pack_sink *s, size_t n)
{
	uint32_t value = (uint32_t)n;

	pack_bytes(s, &value, sizeof(value));
}

void
pack_text(struct pack_sink *s, const char *text)
{
	pack_u32(s, strlen(text));
	pack_bytes(s, text, strlen(text));
}

void
pack_value(struct pack_sink *s, const struct conf_key *key, const void *member)
{
	const struct strings *list = member;
	const struct string_pairs *pairs = member;

	switch (key->type) {
	case KEY_STRING:
		pack_text(s, *(char *const *)member);
		break;
	case KEY_ENUM:
		pack_u32(s, (size_t)keys_enum_get(key, member));
		break;
	case KEY_STRINGS:
		pack_u32(s, list->len);
		for (size_t i = 0; i < list->len; i++)
			pack_text(s, list->items[i]);
		break;
	case KEY_PAIRS:
		pack_u32(s, pairs->len);
		for (size_t i = 0; i < pairs->len; i++) {
			pack_text(s, pairs->items[i].key);
			pack_text(s, pairs->items[i].value);
		}
		break;
	default:
		pack_bytes(s, member, key->size);
	}
}

void
pack_take_bytes(struct pack_cursor *c, void *out, size_t len)
{
	if (c->bad || (size_t)(c->end - c->p) < len) {
		c->bad = true;
		memset(out, 0, len);
		return;
	}
	memcpy(out, c->p, len);
	c->p += len;
}

uint32_t
pack_take_u32(struct pack_cursor *c)
{
	uint32_t value;

	pack_take_bytes(c, &value, sizeof(value));
	return value;
}

static char *
take_lines(struct pack_cursor *c, struct arena *arena, size_t max)
{
	size_t len = pack_take_u32(c);
	char *text;

	if (c->bad || len > max || (size_t)(c->end - c->p) < len ||
	    memchr(c->p, '\0', len) != NULL || !str_utf8_valid(c->p, len)) {
		c->bad = true;
		return arena_strdup(arena, "");
	}
	text = arena_strndup(arena, c->p, len);
	c->p += len;
	if (!string_check_is_lines(text))
		c->bad = true;
	return text;
}

static char *
take_text(struct pack_cursor *c, struct arena *arena, size_t max)
{
	char *text = take_lines(c, arena, max);

	if (!string_check_is_plain(text))
		c->bad = true;
	return text;
}

/* How many entries follow; each takes at least 4 bytes, which bounds what is allocated. */
static size_t
take_count(struct pack_cursor *c, size_t max)
{
	size_t count = pack_take_u32(c);

	if (c->bad || count > max || count > (size_t)(c->end - c->p) / 4) {
		c->bad = true;
		return 0;
	}
	return count;
}

static void
take_number(struct pack_cursor *c, const struct conf_key *key, void *member)
{
	unsigned char flag;
	int64_t n;
	double x;

	switch (key->type) {
	case KEY_BOOL:
		pack_take_bytes(c, &flag, sizeof(flag));
		c->bad = c->bad || flag > 1;
		*(bool *)member = flag == 1;
		break;
	case KEY_INT:
		pack_take_bytes(c, &n, sizeof(n));
		c->bad = c->bad || ((n < (int64_t)key->min || n > (int64_t)key->max) &&
		                       n != (int64_t)key->def);
		*(int64_t *)member = n;
		break;
	case KEY_TIME:
		pack_take_bytes(c, &n, sizeof(n));
		c->bad = c->bad || n < 0;
		*(int64_t *)member = n;
		break;
	case KEY_FLOAT:
		pack_take_bytes(c, &x, sizeof(x));
		c->bad = c->bad ||
		         (isnan(x) ? (key->flags & KEY_LEVEL) == 0 : x < key->min || x > key->max);
		*(double *)member = x;
		break;
	default:
		pack_take_bytes(c, member, sizeof(unsigned));
		c->bad =
		    c->bad || (*(unsigned *)member & ~(SEV_DEFAULT_MASK | SEV_BIT(SEV_INFO))) != 0;
	}
}

static void
take_list(struct pack_cursor *c, const struct conf_key *key, struct arena *arena, void *member)
{
	struct strings *list = member;
	size_t count = take_count(c, KEY_ITEMS_MAX);

	list->items = arena_alloc(arena, count, sizeof(list->items[0]));
	for (list->len = 0; list->len < count; list->len++)
		list->items[list->len] = take_text(c, arena, KEY_ITEM_MAX);
	for (size_t i = 0; key->check != NULL && i < count; i++)
		c->bad = c->bad || key->check(list->items[i]) != NULL;
}

static void
take_pairs(struct pack_cursor *c, const struct conf_key *key, struct arena *arena, void *member)
{
	struct string_pairs *pairs = member;
	size_t count = take_count(c, KEY_PAIRS_MAX);
	size_t max = key->max > 0 ? (size_t)key->max : KEY_STRING_MAX;

	pairs->items = arena_alloc(arena, count, sizeof(pairs->items[0]));
	for (pairs->len = 0; pairs->len < count; pairs->len++) {
		struct string_pair *pair = &pairs->items[pairs->len];

		pair->key = take_text(c, arena, KEY_ITEM_MAX);
		pair->value = (key->flags & KEY_LINES) != 0 ? take_lines(c, arena, max)
		                                            : take_text(c, arena, max);
		if (key->check_key != NULL && key->check_key(pair->key) != NULL)
			c->bad = true;
	}
}

void
pack_take_value(
    struct pack_cursor *c, const struct conf_key *key, struct arena *arena, void *member)
{
	char **text = member;
	uint32_t choice;
	int names = 0;

	switch (key->type) {
	case KEY_STRING:
		*text = take_text(c, arena, key->max > 0 ? (size_t)key->max : KEY_STRING_MAX);
		c->bad = c->bad || (key->check != NULL && key->check(*text) != NULL);
		break;
	case KEY_ENUM:
		choice = pack_take_u32(c);
		while (key->names[names] != NULL)
			names++;
		c->bad = c->bad || choice >= (uint32_t)names;
		if (!c->bad)
			keys_enum_set(key, member, (int)choice);
		break;
	case KEY_STRINGS:
		take_list(c, key, arena, member);
		break;
	case KEY_PAIRS:
		take_pairs(c, key, arena, member);
		break;
	default:
		take_number(c, key, member);
	}
}
