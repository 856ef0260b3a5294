/*
 * The configuration as bytes between our own processes: a header, then key and value pairs, by the
 * rows of keys.def. Only keys that the role may see are written. What is read is checked like a
 * file: a key that is not there, or there twice, or not fit to be sent makes the whole damaged.
 */
#include <assert.h>
#include <string.h>

#include "base/mem.h"
#include "base/str.h"
#include "base/arena.h"
#include "conf/conf.h"
#include "conf/error_list.h"
#include "conf/keys.h"
#include "conf/pack.h"
#include "conf/defaults.h"
#include "conf/user_rule.h"
#include "conf/user_silence.h"

#define MAGIC 0x434e4f43u
#define BLOB_MAX (1u << 20)
/* An item of a list begins with this less the list's number, where a key has its length. */
#define LIST_MARK UINT32_MAX

/* In the machine's own byte order: the same program on the same machine reads it. */
struct header {
	uint32_t magic, len;
	uint64_t sum; /* of what follows */
};

static bool
is_sent(const struct conf_key *key, unsigned role)
{
	return key->name != NULL && key->same_as == NULL && (key->flags & KEY_LATER) == 0 &&
	       (key->roles & role) != 0;
}

static void
put_item(struct pack_sink *s, enum conf_list_id id, const void *item)
{
	const struct conf_list *list = &conf_lists[id];

	pack_u32(s, LIST_MARK - (uint32_t)id);
	for (size_t i = 0; i < list->key_count; i++)
		pack_value(s, &list->keys[i], (const char *)item + list->keys[i].offset);
}

static void
put_lists(struct pack_sink *s, const struct conf *conf)
{
	struct user_rule_view view;

	for (size_t i = 0; i < conf->detect.rule_count; i++) {
		user_rule_view(&conf->detect.rules[i], &view);
		put_item(s, LIST_RULES, &view.rule);
	}
	for (size_t i = 0; i < conf->alert.silence_count; i++)
		put_item(s, LIST_SILENCES, &conf->alert.silences[i]);
}

static void
put_all(struct pack_sink *s, const struct conf *conf, unsigned role)
{
	for (size_t i = 0; i < KEY_ROWS; i++) {
		if (!is_sent(&conf_keys[i], role))
			continue;
		assert(conf_keys[i].offset < sizeof(*conf));
		pack_text(s, conf_keys[i].name);
		pack_value(s, &conf_keys[i], (const char *)conf + conf_keys[i].offset);
	}
	if ((role & CONF_AGENT) != 0)
		put_lists(s, conf);
}

char *
conf_encode(const struct conf *conf, unsigned role, size_t *len)
{
	struct pack_sink s = {NULL, sizeof(struct header)};
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
take_item(struct pack_cursor *c, struct conf_draft *draft, const struct conf_list *list)
{
	char *item = keys_list_add(draft, list);

	if (item == NULL) {
		c->bad = true;
		return;
	}
	for (size_t i = 0; i < list->key_count; i++)
		pack_take_value(c, &list->keys[i], draft->conf.arena, item + list->keys[i].offset);
}

static void
take_key(struct pack_cursor *c, struct conf_draft *draft, size_t name_len)
{
	char name[KEY_NAME_MAX];
	const struct conf_key *key;

	if (name_len >= sizeof(name)) {
		c->bad = true;
		return;
	}
	pack_take_bytes(c, name, name_len);
	name[name_len] = '\0';
	key = c->bad ? NULL : keys_find(name);
	if (key == NULL || !is_sent(key, ~0u) || draft->given[key - conf_keys].at.line > 0) {
		c->bad = true;
		return;
	}
	draft->given[key - conf_keys].at.line = 1;
	pack_take_value(c, key, draft->conf.arena, (char *)draft + key->offset);
}

static bool
take_all(struct pack_cursor *c, struct conf_draft *draft)
{
	struct error_list errors;
	bool ok;

	while (!c->bad && c->p < c->end) {
		uint32_t len = pack_take_u32(c);

		if (LIST_MARK - len < LIST_COUNT)
			take_item(c, draft, &conf_lists[LIST_MARK - len]);
		else
			take_key(c, draft, len);
	}
	if (c->bad)
		return false;
	defaults_fill(draft);
	error_list_init(&errors);
	user_rule_build_all(draft, &errors);
	user_silence_build_all(draft, &errors);
	ok = errors.errors == 0;
	error_list_done(&errors);
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
	struct pack_cursor c;
	struct conf_draft *draft;
	struct conf *conf = NULL;

	if (!check_header(blob, len))
		return NULL;
	c = (struct pack_cursor){blob + sizeof(struct header), blob + len, false};
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
