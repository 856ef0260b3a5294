/*
 * Turns host names, label values, process names and log lines into the markup of services. None of
 * them is trusted: not to be UTF-8, not to be short, not to be free of markup, mentions or terminal
 * codes. What cannot be shown is spelled out, what is too long is cut between whole characters.
 */
#include "notify/escape.h"

#include <ctype.h>
#include <string.h>

#include "base/str.h"

#define ELLIPSIS "\xe2\x80\xa6"

/* Length of the character at p; 1 for an invalid byte. */
static size_t
char_len(const char *p, size_t len)
{
	size_t n = str_utf8_len(p, len);

	return n == 0 ? 1 : n;
}

static bool
is_mark(char c)
{
	return c == ESCAPE_CODE_OPEN || c == ESCAPE_CODE_CLOSE;
}

/* A backslash before ASCII punctuation takes its meaning away, anywhere in Discord's markdown. */
static bool
is_markup(const char *text, size_t len, size_t i)
{
	if (strchr("\\*_~`|<>[]()", text[i]) != NULL)
		return true;
	if (i == 0 && strchr("#-+", text[i]) != NULL)
		return true;
	return text[i] == ':' && len - i > 2 && text[i + 1] == '/' && text[i + 2] == '/';
}

/* A character of ASCII that is not a control character. */
typedef void add_fn(struct buf *b, const char *text, size_t len, size_t i);

static void
add_discord(struct buf *b, const char *text, size_t len, size_t i)
{
	if (is_markup(text, len, i))
		buf_addc(b, '\\');
	buf_addc(b, text[i]);
}

static void
add_plain(struct buf *b, const char *text, size_t len, size_t i)
{
	(void)len;
	buf_addc(b, text[i]);
}

static void
add_entity(struct buf *b, char c)
{
	if (c == '&')
		buf_adds(b, "&amp;");
	else if (c == '<')
		buf_adds(b, "&lt;");
	else if (c == '>')
		buf_adds(b, "&gt;");
	else
		buf_addc(b, c);
}

static void
add_html(struct buf *b, const char *text, size_t len, size_t i)
{
	(void)len;
	add_entity(b, text[i]);
}

/* backslash: how the markup wants one. */
static void
add_all(struct buf *b, const char *text, size_t len, add_fn *add, const char *backslash)
{
	for (size_t i = 0; i < len;) {
		size_t n = str_utf8_len(text + i, len - i);

		if (n == 1 && text[i] >= ' ' && text[i] != 0x7f)
			add(b, text, len, i);
		else if (!buf_add_spelled(b, text + i, n, backslash))
			buf_add(b, text + i, n);
		i += n == 0 ? 1 : n;
	}
}

void
escape_discord(struct buf *b, const char *text, size_t len)
{
	add_all(b, text, len, add_discord, "\\\\");
}

void
escape_slack(struct buf *b, const char *text, size_t len)
{
	add_all(b, text, len, add_html, "\\");
}

static bool
is_word(char c)
{
	return isalnum((unsigned char)c) || c == '_';
}

/* Where Telegram finds an @name or a /command. */
static bool
is_link(const char *text, size_t len, size_t i)
{
	bool begins = i == 0 || (!is_word(text[i - 1]) && text[i - 1] != '/');

	return begins && i + 1 < len && (text[i] == '@' || text[i] == '/') && is_word(text[i + 1]);
}

/* The first in a word of the text; len: none. The address of a web page is left alone. */
static size_t
find_link(const char *word, size_t len)
{
	bool is_url =
	    len > 8 && (memcmp(word, "http://", 7) == 0 || memcmp(word, "https://", 8) == 0);
	size_t i = 0;

	if (is_url && memchr(word, '@', len) == NULL)
		return len;
	while (i < len && !is_link(word, len, i))
		i++;
	return i;
}

static void
add_span(struct buf *b, const char *text, size_t len, add_fn *add)
{
	size_t end = len;

	while (end > 1 && strchr(",.;:!?)\"'", text[end - 1]) != NULL)
		end--;
	buf_addc(b, ESCAPE_CODE_OPEN);
	add_all(b, text, end, add, "\\");
	buf_addc(b, ESCAPE_CODE_CLOSE);
	add_all(b, text + end, len - end, add, "\\");
}

