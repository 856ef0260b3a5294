/*
 * One line of a table, as wide as a terminal: parts that find no room are left out whole, so that
 * what stands first is never cut by what comes later. Colours take no room.
 */
#ifndef SHOW_LINE_H
#define SHOW_LINE_H

#include <stdbool.h>

#include "base/buf.h"
#include "base/printf_like.h"

#define LINE_BAR_CELLS 10

struct line {
	struct buf *out;
	int columns, at; /* that it may have; that it has */
	bool colour;
};

/*
 * Columns that text takes, or its bytes from p to end: of valid UTF-8 without control bytes. A
 * terminal shows East Asian characters two columns wide; from U+0800 on everything counts so, but
 * the blocks, lines and dots of U+2000 to U+2FFF: a line that is too short is better than one that
 * breaks by itself.
 */
int line_columns(const char *text);
int line_columns_of(const char *p, const char *end);

/* What has room is added, before what is to its right; false: there was no room. text is trusted to
 * be visible. */
bool line_add(struct line *l, const char *text);
bool line_addf(struct line *l, const char *fmt, ...) PRINTF_LIKE(2, 3);
/* The same in a colour, a code of SGR (ECMA-48); "": none. */
bool line_paint(struct line *l, const char *code, const char *text);

/* Text from outside, made visible, in so many columns at most: a longer one keeps its end, which
 * tells paths apart. pad: in exactly so many. */
void line_add_name(struct line *l, const char *name, int columns, bool pad);

/* What a line begins with: a word, "" below it. */
void line_label(struct line *l, const char *name);

/* "██████▏░░░  61.2%" in a colour. */
void line_add_bar(struct line *l, const char *code, double percent);

/* Blanks up to a column, if it is not there yet. */
void line_pad(struct line *l, int column);
void line_end(struct line *l);

#endif
