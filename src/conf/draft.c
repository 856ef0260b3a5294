/*
 * Holds the values of keys while files, or bytes of our own, are read into them: with the defaults
 * of their rows, and where each was given. It trusts the rows for types and offsets; how many items
 * a list may have is bounded here.
 */
#include "conf/draft.h"

#include <assert.h>
#include <string.h>

#include "base/arena.h"
#include "base/mem.h"

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

static void
set_default(const struct conf_key *key, void *member, struct arena *arena)
{
	switch (key->type) {
	case KEY_BOOL:
		*(bool *)member = key->def != 0;
		break;
	case KEY_INT:
		*(int64_t *)member = (int64_t)key->def;
		break;
	case KEY_TIME:
		*(struct zone_date *)member = (struct zone_date){.ms = 0};
		break;
	case KEY_FLOAT:
		*(double *)member = key->def;
		break;
	case KEY_STRING:
		*(char **)member = arena_strdup(arena, key->text);
		break;
	case KEY_METRIC:
		*(enum metric_id *)member = (enum metric_id)key->def;
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

/* What no key of a channel sets: its number, the texts that it does not have. */
static void
set_channels(struct conf *conf)
{
	for (int i = 0; i < CHANNEL_COUNT; i++) {
		struct conf_channel *ch = &conf->channels[i];
		char **texts[] = {&ch->url, &ch->method, &ch->username, &ch->ca_file, &ch->proxy,
		    &ch->smtp_host, &ch->login, &ch->password, &ch->from, &ch->socket, &ch->token,
		    &ch->target};

		ch->id = (enum channel_id)i;
		for (size_t t = 0; t < sizeof(texts) / sizeof(texts[0]); t++)
			*texts[t] = arena_strdup(conf->arena, "");
	}
	conf->heartbeat.channel.method = arena_strdup(conf->arena, "GET");
}

struct conf_draft *
draft_new(void)
{
	struct conf_draft *draft = mem_zalloc(1, sizeof(*draft));

	draft->conf.arena = arena_new();
	set_channels(&draft->conf);
	KEYS_EACH (key) {
		if ((key->flags & (KEY_UNSUPPORTED | KEY_SECRET_FILE)) == 0)
			set_default(key, (char *)draft + key->offset, draft->conf.arena);
	}
	return draft;
}

void
draft_free(struct conf_draft *draft)
{
	arena_free(draft->conf.arena);
	mem_free(draft);
}

void *
draft_add_item(struct conf_draft *draft, const struct conf_list *list)
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

const struct key_state *
draft_given(const struct conf_draft *draft, const void *member)
{
	static const struct key_state nowhere;
	size_t offset = (size_t)((const char *)member - (const char *)draft);

	assert(offset < sizeof(*draft));
	KEYS_EACH (key) {
		if (key->offset == offset && draft->given[key - conf_keys].at.line > 0)
			return &draft->given[key - conf_keys];
	}
	return &nowhere;
}

static const struct key_state *
item_states(const struct conf_list *list, const void *item)
{
	return (const struct key_state *)(const void *)((const char *)item + list->given);
}

const struct key_state *
draft_item_given(const struct conf_list *list, const void *item, const void *member)
{
	size_t offset = (size_t)((const char *)member - (const char *)item), i = 0;

	while (i < list->key_count && list->keys[i].offset != offset)
		i++;
	assert(i < list->key_count);
	return &item_states(list, item)[i];
}

struct place
draft_item_place(const struct conf_list *list, const void *item, const void *member)
{
	const struct key_state *state = draft_item_given(list, item, member);

	return state->at.line > 0
	           ? state->at
	           : *(const struct place *)(const void *)((const char *)item + list->at);
}
