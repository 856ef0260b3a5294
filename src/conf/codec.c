/*
 * The configuration as bytes between our own processes: a header, then key and value pairs, by the
 * rows of keys.def. Only keys that the role may see are written. The reader trusts nothing: every
 * length is checked, every value must be one that the configuration could have had.
 */
#include <assert.h>
#include <math.h>
#include <string.h>

#include "base/mem.h"
#include "base/str.h"
#include "conf/arena.h"
#include "conf/conf.h"
#include "conf/faults.h"
#include "conf/keys.h"
#include "conf/settle.h"
#include "conf/text.h"
#include "conf/user_rule.h"

#define MAGIC 0x434e4f43u
#define BLOB_MAX (1u << 20)
#define RULE_MARK UINT32_MAX

/* All of it little: the same program on the same machine reads it. */
struct header {
	uint32_t magic, len;
	uint64_t sum; /* of what follows */
};

/* Counts when data is NULL, else writes. */
struct sink {
	char *data;
	size_t len;
};

struct cursor {
	const char *p, *end;
	bool bad;
};

static void
put(struct sink *s, const void *bytes, size_t len)
{
	if (s->data != NULL && len > 0)
		memcpy(s->data + s->len, bytes, len);
	s->len += len;
}

static void
put_u32(struct sink *s, size_t n)
{
	uint32_t value = (uint32_t)n;

	put(s, &value, sizeof(value));
}

static void
put_text(struct sink *s, const char *text)
{
	put_u32(s, strlen(text));
	put(s, text, strlen(text));
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
		put(s, member, key->size);
	}
}

static bool
is_sent(const struct conf_key *key, unsigned role)
{
	return key->name != NULL && key->same_as == NULL && (key->flags & KEY_LATER) == 0 &&
	       (key->roles & role) != 0;
}

static void
put_rule(struct sink *s, const struct rule *rule)
{
	struct user_rule_view view;

	user_rule_view(rule, &view);
	put_u32(s, RULE_MARK);
	for (size_t i = 0; i < RULE_KEY_ROWS; i++)
		put_value(s, &conf_rule_keys[i], (char *)&view.rule + conf_rule_keys[i].offset);
}

static void
put_all(struct sink *s, const struct conf *conf, unsigned role)
{
	for (size_t i = 0; i < KEY_ROWS; i++) {
		if (!is_sent(&conf_keys[i], role))
			continue;
		assert(conf_keys[i].offset < sizeof(*conf));
		put_text(s, conf_keys[i].name);
		put_value(s, &conf_keys[i], (const char *)conf + conf_keys[i].offset);
	}
	for (size_t i = 0; (role & CONF_AGENT) != 0 && i < conf->detect.rule_count; i++)
		put_rule(s, &conf->detect.rules[i]);
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
	assert(s.len == *len && s.len <= BLOB_MAX);
	h.len = (uint32_t)(s.len - sizeof(h));
	h.sum = str_hash(STR_HASH_SEED, s.data + sizeof(h), h.len);
	memcpy(s.data, &h, sizeof(h));
	return s.data;
}

static void
take(struct cursor *c, void *out, size_t len)
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

	take(c, &value, sizeof(value));
	return value;
}

static char *
take_text(struct cursor *c, struct arena *arena, size_t max)
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
	if (!text_is_plain(text))
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
	unsigned char flag;
	int64_t n;
	double x;

	switch (key->type) {
	case KEY_BOOL:
		take(c, &flag, sizeof(flag));
		c->bad = c->bad || flag > 1;
		*(bool *)member = flag == 1;
		break;
	case KEY_INT:
		take(c, &n, sizeof(n));
		c->bad = c->bad || ((n < (int64_t)key->min || n > (int64_t)key->max) &&
		                       n != (int64_t)key->def);
		*(int64_t *)member = n;
		break;
	case KEY_FLOAT:
		take(c, &x, sizeof(x));
		c->bad = c->bad ||
		         (isnan(x) ? (key->flags & KEY_LEVEL) == 0 : x < key->min || x > key->max);
		*(double *)member = x;
		break;
	default:
		take(c, member, sizeof(unsigned));
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
	size_t count = take_count(c, KEY_PAIRS_MAX);

	pairs->items = arena_alloc(arena, count, sizeof(pairs->items[0]));
	for (pairs->len = 0; pairs->len < count; pairs->len++) {
		struct string_pair *pair = &pairs->items[pairs->len];

		pair->key = take_text(c, arena, KEY_ITEM_MAX);
		pair->value = take_text(c, arena, key->max > 0 ? (size_t)key->max : KEY_STRING_MAX);
		if (key->check_key != NULL && key->check_key(pair->key) != NULL)
			c->bad = true;
	}
}

static void
take_value(struct cursor *c, const struct conf_key *key, struct arena *arena, void *member)
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
		choice = take_u32(c);
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

static void
take_rule(struct cursor *c, struct conf_draft *draft)
{
	struct arena *arena = draft->conf.arena;
	struct user_rule *rule;

	if (draft->rule_count == KEY_RULES_MAX) {
		c->bad = true;
		return;
	}
	if (draft->rules == NULL)
		draft->rules = arena_alloc(arena, KEY_RULES_MAX, sizeof(draft->rules[0]));
	rule = &draft->rules[draft->rule_count++];
	keys_rule_defaults(rule, arena);
	for (size_t i = 0; i < RULE_KEY_ROWS; i++)
		take_value(c, &conf_rule_keys[i], arena, (char *)rule + conf_rule_keys[i].offset);
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
	take(c, name, name_len);
	name[name_len] = '\0';
	key = c->bad ? NULL : keys_find(name);
	if (key == NULL || !is_sent(key, ~0u) || draft->given[key - conf_keys].at.line > 0) {
		c->bad = true;
		return;
	}
	draft->given[key - conf_keys].at.line = 1;
	take_value(c, key, draft->conf.arena, (char *)draft + key->offset);
}

static bool
take_all(struct cursor *c, struct conf_draft *draft)
{
	struct faults faults;
	bool ok;

	while (!c->bad && c->p < c->end) {
		uint32_t len = take_u32(c);

		if (len == RULE_MARK)
			take_rule(c, draft);
		else
			take_key(c, draft, len);
	}
	if (c->bad)
		return false;
	settle_defaults(draft);
	faults_init(&faults);
	user_rule_build_all(draft, &faults);
	ok = faults.errors == 0;
	faults_done(&faults);
	return ok;
}

static bool
check_header(const char *blob, size_t len)
{
	struct header h;

	if (blob == NULL || len < sizeof(h) || len > BLOB_MAX)
		return false;
	memcpy(&h, blob, sizeof(h));
	return h.magic == MAGIC && h.len == len - sizeof(h) &&
	       h.sum == str_hash(STR_HASH_SEED, blob + sizeof(h), h.len);
}

struct conf *
conf_decode(const char *blob, size_t len)
{
	struct cursor c;
	struct conf_draft *draft;
	struct conf *conf = NULL;

	if (!check_header(blob, len))
		return NULL;
	c = (struct cursor){blob + sizeof(struct header), blob + len, false};
	draft = mem_zalloc(1, sizeof(*draft));
	draft->conf.arena = arena_new();
	keys_defaults(draft);
	if (take_all(&c, draft)) {
		conf = mem_zalloc(1, sizeof(*conf));
		*conf = draft->conf;
	} else {
		arena_free(draft->conf.arena);
	}
	mem_free(draft);
	return conf;
}
