/*
 * Compiles a template's text to a list of literals and placeholders. The text is the operator's and
 * bounded; whatever is wrong with it is said with the name that was probably meant.
 */
#include "conf/placeholder.h"

#include <stdio.h>
#include <string.h>

#include "base/buf.h"
#include "base/str.h"

#define NAME_SHOWN 40 /* bytes of a wrong name that are repeated */

#define X(id, name, help) [PLACEHOLDER_##id] = {name, help},
static const struct {
	const char *name, *help;
} rows[PLACEHOLDER_COUNT] = {PLACEHOLDERS(X)};
#undef X

struct cursor {
	const char *p;
	struct placeholder_part parts[PLACEHOLDER_PARTS_MAX];
	size_t count;
	char *why;
};

const char *
placeholder_name(enum placeholder what)
{
	return (unsigned)what < PLACEHOLDER_COUNT ? rows[what].name : NULL;
}

const char *
placeholder_help(enum placeholder what)
{
	return (unsigned)what < PLACEHOLDER_COUNT ? rows[what].help : NULL;
}

static bool
add_part(struct cursor *c, enum placeholder what, const char *text, size_t len)
{
	if (c->count == PLACEHOLDER_PARTS_MAX) {
		snprintf(c->why, PLACEHOLDER_WHY_MAX, "has more than %d parts: shorten it",
		    PLACEHOLDER_PARTS_MAX);
		return false;
	}
	c->parts[c->count++] = (struct placeholder_part){what, text, len};
	return true;
}

static void
say_unknown(const char *name, size_t len, char why[PLACEHOLDER_WHY_MAX])
{
	enum placeholder nearest = PLACEHOLDER_LITERAL;
	size_t least = len / 3 + 2;
	bool cut = len > NAME_SHOWN;
	char word[64];
	struct buf b;

	buf_init(&b, word, sizeof(word));
	buf_add(&b, name, len);
	for (int i = PLACEHOLDER_LITERAL + 1; i < PLACEHOLDER_COUNT; i++) {
		size_t d = str_distance(word, rows[i].name);

		if (d < least) {
			least = d;
			nearest = (enum placeholder)i;
		}
	}
	buf_init(&b, why, PLACEHOLDER_WHY_MAX);
	buf_adds(&b, "{{");
	buf_add_visible(&b, name, cut ? NAME_SHOWN : len);
	buf_adds(&b, cut ? "...}} is no placeholder" : "}} is no placeholder");
	if (nearest != PLACEHOLDER_LITERAL) {
		buf_addf(&b, ", did you mean {{%s}}?", rows[nearest].name);
		return;
	}
	buf_adds(&b, ": there are");
	for (int i = PLACEHOLDER_LITERAL + 1; i < PLACEHOLDER_COUNT; i++)
		buf_addf(&b, "%s %s", i == PLACEHOLDER_LITERAL + 1 ? "" : ",", rows[i].name);
}

static bool
is_blank(char c)
{
	return c == ' ' || c == '\t';
}

/* At "{{". */
static bool
take_placeholder(struct cursor *c, const char *start)
{
	const char *name = c->p + 2, *end = strstr(name, "}}"), *inner = strstr(name, "{{");
	size_t len;

	if (end == NULL || (inner != NULL && inner < end)) {
		snprintf(c->why, PLACEHOLDER_WHY_MAX,
		    "has a {{ without its }} (byte %zu); write {{{{ for two braces as text",
		    (size_t)(c->p - start) + 1);
		return false;
	}
	c->p = end + 2;
	while (name < end && is_blank(*name))
		name++;
	while (end > name && is_blank(end[-1]))
		end--;
	len = (size_t)(end - name);
	for (int i = PLACEHOLDER_LITERAL + 1; i < PLACEHOLDER_COUNT; i++) {
		if (strlen(rows[i].name) == len && memcmp(rows[i].name, name, len) == 0)
			return add_part(c, (enum placeholder)i, NULL, 0);
	}
	say_unknown(name, len, c->why);
	return false;
}

static bool
compile(struct cursor *c, const char *text)
{
	c->p = text;
	while (*c->p != '\0') {
		const char *braces = strstr(c->p, "{{");
		size_t len = braces == NULL ? strlen(c->p) : (size_t)(braces - c->p);

		if (len > 0 && !add_part(c, PLACEHOLDER_LITERAL, c->p, len))
			return false;
		c->p += len;
		if (str_starts(c->p, "{{{{")) {
			if (!add_part(c, PLACEHOLDER_LITERAL, c->p, 2))
				return false;
			c->p += 4;
		} else if (braces != NULL && !take_placeholder(c, text)) {
			return false;
		}
	}
	if (c->count == 0)
		snprintf(c->why, PLACEHOLDER_WHY_MAX, "must not be empty: leave it out");
	return c->count > 0;
}

struct placeholder_list *
placeholder_compile(struct arena *arena, const char *text, char why[PLACEHOLDER_WHY_MAX])
{
	char *copy = arena_strdup(arena, text);
	struct placeholder_list *list;
	struct cursor c = {.why = why};

	if (!compile(&c, copy))
		return NULL;
	list = arena_alloc(arena, 1, sizeof(*list));
	list->count = c.count;
	list->parts = arena_alloc(arena, c.count, sizeof(c.parts[0]));
	memcpy(list->parts, c.parts, c.count * sizeof(c.parts[0]));
	return list;
}

bool
placeholder_check(const char *text, char why[PLACEHOLDER_WHY_MAX])
{
	struct cursor c = {.why = why};

	return compile(&c, text);
}
