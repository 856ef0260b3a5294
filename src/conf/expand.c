/*
 * Replaces ${NAME} by what the environment holds, in one pass from left to right over a parsed
 * string. A name that is not set, or not closed, is refused with what to write instead. The
 * environment is the operator's, but what it holds is checked to be UTF-8 and bounded like the file
 * itself.
 */
#include "conf/expand.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/str.h"

static size_t
name_len(const char *p)
{
	size_t n = 0;

	while ((p[n] >= 'a' && p[n] <= 'z') || (p[n] >= 'A' && p[n] <= 'Z') || p[n] == '_' ||
	       (n > 0 && p[n] >= '0' && p[n] <= '9'))
		n++;
	return n;
}

/* Steps from "${" over the whole "${NAME}" to its value; NULL with the reason. */
static const char *
look_up(const char **p, char why[EXPAND_WHY_MAX])
{
	const char *start = *p + 2, *value;
	size_t n = name_len(start);
	char name[64];

	if (n == 0 || n >= sizeof(name) || start[n] != '}') {
		snprintf(why, EXPAND_WHY_MAX,
		    "has a ${ that is not ${NAME}: a name is letters, digits and '_'; write $${ "
		    "for "
		    "a literal ${");
		return NULL;
	}
	memcpy(name, start, n);
	name[n] = '\0';
	*p = start + n + 1;
	value = getenv(name);
	if (value == NULL)
		snprintf(why, EXPAND_WHY_MAX,
		    "the environment variable %s is not set: set it, or write $${%s} for a literal "
		    "${%s}",
		    name, name, name);
	else if (!str_utf8_valid(value, strlen(value))) {
		snprintf(why, EXPAND_WHY_MAX, "the environment variable %s is not UTF-8", name);
		return NULL;
	}
	return value;
}

/* One step: what stands at *p and how it is to read. False with the reason. */
static bool
next_piece(const char **p, const char **piece, size_t *len, char why[EXPAND_WHY_MAX])
{
	*piece = *p;
	if (str_starts(*p, "$${")) {
		*piece = *p + 1;
		*len = 2;
		*p += 3;
		return true;
	}
	if (str_starts(*p, "${")) {
		*piece = look_up(p, why);
		*len = *piece == NULL ? 0 : strlen(*piece);
		return *piece != NULL;
	}
	*len = 1 + strcspn(*p + 1, "$");
	*p += *len;
	return true;
}

/* Writes to out unless it is NULL; the length of the result, or -1 with the reason. */
static long
walk(const char *text, char *out, char why[EXPAND_WHY_MAX])
{
	const char *p = text, *piece;
	size_t len, total = 0;

	while (*p != '\0') {
		if (!next_piece(&p, &piece, &len, why))
			return -1;
		if (len > EXPAND_MAX || total + len > EXPAND_MAX) {
			snprintf(why, EXPAND_WHY_MAX, "is longer than %d bytes", EXPAND_MAX);
			return -1;
		}
		if (out != NULL)
			memcpy(out + total, piece, len);
		total += len;
	}
	return (long)total;
}

char *
expand_text(struct arena *arena, const char *text, char why[EXPAND_WHY_MAX])
{
	long len = walk(text, NULL, why);
	char *out;

	if (len < 0)
		return NULL;
	out = arena_alloc(arena, (size_t)len + 1, 1);
	walk(text, out, why);
	return out;
}

bool
expand_has_name(const char *text)
{
	char why[EXPAND_WHY_MAX];
	const char *p = text, *piece;
	size_t len;

	while (*p != '\0') {
		if (str_starts(p, "${"))
			return true;
		if (!next_piece(&p, &piece, &len, why))
			return true;
	}
	return false;
}
