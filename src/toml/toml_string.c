/*
 * Decodes TOML strings and keys: quotes, escapes, lines folded by a backslash. The input is known
 * to be UTF-8 and stays so; a CR LF inside a string of several lines becomes LF. An escape that
 * TOML does not have, a control character or a missing quote is an error with its place.
 */
#include "toml/toml_string.h"

#include <stdint.h>
#include <string.h>

static const struct {
	char name;
	char value;   /* what it stands for, or */
	unsigned hex; /* so many digits of a code point */
} ESCAPES[] = {
    {'b', '\b', 0},
    {'t', '\t', 0},
    {'n', '\n', 0},
    {'f', '\f', 0},
    {'r', '\r', 0},
    {'"', '"', 0},
    {'\\', '\\', 0},
    {'u', 0, 4},
    {'U', 0, 8},
};

static char *
put_utf8(char *w, uint32_t code)
{
	static const unsigned char LEAD[] = {0, 0, 0xc0, 0xe0, 0xf0};
	int n = code < 0x80 ? 1 : code < 0x800 ? 2 : code < 0x10000 ? 3 : 4;

	if (n == 1) {
		*w = (char)code;
		return w + 1;
	}
	for (int i = n - 1; i > 0; i--) {
		w[i] = (char)(0x80 | (code & 0x3f));
		code >>= 6;
	}
	w[0] = (char)(LEAD[n] | code);
	return w + n;
}

/* -1 for anything else, the end of the text among it. */
static int
hex_digit(int c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	c |= 0x20;
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

static bool
read_code_point(struct toml_scan *s, struct toml_pos pos, unsigned digits, char **w)
{
	uint32_t code = 0;

	for (unsigned i = 0; i < digits; i++) {
		int digit = hex_digit(toml_scan_peek(s));

		if (digit < 0)
			return toml_scan_fail(s, pos, "\\%c needs %u hexadecimal digits",
			    digits == 4 ? 'u' : 'U', digits);
		code = code << 4 | (uint32_t)digit;
		s->p++;
	}
	if (code > 0x10ffff || (code >= 0xd800 && code <= 0xdfff))
		return toml_scan_fail(s, pos, "U+%04X is not a Unicode character", (unsigned)code);
	*w = put_utf8(*w, code);
	return true;
}

static bool
read_escape(struct toml_scan *s, char **w)
{
	struct toml_pos pos = toml_scan_pos(s);
	char seen[TOML_SEEN_MAX];

	s->p++;
	for (size_t i = 0; s->p < s->end && i < sizeof ESCAPES / sizeof ESCAPES[0]; i++) {
		if (*s->p != ESCAPES[i].name)
			continue;
		s->p++;
		if (ESCAPES[i].hex > 0)
			return read_code_point(s, pos, ESCAPES[i].hex, w);
		*(*w)++ = ESCAPES[i].value;
		return true;
	}
	return toml_scan_fail(s, pos,
	    "'\\' before %s is not an escape: write '\\\\' for a backslash, or use single quotes",
	    toml_scan_seen(s, seen));
}

static bool
copy_byte(struct toml_scan *s, char **w)
{
	unsigned char c = (unsigned char)*s->p;

	if (toml_scan_is_control(c))
		return toml_scan_fail(s, toml_scan_pos(s),
		    "control character 0x%02x is not allowed in a string: write \\u%04X between "
		    "double quotes",
		    c, c);
	*(*w)++ = *s->p++;
	return true;
}

/* "..." or '...' */
static bool
read_line(struct toml_scan *s, size_t *len)
{
	struct toml_pos open = toml_scan_pos(s);
	char quote = *s->p++;
	char *w = s->scratch;

	while (s->p < s->end && *s->p != quote && !toml_scan_at_newline(s)) {
		if (*s->p == '\\' && quote == '"' ? !read_escape(s, &w) : !copy_byte(s, &w))
			return false;
	}
	if (!toml_scan_take(s, quote))
		return toml_scan_fail(s, open, "this string has no closing %c on its line", quote);
	*len = (size_t)(w - s->scratch);
	return true;
}

/* A backslash that ends its line swallows everything up to the next text. */
static bool
fold_lines(struct toml_scan *s)
{
	struct toml_scan ahead = *s;

	ahead.p++;
	toml_scan_blank(&ahead);
	if (!toml_scan_at_newline(&ahead))
		return false;
	s->p = ahead.p;
	while (toml_scan_newline(s))
		toml_scan_blank(s);
	return true;
}

static int
count_quotes(const struct toml_scan *s, char quote, int max)
{
	int n = 0;

	while (n < max && s->p + n < s->end && s->p[n] == quote)
		n++;
	return n;
}

static bool
read_block_item(struct toml_scan *s, char quote, char **w)
{
	if (toml_scan_newline(s)) {
		*(*w)++ = '\n';
		return true;
	}
	if (*s->p != '\\' || quote != '"')
		return copy_byte(s, w);
	return fold_lines(s) || read_escape(s, w);
}

/* Three quotes on either side; one or two more before the closing ones are text. */
static bool
read_block(struct toml_scan *s, size_t *len)
{
	struct toml_pos open = toml_scan_pos(s);
	char quote = *s->p;
	char *w = s->scratch;

	s->p += 3;
	toml_scan_newline(s);
	while (s->p < s->end) {
		int n = count_quotes(s, quote, 5);

		if (n >= 3) {
			memset(w, quote, (size_t)n - 3);
			s->p += n;
			*len = (size_t)(w - s->scratch) + (size_t)n - 3;
			return true;
		}
		if (!read_block_item(s, quote, &w))
			return false;
	}
	return toml_scan_fail(
	    s, open, "this string is never closed by %c%c%c", quote, quote, quote);
}

bool
toml_string_read(struct toml_scan *s, size_t *len)
{
	return count_quotes(s, *s->p, 3) == 3 ? read_block(s, len) : read_line(s, len);
}

static bool
is_bare(int c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
	       c == '_' || c == '-';
}

static bool
refuse_key(struct toml_scan *s)
{
	char seen[TOML_SEEN_MAX];
	int c = toml_scan_peek(s);

	return toml_scan_fail(s, toml_scan_pos(s), "expected a key, found %s%s",
	    toml_scan_seen(s, seen),
	    c >= 0x80 ? ": keys need quotes unless they are letters A-Z, digits, '_' and '-'" : "");
}

bool
toml_string_key(struct toml_scan *s, struct toml_key *key)
{
	int c = toml_scan_peek(s);
	const char *start = s->p;

	key->pos = toml_scan_pos(s);
	key->text = s->scratch;
	if (c == '"' || c == '\'') {
		if (count_quotes(s, (char)c, 3) == 3)
			return toml_scan_fail(
			    s, key->pos, "a key cannot be a string of several lines");
		return read_line(s, &key->len);
	}
	while (is_bare(toml_scan_peek(s)))
		s->p++;
	key->len = (size_t)(s->p - start);
	if (key->len == 0)
		return refuse_key(s);
	memcpy(s->scratch, start, key->len);
	return true;
}
