/*
 * Breaks text into lines. A terminal shows East Asian characters two columns wide; here everything
 * from U+0800 on counts so, for a line that is too short is better than one that breaks by itself.
 */
#include "show/wrap.h"

#include <string.h>

#include "base/num.h"
#include "base/str.h"

#define TEXT_MAX 2048 /* of one text, made visible; the rest is left out */

/* Columns of the bytes from p to end, which are valid UTF-8. */
static int
count_columns(const char *p, const char *end)
{
	int n = 0;

	for (; p < end; p++) {
		if (((unsigned char)*p & 0xc0) != 0x80)
			n += (unsigned char)*p >= 0xe0 ? 2 : 1;
	}
	return n;
}

static void
break_line(struct buf *b, int indent)
{
	buf_addf(b, "\n%*s", indent, "");
}

/* A word that is too long for any line, from column at on; returns where it ends. */
static int
add_long(struct buf *b, const char *p, const char *end, int at, int indent, int columns)
{
	while (p < end) {
		size_t len = str_utf8_len(p, (size_t)(end - p));
		int wide;

		len = len == 0 ? 1 : len;
		wide = count_columns(p, p + len);
		if (at + wide > columns) {
			break_line(b, indent);
			at = indent;
		}
		buf_add(b, p, len);
		at += wide;
		p += len;
	}
	return at;
}

void
wrap_add(struct buf *b, const char *text, int at, int indent, int columns)
{
	char visible[TEXT_MAX];
	struct buf v;

	buf_init(&v, visible, sizeof(visible));
	buf_add_visible(&v, text, strlen(text));
	for (const char *p = visible; *p != '\0';) {
		const char *end = p + strcspn(p, " ");
		int wide = count_columns(p, end), gap = p > visible;

		if (at + gap + wide <= columns || at == indent) {
			buf_adds(b, gap && at > indent ? " " : "");
			at += gap && at > indent;
		} else {
			break_line(b, indent);
			at = indent;
		}
		at = add_long(b, p, end, at, indent, columns);
		p = end + strspn(end, " ");
	}
	buf_addc(b, '\n');
}
