/*
 * Writes the configuration as bytes for another process of ours, and reads it there: a header, then
 * key and value pairs, by the rows of keys.def. Only keys that the role may see are written. The
 * reader trusts nothing: every length is checked before it is used, every value must be one that a
 * file could have had, and a key that is not there, or there twice, or not fit to be sent makes the
 * whole damaged.
 */
#include <assert.h>
#include <math.h>
#include <string.h>

#include "base/arena.h"
#include "base/mem.h"
#include "base/str.h"
#include "conf/build.h"
#include "conf/conf.h"
#include "conf/draft.h"
#include "conf/error_list.h"
#include "conf/keys.h"
#include "conf/string_check.h"

#define MAGIC 0x434e4f43u
/* An item of a list begins with this less the list's number, where a key has its length. */
#define LIST_MARK UINT32_MAX

/* In the machine's own byte order: the same program on the same machine reads it. */
struct header {
	uint32_t magic, len;
	uint64_t sum; /* of what follows */
};

/* Counts when data is NULL, else writes; the room is the caller's business. */
struct sink {
	char *data;
	size_t len;
};

/* bad: something did not fit; it stays bad, and what is taken from then on means nothing. */
struct cursor {
	const char *p, *end;
	const struct conf_key *key; /* the last that was taken */
	bool bad;
};

static void
put_bytes(struct sink *s, const void *bytes, size_t len)
{
	if (s->data != NULL && len > 0)
		memcpy(s->data + s->len, bytes, len);
	s->len += len;
}

static void
put_u32(struct sink *s, size_t n)
{
	uint32_t value = (uint32_t)n;

	put_bytes(s, &value, sizeof(value));
}

static void
put_text(struct sink *s, const char *text)
{
	put_u32(s, strlen(text));
	put_bytes(s, text, strlen(text));
}

static void
put_value(struct sink *s, const struct conf_key *key, const void *member)
{
	const struct strings *list = member;
	const struct string_pairs *pairs = member;

	switch (key->type) {
	case KEY_STRING:
		put_text(s, *(char *const *)member);
		break;
	case KEY_ENUM:
		put_u32(s, (size_t)keys_enum_get(key, member));
		break;
	case KEY_STRINGS:
		put_u32(s, list->len);
		for (size_t i = 0; i < list->len; i++)
			put_text(s, list->items[i]);
		break;
	case KEY_PAIRS:
		put_u32(s, pairs->len);
		for (size_t i = 0; i < pairs->len; i++) {
			put_text(s, pairs->items[i].key);
			put_text(s, pairs->items[i].value);
		}
		break;
	default:
		put_bytes(s, member, key->size);
	}
}

/* An item is a struct conf_rule or the like, with which that of a draft begins. */
static void
put_item(struct sink *s, enum conf_list_id id, const void *item)
{
	const struct conf_list *list = &conf_lists[id];

	put_u32(s, LIST_MARK - (uint32_t)id);
	for (size_t i = 0; i < list->key_count; i++)
		put_value(s, &list->keys[i], (const char *)item + list->keys[i].offset);
}

static void
put_lists(struct sink *s, const struct conf *conf)
{
	for (size_t i = 0; i < conf->detect.rule_count; i++)
		put_item(s, LIST_RULES, &conf->detect.rules[i]);
	for (size_t i = 0; i < conf->alert.silence_count; i++)
		put_item(s, LIST_SILENCES, &conf->alert.silences[i]);
}

static void
put_all(struct sink *s, const struct conf *conf, unsigned role)
{
	KEYS_EACH (key) {
		if ((key->roles & role) == 0)
			continue;
		assert(key->offset < sizeof(*conf));
		put_text(s, key->name);
		put_value(s, key, (const char *)conf + key->offset);
	}
	if ((role & CONF_AGENT) != 0)
		put_lists(s, conf);
}

char *
conf_encode(const struct conf *conf, unsigned role, size_t *len)
{
	struct sink s = {NULL, sizeof(struct header)};
	struct header h = {.magic = MAGIC};

	put_all(&s, conf, role);
	*len = s.len;
	s.data = mem_zalloc(s.len, 1);
	s.len = sizeof(h);
	put_all(&s, conf, role);
	assert(s.len == *len && s.len <= CONF_BLOB_MAX);
	h.len = (uint32_t)(s.len - sizeof(h));
	h.sum = str_hash(STR_HASH_SEED, s.data + sizeof(h), h.len);
	memcpy(s.data, &h, sizeof(h));
	return s.data;
}

static void
take_bytes(struct cursor *c, void *out, size_t len)
{
	if (c->bad || (size_t)(c->end - c->p) < len) {
		c->bad = true;
		memset(out, 0, len);
		return;
	}
	memcpy(out, c->p, len);
	c->p += len;
}

static uint32_t
take_u32(struct cursor *c)
{
	uint32_t value;

	take_bytes(c, &value, sizeof(value));
	return value;
}

