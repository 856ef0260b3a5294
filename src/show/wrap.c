/*
 * Breaks text into lines, by the columns that a terminal shows it in (show/line.h).
 */
#include "show/wrap.h"

#include <string.h>

#include "base/num.h"
#include "base/str.h"
#include "show/line.h"

#define TEXT_MAX 2048 /* of one text, made visible; the rest is left out */

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
		wide = line_columns_of(p, p + len);
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
		int wide = line_columns_of(p, end), gap = p > visible;

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
