/*
 * Reads a matcher from its text each time it is asked: it is asked about few alerts, and a text
 * that stays a text can be shown, kept and checked without a second form. The text is the
 * operator's, label values are the host's and are only compared.
 */
#include "model/match.h"

#include <string.h>

#include "base/str.h"

struct part {
	const char *p, *end;
};

/* The first of the stop characters that is neither quoted nor escaped, or the end. */
static const char *
find_stop(const char *p, const char *stops)
{
	bool quoted = false;

	for (; *p != '\0'; p++) {
		if (*p == '\\' && p[1] != '\0')
			p++;
		else if (*p == '"')
			quoted = !quoted;
		else if (!quoted && strchr(stops, *p) != NULL)
			break;
	}
	return p;
}

static struct part
trim(const char *p, const char *end)
{
	while (p < end && *p == ' ')
		p++;
	while (end > p && end[-1] == ' ')
		end--;
	return (struct part){p, end};
}

static struct part
unquote(struct part v)
{
	if (v.end - v.p >= 2 && *v.p == '"' && v.end[-1] == '"')
		return (struct part){v.p + 1, v.end - 1};
	return v;
}

/* One "key=value" at *p, which is moved to what follows it: ',' or '}'. */
static bool
take_label(const char **p, struct part *key, struct part *value)
{
	const char *equals = find_stop(*p, "=,{}"), *end = find_stop(equals, ",}");

	*key = trim(*p, equals);
	if (*equals != '=' || key->p == key->end || *end == '\0')
		return false;
	*value = unquote(trim(equals + 1, end));
	*p = end;
	return true;
}

static const char *
check_labels(const char *p)
{
	struct part key, value;

	while (*p != '}') {
		if (!take_label(&p, &key, &value))
			return "must have label=glob pairs with commas between in its braces, e.g. "
			       "disk.*{mountpoint=/backup*}";
		if (*p == ',')
			p++;
	}
	return p[1] == '\0' ? NULL : "must end with its closing brace";
}

const char *
match_check(const char *text)
{
	const char *brace = find_stop(text, "{}");
	struct part name = trim(text, brace);

	if (strlen(text) >= MATCH_MAX)
		return "must be at most 255 bytes long";
	if (name.p == name.end && *brace == '\0')
		return "must not be empty: \"*\" matches every alert";
	if (*brace == '}')
		return "must have a { before its }";
	return *brace == '\0' ? NULL : check_labels(brace + 1);
}

static const char *
copy_part(struct part part, char out[MATCH_MAX])
{
	size_t len = (size_t)(part.end - part.p);

	memcpy(out, part.p, len);
	out[len] = '\0';
	return out;
}

static bool
glob(struct part pattern, const char *text)
{
	char copy[MATCH_MAX];

	return str_glob(copy_part(pattern, copy), text);
}

static bool
label_matches(const struct label_set *labels, struct part key, struct part value)
{
	size_t len = (size_t)(key.end - key.p);

	for (size_t i = 0; i < labels->count; i++) {
		if (strlen(labels->keys[i]) == len && memcmp(labels->keys[i], key.p, len) == 0)
			return glob(value, label_set_value(labels, i));
	}
	return false;
}

bool
match_facts(const char *text, const struct alert_facts *facts)
{
	const char *p = find_stop(text, "{}");
	struct part name = trim(text, p), key, value;

	if (match_check(text) != NULL)
		return false;
	if (name.p < name.end && !glob(name, facts->rule) &&
	    !(facts->subject.name[0] != '\0' && glob(name, facts->subject.name)))
		return false;
	if (*p == '{')
		p++;
	while (*p != '\0' && *p != '}') {
		if (!take_label(&p, &key, &value) ||
		    !label_matches(&facts->subject.labels, key, value))
			return false;
		if (*p == ',')
			p++;
	}
	return true;
}

const char *
match_name(const char *text, char out[MATCH_MAX])
{
	return copy_part(trim(text, find_stop(text, "{}")), out);
}

bool
match_label_key(const char *text, size_t i, char out[MATCH_MAX])
{
	const char *p = find_stop(text, "{}");
	struct part key, value;

	for (p += *p == '{'; *p != '\0' && *p != '}'; p += *p == ',') {
		if (!take_label(&p, &key, &value))
			return false;
		if (i-- == 0) {
			copy_part(key, out);
			return true;
		}
	}
	return false;
}