static char *
take_lines(struct cursor *c, struct arena *arena, size_t max)
{
	size_t len = take_u32(c);
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
take_text(struct cursor *c, struct arena *arena, size_t max)
{
	char *text = take_lines(c, arena, max);

	if (!string_check_is_plain(text))
		c->bad = true;
	return text;
}

/* How many entries follow; each takes at least 4 bytes, which bounds what is allocated. */
static size_t
take_count(struct cursor *c, size_t max)
{
	size_t count = take_u32(c);

	if (c->bad || count > max || count > (size_t)(c->end - c->p) / 4) {
		c->bad = true;
		return 0;
	}
	return count;
}

static void
take_number(struct cursor *c, const struct conf_key *key, void *member)
{
	struct zone_date *date = member;
	unsigned char flag;
	int64_t n;
	double x;

	switch (key->type) {
	case KEY_BOOL:
		take_bytes(c, &flag, sizeof(flag));
		c->bad = c->bad || flag > 1;
		*(bool *)member = flag == 1;
		break;
	case KEY_INT:
		take_bytes(c, &n, sizeof(n));
		c->bad = c->bad || ((n < (int64_t)key->min || n > (int64_t)key->max) &&
		                       n != (int64_t)key->def);
		*(int64_t *)member = n;
		break;
	case KEY_TIME:
		take_bytes(c, date, sizeof(*date));
		c->bad = c->bad || date->ms < 0 || (date->local & ~1) != 0;
		break;
	case KEY_FLOAT:
		take_bytes(c, &x, sizeof(x));
		c->bad = c->bad ||
		         (isnan(x) ? (key->flags & KEY_LEVEL) == 0 : x < key->min || x > key->max);
		*(double *)member = x;
		break;
	case KEY_METRIC:
		take_bytes(c, member, sizeof(enum metric_id));
		c->bad = c->bad || *(enum metric_id *)member >= METRIC_COUNT;
		break;
	default:
		take_bytes(c, member, sizeof(unsigned));
		c->bad =
		    c->bad || (*(unsigned *)member & ~(SEV_DEFAULT_MASK | SEV_BIT(SEV_INFO))) != 0;
	}
}

static void
take_list(struct cursor *c, const struct conf_key *key, struct arena *arena, void *member)
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
take_pairs(struct cursor *c, const struct conf_key *key, struct arena *arena, void *member)
{
	struct string_pairs *pairs = member;
	size_t count = take_count(c, KEY_PAIRS_MAX), max = keys_longest(key);

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

static void
take_value(struct cursor *c, const struct conf_key *key, struct arena *arena, void *member)
{
	char **text = member;
	uint32_t choice;

	switch (key->type) {
	case KEY_STRING:
		*text = take_text(c, arena, keys_longest(key));
		c->bad = c->bad || (key->check != NULL && key->check(*text) != NULL);
		break;
	case KEY_ENUM:
		choice = take_u32(c);
		for (uint32_t i = 0; i <= choice && !c->bad; i++)
			c->bad = key->names[i] == NULL;
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

static void
take_item(struct cursor *c, struct conf_draft *draft, const struct conf_list *list)
{
	char *item = draft_add_item(draft, list);

	if (item == NULL) {
		c->bad = true;
		return;
	}
	for (size_t i = 0; i < list->key_count; i++)
		take_value(c, &list->keys[i], draft->conf.arena, item + list->keys[i].offset);
}

static void
take_key(struct cursor *c, struct conf_draft *draft, size_t name_len)
{
	char name[KEY_NAME_MAX];
	const struct conf_key *key;

	if (name_len >= sizeof(name)) {
		c->bad = true;
		return;
	}
	take_bytes(c, name, name_len);
	name[name_len] = '\0';
	key = c->bad ? NULL : keys_find_behind(c->key, name);
	if (key == NULL || key->roles == 0 || draft->given[key - conf_keys].at.line > 0) {
		c->bad = true;
		return;
	}
	draft->given[key - conf_keys].at.line = 1;
	c->key = key;
	take_value(c, key, draft->conf.arena, (char *)draft + key->offset);
}

static bool
take_all(struct cursor *c, struct conf_draft *draft)
{
	while (!c->bad && c->p < c->end) {
		uint32_t len = take_u32(c);

		if (LIST_MARK - len < LIST_COUNT)
			take_item(c, draft, &conf_lists[LIST_MARK - len]);
		else
			take_key(c, draft, len);
	}
	return !c->bad;
}

static bool
check_header(const char *blob, size_t len)
{
	struct header h;

	if (blob == NULL || len < sizeof(h) || len > CONF_BLOB_MAX)
		return false;
	memcpy(&h, blob, sizeof(h));
	return h.magic == MAGIC && h.len == len - sizeof(h) &&
	       h.sum == str_hash(STR_HASH_SEED, blob + sizeof(h), h.len);
}

struct conf *
conf_decode(const char *blob, size_t len)
{
	struct cursor c = {.key = conf_keys};
	struct error_list errors;
	struct conf_draft *draft;
	struct conf *conf = NULL;

	if (!check_header(blob, len))
		return NULL;
	c.p = blob + sizeof(struct header);
	c.end = blob + len;
	draft = draft_new();
	error_list_init(&errors);
	if (take_all(&c, draft))
		conf = build_conf(draft, &errors);
	error_list_done(&errors);
	draft_free(draft);
	return conf;
}
