/*
 * Lines of a mount table to structs that point into them. Fields are parted by one blank each, and
 * a field may be empty (a file system mounted from ""); blanks inside are escaped as \040. Between
 * the sixth field and a lone "-" there is any number of optional ones.
 */
#include "collect/mountinfo.h"

#include <string.h>

#include "base/str.h"

#define FIELDS_MAX 6

/* Cuts the next field off *p; NULL at the end of the line. */
static char *
next_field(char **p)
{
	char *field = *p, *blank;

	if (field == NULL)
		return NULL;
	blank = strchr(field, ' ');
	if (blank != NULL)
		*blank++ = '\0';
	*p = blank;
	return field;
}

static bool
next_fields(char **p, char *fields[], size_t n)
{
	for (size_t i = 0; i < n; i++) {
		fields[i] = next_field(p);
		if (fields[i] == NULL)
			return false;
	}
	return true;
}

static bool
is_octal(const char *p)
{
	return p[0] == '\\' && p[1] >= '0' && p[1] <= '3' && p[2] >= '0' && p[2] <= '7' &&
	       p[3] >= '0' && p[3] <= '7';
}

/* \040 to a blank, in place. An escaped NUL, which the kernel never writes, stays as it is. */
static char *
unescape(char *text)
{
	char *to = text;

	for (const char *p = text; *p != '\0'; to++) {
		int code = is_octal(p) ? (p[1] - '0') * 64 + (p[2] - '0') * 8 + (p[3] - '0') : 0;

		*to = code != 0 ? (char)code : *p;
		p += code != 0 ? 4 : 1;
	}
	*to = '\0';
	return text;
}

/* Whether one of the comma-separated options says that nothing can be written. */
static bool
is_read_only(const char *options)
{
	static const char *const words[] = {"ro", "emergency_ro", "shutdown"};

	while (*options != '\0') {
		size_t len = strcspn(options, ",");

		for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++)
			if (len == strlen(words[i]) && memcmp(options, words[i], len) == 0)
				return true;
		options += len;
		options += *options == ',';
	}
	return false;
}

static bool
parse_number(const char *text, uint64_t *out)
{
	const char *end = text + strlen(text);

	return str_u64(&text, end, out) && text == end;
}

/* "98:0" */
static bool
parse_device(char *text, struct mountinfo *m)
{
	char *colon = strchr(text, ':');

	if (colon == NULL)
		return false;
	*colon = '\0';
	return parse_number(text, &m->major) && parse_number(colon + 1, &m->minor);
}

/* "36 35 98:0 /root /mount/point rw,noatime shared:1 - ext4 /dev/sda1 rw,errors=continue" */
static bool
parse_line(char *line, struct mountinfo *m)
{
	char *f[FIELDS_MAX], *tail[3], *field;

	if (!next_fields(&line, f, 6))
		return false;
	do
		field = next_field(&line);
	while (field != NULL && !str_eq(field, "-"));
	if (field == NULL || !next_fields(&line, tail, 3) || !parse_number(f[0], &m->id) ||
	    !parse_number(f[1], &m->parent) || !parse_device(f[2], m))
		return false;
	m->root = unescape(f[3]);
	m->mountpoint = unescape(f[4]);
	m->fstype = unescape(tail[0]);
	m->source = unescape(tail[1]);
	m->mount_read_only = is_read_only(f[5]);
	m->super_options = tail[2];
	m->super_read_only = is_read_only(tail[2]);
	return m->mountpoint[0] == '/';
}

/* "/dev/sda1 /mount/point ext4 rw,noatime 0 0" */
static bool
parse_old_line(char *line, struct mountinfo *m)
{
	char *f[FIELDS_MAX];

	if (!next_fields(&line, f, 4))
		return false;
	m->root = "/";
	m->source = unescape(f[0]);
	m->mountpoint = unescape(f[1]);
	m->fstype = unescape(f[2]);
	m->super_options = f[3];
	m->super_read_only = is_read_only(f[3]);
	return m->mountpoint[0] == '/';
}

static size_t
parse_lines(char *text, size_t len, bool (*parse)(char *, struct mountinfo *),
    struct mountinfo *out, size_t max, bool *malformed)
{
	char *end = text + len, *newline;
	uint32_t order = 0;
	size_t n = 0;

	*malformed = false;
	for (; n < max && (newline = memchr(text, '\n', (size_t)(end - text))) != NULL;
	     text = newline + 1) {
		*newline = '\0';
		out[n] = (struct mountinfo){.order = order++};
		if (parse(text, &out[n]))
			n++;
		else
			*malformed = true;
	}
	return n;
}

size_t
mountinfo_parse(char *text, size_t len, struct mountinfo *out, size_t max, bool *malformed)
{
	return parse_lines(text, len, parse_line, out, max, malformed);
}

size_t
mountinfo_parse_mounts(char *text, size_t len, struct mountinfo *out, size_t max, bool *malformed)
{
	return parse_lines(text, len, parse_old_line, out, max, malformed);
}

size_t
mountinfo_count(const char *text, size_t len)
{
	const char *end = text + len;
	size_t n = 0;

	while (text < end && (text = memchr(text, '\n', (size_t)(end - text))) != NULL) {
		n++;
		text++;
	}
	return n;
}
