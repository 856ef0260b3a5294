/*
 * Appends text and escaped bytes to a buffer of fixed size. What is appended is not trusted to be
 * text. What does not fit is cut, and a flag says so: the caller decides what that means.
 */
#include "base/buf.h"

#include <assert.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "base/str.h"

void
buf_init(struct buf *b, char *storage, size_t cap)
{
	assert(cap > 0);
	b->data = storage;
	b->cap = cap;
	buf_clear(b);
}

void
buf_add(struct buf *b, const char *bytes, size_t len)
{
	size_t room = b->cap - 1 - b->len;

	if (len > room) {
		len = room;
		b->full = true;
	}
	if (len > 0)
		memcpy(b->data + b->len, bytes, len);
	b->len += len;
	b->data[b->len] = '\0';
}

void
buf_adds(struct buf *b, const char *text)
{
	buf_add(b, text, strlen(text));
}

void
buf_addc(struct buf *b, char c)
{
	buf_add(b, &c, 1);
}

void
buf_addv(struct buf *b, const char *fmt, va_list ap)
{
	size_t room = b->cap - b->len;
	int n = vsnprintf(b->data + b->len, room, fmt, ap);

	if (n < 0) {
		b->data[b->len] = '\0';
		b->full = true;
	} else if ((size_t)n >= room) {
		b->len = b->cap - 1;
		b->full = true;
	} else {
		b->len += (size_t)n;
	}
}

void
buf_addf(struct buf *b, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	buf_addv(b, fmt, ap);
	va_end(ap);
}

/* A byte that is not UTF-8 is its own value. */
static uint32_t
code_of(const char *p, size_t n)
{
	return n == 0 ? (uint8_t)*p : str_code_point(p, n);
}

static bool
is_control(uint32_t code)
{
	return code < 0x20 || (code >= 0x7f && code < 0xa0);
}

/* Characters that show nothing, or that reverse what follows them (Unicode TR 36). */
static bool
is_hidden(uint32_t code)
{
	static const struct {
		uint32_t first, last;
	} hidden[] = {{0x00ad, 0x00ad}, {0x061c, 0x061c}, {0x115f, 0x1160}, {0x180e, 0x180e},
	    {0x200b, 0x200f}, {0x2028, 0x202e}, {0x2060, 0x206f}, {0x3164, 0x3164},
	    {0xfeff, 0xfeff}, {0xffa0, 0xffa0}, {0xfff9, 0xfffb}, {0xe0000, 0xe007f}};

	for (size_t i = 0; i < sizeof(hidden) / sizeof(hidden[0]); i++) {
		if (code >= hidden[i].first && code <= hidden[i].last)
			return true;
	}
	return false;
}

bool
buf_add_spelled(struct buf *b, const char *p, size_t n, const char *backslash)
{
	uint32_t code = code_of(p, n);
	bool is_byte = n == 0 || is_control(code);

	if (!is_byte && !is_hidden(code))
		return false;
	buf_addf(b, is_byte ? "%sx%02x" : "%su%04x", backslash, (unsigned)code);
	return true;
}

void
buf_add_item(struct buf *b, const char *text)
{
	size_t before = b->len;

	if (b->full)
		return;
	buf_adds(b, before > 0 ? ", " : "");
	buf_adds(b, text);
	if (b->full) /* and stays so: the next one is no substitute */
		buf_rewind(b, (struct buf_mark){before, true});
}

void
buf_add_visible(struct buf *b, const char *bytes, size_t len)
{
	for (size_t i = 0; i < len;) {
		size_t n = str_utf8_len(bytes + i, len - i);

		if (!buf_add_spelled(b, bytes + i, n, "\\"))
			buf_add(b, bytes + i, n);
		i += n == 0 ? 1 : n;
	}
}

/* Past the first plane as two surrogates. */
static void
add_json_number(struct buf *b, uint32_t code)
{
	if (code > 0xffff) {
		buf_addf(b, "\\u%04x", (unsigned)(0xd800 + ((code - 0x10000) >> 10)));
		code = 0xdc00 + ((code - 0x10000) & 0x3ff);
	}
	buf_addf(b, "\\u%04x", (unsigned)code);
}

void
buf_add_json(struct buf *b, const char *bytes, size_t len)
{
	size_t i = 0;

	while (i < len) {
		unsigned char c = (unsigned char)bytes[i];
		size_t n = str_utf8_len(bytes + i, len - i);

		if (n == 0) {
			buf_adds(b, "\xef\xbf\xbd");
			n = 1;
		} else if (c == '"' || c == '\\') {
			buf_addf(b, "\\%c", c);
		} else if (c == '\n') {
			buf_adds(b, "\\n");
		} else if (is_control(code_of(bytes + i, n)) || is_hidden(code_of(bytes + i, n))) {
			add_json_number(b, code_of(bytes + i, n));
		} else {
			buf_add(b, bytes + i, n);
		}
		i += n;
	}
}

void
buf_add_base64(struct buf *b, const char *bytes, size_t len)
{
	static const char digits[] =
	    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

	for (size_t i = 0; i < len; i += 3) {
		uint32_t bits = (uint32_t)(unsigned char)bytes[i] << 16;

		bits |= i + 1 < len ? (uint32_t)(unsigned char)bytes[i + 1] << 8 : 0;
		bits |= i + 2 < len ? (uint32_t)(unsigned char)bytes[i + 2] : 0;
		buf_addc(b, digits[bits >> 18]);
		buf_addc(b, digits[bits >> 12 & 63]);
		buf_addc(b, i + 1 < len ? digits[bits >> 6 & 63] : '=');
		buf_addc(b, i + 2 < len ? digits[bits & 63] : '=');
	}
}
