/*
 * Parts to a line. Trusts its texts to be visible where they are not names; a name is made so, and
 * cut between characters.
 */
#include "show/line.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#define PART_MAX 512
#define LABEL_COLUMNS 6

static int
columns_at(const char *p)
{
	unsigned char lead = (unsigned char)*p;

	if ((lead & 0xc0) == 0x80)
		return 0;
	return lead >= 0xe0 && lead != 0xe2 ? 2 : 1;
}

int
line_columns_of(const char *p, const char *end)
{
	int n = 0;

	for (; p < end; p++)
		n += columns_at(p);
	return n;
}

int
line_columns(const char *text)
{
	return line_columns_of(text, text + strlen(text));
}

static void
paint(struct line *l, const char *code)
{
	if (l->colour && code[0] != '\0')
		buf_addf(l->out, "\033[%sm", code);
}

bool
line_paint(struct line *l, const char *code, const char *text)
{
	int columns = line_columns(text);

	if (l->at + columns > l->columns)
		return false;
	paint(l, code);
	buf_adds(l->out, text);
	if (code[0] != '\0')
		paint(l, "0");
	l->at += columns;
	return true;
}

bool
line_add(struct line *l, const char *text)
{
	return line_paint(l, "", text);
}

bool
line_addf(struct line *l, const char *fmt, ...)
{
	char text[PART_MAX];
	struct buf b;
	va_list ap;

	buf_init(&b, text, sizeof(text));
	va_start(ap, fmt);
	buf_addv(&b, fmt, ap);
	va_end(ap);
	return !b.full && line_add(l, text);
}

void
line_add_name(struct line *l, const char *name, int columns, bool pad)
{
	char text[PART_MAX];
	const char *from = text;
	int end = l->at + columns;
	struct buf b;

	buf_init(&b, text, sizeof(text));
	buf_add_visible(&b, name, strlen(name));
	if (line_columns(text) > columns && columns > 0) {
		while (line_columns(from) > columns - 1) {
			do
				from++;
			while (columns_at(from) == 0 && *from != '\0');
		}
		line_add(l, "…");
	}
	line_add(l, from);
	if (pad)
		line_pad(l, end);
}

void
line_label(struct line *l, const char *name)
{
	line_paint(l, "1", name);
	line_pad(l, LABEL_COLUMNS);
}

void
line_add_bar(struct line *l, const char *code, double percent)
{
	static const char *const eighths[] = {" ", "▏", "▎", "▍", "▌", "▋", "▊", "▉"};
	int filled = (int)(fmin(fmax(percent, 0), 100) / 100 * LINE_BAR_CELLS * 8 + 0.5);
	char text[PART_MAX];
	struct buf b;

	buf_init(&b, text, sizeof(text));
	for (int i = 0; i < LINE_BAR_CELLS; i++, filled -= 8)
		buf_adds(&b, filled >= 8 ? "█" : filled > 0 ? eighths[filled] : "░");
	buf_addf(&b, " %5.1f%%", percent);
	line_paint(l, code, text);
}

void
line_pad(struct line *l, int column)
{
	while (l->at < column && line_add(l, " "))
		continue;
}

void
line_end(struct line *l)
{
	buf_addc(l->out, '\n');
	l->at = 0;
}
