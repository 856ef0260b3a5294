/*
 * What a mail says, before it is text or HTML: a headline, paragraphs, rows of name and value, a
 * list, a footer. Everything in it is printable; the HTML form escapes it.
 */
#ifndef NOTIFY_MAIL_SHEET_H
#define NOTIFY_MAIL_SHEET_H

#include "notify/words.h"

#define MAIL_SHEET_CAP 16384
#define MAIL_SHEET_ITEMS_MAX 240

enum mail_item { MAIL_HEADLINE, MAIL_PARAGRAPH, MAIL_ROW, MAIL_LINE, MAIL_FOOTER };

struct mail_sheet {
	const char *colour; /* of the headline, "#rrggbb" */
	size_t count;
	struct {
		enum mail_item kind;
		const char *name; /* of a row */
		size_t at;        /* its text, NUL-terminated, in text; the headline is the first */
	} items[MAIL_SHEET_ITEMS_MAX];
	char storage[MAIL_SHEET_CAP];
	struct buf text;
};

/* w escapes with escape_plain. */
void mail_sheet_fill(struct mail_sheet *sheet, const struct words *w);

void mail_sheet_text(const struct mail_sheet *sheet, struct buf *b);
void mail_sheet_html(const struct mail_sheet *sheet, struct buf *b);

#endif
