/*
 * Writes the labels of an alert and of the agent in a channel's form of them. Values are untrusted
 * and go through what the channel gives. The subject's labels are few and bounded; the agent's are
 * bounded by the caller, and those that find no room are left out.
 */
#include "notify/labels.h"

#include "base/str.h"
#include "notify/jsonw.h"

#define KEY_UNITS 40
#define VALUE_UNITS 120
#define JSON_AGENT_BYTES 8192 /* of the agent's labels in one object */
#define JSON_TEXT_MAX 512     /* a longer key or value is cut */

void
labels_add_subject(const struct label_set *subject, label_fn *add, struct buf *b)
{
	for (size_t i = 0; i < subject->count; i++)
		add(b, subject->keys[i], label_set_value(subject, i));
}

void
labels_add_agent(const struct label_set *subject, const struct string_pairs *agent, label_fn *add,
    size_t max_len, struct buf *b)
{
	for (size_t i = 0; i < agent->len && b->len < max_len; i++) {
		if (label_set_get(subject, agent->items[i].key) == NULL)
			add(b, agent->items[i].key, agent->items[i].value);
	}
}

static void
add_text(struct buf *b, size_t from, escape_fn *escape, const char *key, const char *value)
{
	buf_adds(b, b->len == from ? "" : ", ");
	escape_add(b, escape, key, KEY_UNITS);
	buf_adds(b, "=");
	escape_add(b, escape, value, VALUE_UNITS);
}

void
labels_add_text(const struct label_set *subject, const struct string_pairs *agent,
    escape_fn *escape, size_t max_bytes, struct buf *b)
{
	size_t from = b->len;

	for (size_t i = 0; i < subject->count; i++)
		add_text(b, from, escape, subject->keys[i], label_set_value(subject, i));
	for (size_t i = 0; i < agent->len && b->len - from < max_bytes; i++) {
		if (label_set_get(subject, agent->items[i].key) == NULL)
			add_text(b, from, escape, agent->items[i].key, agent->items[i].value);
	}
}

/* In the place, or in a later label, which says more of what kind of thing it is. */
static bool
is_said(const struct label_set *subject, size_t i)
{
	bool named = label_set_get(subject, "name") != NULL;
	const char *key = subject->keys[i];

	if ((i == 0 && !named) || str_eq(key, "name") || (named && str_eq(key, "pid")))
		return true;
	for (size_t k = i + 1; k < subject->count; k++) {
		if (str_eq(label_set_value(subject, k), label_set_value(subject, i)))
			return true;
	}
	return false;
}

void
labels_add_unsaid(const struct label_set *subject, escape_fn *escape, struct buf *b)
{
	size_t from = b->len;

	for (size_t i = 0; i < subject->count; i++) {
		if (!is_said(subject, i))
			add_text(b, from, escape, subject->keys[i], label_set_value(subject, i));
	}
}

static void
add_member(struct buf *b, const char *key, const char *value)
{
	char short_key[JSON_TEXT_MAX], short_value[JSON_TEXT_MAX];

	str_copy(short_key, sizeof(short_key), key);
	str_copy(short_value, sizeof(short_value), value);
	jsonw_text(b, short_key, short_value);
}

void
labels_add_json(const struct label_set *subject, const struct string_pairs *agent, struct buf *b)
{
	size_t max_len = b->len + JSON_AGENT_BYTES;

	jsonw_open(b, "labels", '{');
	labels_add_subject(subject, add_member, b);
	labels_add_agent(subject, agent, add_member, max_len, b);
	jsonw_close(b, '}');
}