/* A path is one span, blanks and all; in other text, from where a link begins to the next blank. */
static void
add_with_spans(struct buf *b, const char *text, size_t len, add_fn *add)
{
	if (len > 0 && is_link(text, len, 0) && text[0] == '/') {
		add_span(b, text, len, add);
		return;
	}
	for (size_t i = 0; i < len;) {
		size_t word = 0, link;

		while (i + word < len && !isspace((unsigned char)text[i + word]))
			word++;
		link = find_link(text + i, word);
		add_all(b, text + i, link, add, "\\");
		if (link < word)
			add_span(b, text + i + link, word - link, add);
		i += word;
		if (i < len)
			add_all(b, text + i++, 1, add, "\\");
	}
}

void
escape_telegram(struct buf *b, const char *text, size_t len)
{
	add_with_spans(b, text, len, add_html);
}

void
escape_telegram_plain(struct buf *b, const char *text, size_t len)
{
	add_with_spans(b, text, len, add_plain);
}

void
escape_plain(struct buf *b, const char *text, size_t len)
{
	add_all(b, text, len, add_plain, "\\");
}

size_t
escape_units(const char *text, size_t len)
{
	size_t units = 0;

	for (size_t i = 0; i < len;) {
		size_t n = char_len(text + i, len - i);

		units += n == 4 ? 2 : !is_mark(text[i]);
		i += n;
	}
	return units;
}

/* Length of "&amp;" and the like at p, up to 6 bytes, or of the character there. */
static size_t
entity_len(const char *p, size_t len)
{
	for (size_t i = 1; p[0] == '&' && i < len && i < 6; i++) {
		if (p[i] == ';' && i > 1)
			return i + 1;
		if (!isalpha((unsigned char)p[i]))
			break;
	}
	return char_len(p, len);
}

/* Length in bytes of what must not be torn apart at p. */
static size_t
atom_len(const char *p, size_t len)
{
	if (p[0] == '\\' && len > 1)
		return 1 + entity_len(p + 1, len - 1);
	return entity_len(p, len);
}

static size_t
count_bytes(const char *text, size_t len)
{
	(void)text;
	return len;
}

static bool
ends_in_span(const char *text, size_t len)
{
	const char *open = memrchr(text, ESCAPE_CODE_OPEN, len),
	           *close = memrchr(text, ESCAPE_CODE_CLOSE, len);

	return open != NULL && (close == NULL || close < open);
}

static bool
shorten(struct buf *b, size_t from, size_t most, size_t (*measure)(const char *text, size_t len))
{
	size_t reserve = measure(ELLIPSIS, strlen(ELLIPSIS)), size = 0, keep = from;

	for (size_t i = from; i < b->len;) {
		size_t n = atom_len(b->data + i, b->len - i);

		size += measure(b->data + i, n);
		i += n;
		if (size + reserve <= most)
			keep = i;
	}
	if (size <= most)
		return false;
	if (keep > from && b->data[keep - 1] == ESCAPE_CODE_OPEN)
		keep--; /* of which nothing is left */
	b->len = keep;
	b->data[keep] = '\0';
	if (ends_in_span(b->data + from, keep - from))
		buf_addc(b, ESCAPE_CODE_CLOSE);
	buf_adds(b, ELLIPSIS);
	return true;
}

bool
escape_shorten(struct buf *b, size_t from, size_t max_units)
{
	return shorten(b, from, max_units, escape_units);
}

bool
escape_shorten_bytes(struct buf *b, size_t from, size_t max_bytes)
{
	return shorten(b, from, max_bytes, count_bytes);
}

void
escape_add(struct buf *b, escape_fn *fn, const char *text, size_t max_units)
{
	size_t from = b->len;

	/* 4 bytes a unit is more than any character needs: a longer text is cut in any case. */
	fn(b, text, strnlen(text, 4 * max_units));
	escape_shorten(b, from, max_units);
}
