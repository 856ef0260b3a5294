/*
 * Moves over TOML text and knows the line and column. Columns are counted on from the last place
 * that was asked for, so a long line with many values stays cheap. Nothing here trusts the bytes:
 * they are checked to be UTF-8 once, before anything else looks at them.
 */
#include "toml/toml_scan.h"

#include <stdarg.h>
#include <stdint.h>
#include <string.h>

#include "base/buf.h"
#include "base/str.h"

static const char BOM[] = "\xef\xbb\xbf";

static bool
looks_like_utf16(const char *p, size_t len)
{
	if (len < 2)
		return false;
	return memcmp(p, "\xff\xfe", 2) == 0 || memcmp(p, "\xfe\xff", 2) == 0 || !p[0] != !p[1];
}

static bool
check_utf8(struct toml_scan *s)
{
	struct toml_pos pos = {1, 1};

	for (const char *p = s->p; p < s->end;) {
		size_t n = str_utf8_len(p, (size_t)(s->end - p));

		if (n == 0)
			return toml_scan_fail(
			    s, pos, "byte 0x%02x is not valid UTF-8 here", (unsigned char)*p);
		pos.col++;
		if (*p == '\n')
			pos = (struct toml_pos){pos.line + 1, 1};
		p += n;
	}
	return true;
}

bool
toml_scan_init(struct toml_scan *s, const char *bytes, size_t len, struct toml_error *err)
{
	struct toml_pos start = {1, 1};

	if (len == 0)
		bytes = "";
	*s = (struct toml_scan){.p = bytes, .end = bytes + len, .line = 1, .col = 1, .err = err};
	if (len > TOML_BYTES_MAX)
		return toml_scan_fail(
		    s, start, "the file is %zu bytes long, the limit is %u", len, TOML_BYTES_MAX);
	if (looks_like_utf16(bytes, len))
		return toml_scan_fail(s, start, "this looks like UTF-16: save the file as UTF-8");
	if (len >= 3 && memcmp(bytes, BOM, 3) == 0)
		s->p += 3;
	s->mark = s->p;
	return check_utf8(s);
}

struct toml_pos
toml_scan_pos(struct toml_scan *s)
{
	for (; s->mark < s->p; s->mark++)
		s->col += ((unsigned char)*s->mark & 0xc0) != 0x80;
	return (struct toml_pos){s->line, s->col};
}

bool
toml_scan_fail(struct toml_scan *s, struct toml_pos pos, const char *fmt, ...)
{
	struct buf text;
	va_list ap;

	s->err->line = pos.line;
	s->err->col = pos.col;
	buf_init(&text, s->err->text, sizeof s->err->text);
	va_start(ap, fmt);
	buf_addv(&text, fmt, ap);
	va_end(ap);
	return false;
}

const char *
toml_scan_seen(const struct toml_scan *s, char out[TOML_SEEN_MAX])
{
	struct buf b;
	int c = toml_scan_peek(s);

	buf_init(&b, out, TOML_SEEN_MAX);
	if (c < 0) {
		buf_adds(&b, "the end of the file");
	} else if (toml_scan_at_newline(s)) {
		buf_adds(&b, "the end of the line");
	} else if (c == '\t') {
		buf_adds(&b, "a tab");
	} else if (toml_scan_is_control(c)) {
		buf_addf(&b, "control character 0x%02x", (unsigned)c);
	} else {
		size_t n = str_utf8_len(s->p, (size_t)(s->end - s->p));

		buf_addc(&b, '\'');
		buf_add(&b, s->p, n);
		buf_addc(&b, '\'');
		if (n > 1)
			buf_addf(&b, " (U+%04X)", (unsigned)str_code_point(s->p, n));
	}
	return out;
}

const char *
toml_scan_shown(const struct toml_key *key, char out[TOML_SHOWN_MAX])
{
	enum { TAIL = 8 }; /* for "...'" after the longest escape */
	struct buf b;
	size_t i = 0;

	buf_init(&b, out, TOML_SHOWN_MAX);
	buf_addc(&b, '\'');
	while (i < key->len && b.len < TOML_SHOWN_MAX - TAIL) {
		size_t n = str_utf8_len(key->text + i, key->len - i);

		buf_add_visible(&b, key->text + i, n);
		i += n;
	}
	buf_adds(&b, i < key->len ? "...'" : "'");
	return out;
}

int
toml_scan_peek(const struct toml_scan *s)
{
	return s->p < s->end ? (unsigned char)*s->p : -1;
}

bool
toml_scan_take(struct toml_scan *s, char c)
{
	if (s->p == s->end || *s->p != c)
		return false;
	s->p++;
	return true;
}

bool
toml_scan_is_control(int c)
{
	return (c >= 0 && c < 0x20 && c != '\t') || c == 0x7f;
}

void
toml_scan_blank(struct toml_scan *s)
{
	s->p = str_skip_blank(s->p, s->end);
}

bool
toml_scan_at_newline(const struct toml_scan *s)
{
	if (toml_scan_peek(s) == '\n')
		return true;
	return s->end - s->p >= 2 && s->p[0] == '\r' && s->p[1] == '\n';
}

bool
toml_scan_newline(struct toml_scan *s)
{
	if (!toml_scan_at_newline(s))
		return false;
	s->p += *s->p == '\r' ? 2 : 1;
	s->mark = s->p;
	s->line++;
	s->col = 1;
	return true;
}

/* Up to the end of the line. */
static bool
skip_comment(struct toml_scan *s)
{
	char seen[TOML_SEEN_MAX];

	if (toml_scan_peek(s) != '#')
		return true;
	while (s->p < s->end && !toml_scan_at_newline(s)) {
		if (toml_scan_is_control((unsigned char)*s->p))
			return toml_scan_fail(s, toml_scan_pos(s), "%s is not allowed in a comment",
			    toml_scan_seen(s, seen));
		s->p++;
	}
	return true;
}

bool
toml_scan_line_end(struct toml_scan *s)
{
	char seen[TOML_SEEN_MAX];

	toml_scan_blank(s);
	if (!skip_comment(s))
		return false;
	if (s->p == s->end || toml_scan_newline(s))
		return true;
	return toml_scan_fail(
	    s, toml_scan_pos(s), "expected the end of the line, found %s", toml_scan_seen(s, seen));
}

bool
toml_scan_gap(struct toml_scan *s)
{
	do {
		toml_scan_blank(s);
		if (!skip_comment(s))
			return false;
	} while (toml_scan_newline(s));
	return true;
}
