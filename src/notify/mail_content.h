/*
 * What a mail says, before it is text or HTML: a headline, paragraphs, rows of name and value, a
 * list, a footer. Everything in it is printable; the HTML form escapes it.
 */
#ifndef NOTIFY_MAIL_CONTENT_H
#define NOTIFY_MAIL_CONTENT_H

#include "notify/sentence.h"

#define MAIL_CONTENT_CAP 16384
#define MAIL_CONTENT_ITEMS_MAX 240

enum mail_item { MAIL_HEADLINE, MAIL_PARAGRAPH, MAIL_ROW, MAIL_LINE, MAIL_FOOTER };

struct mail_content {
	const char *colour; /* of the headline, "#rrggbb" */
	size_t count;
	struct {
		enum mail_item kind;
		const char *name; /* of a row */
		size_t at;        /* its text, NUL-terminated, in text; the headline is the first */
	} items[MAIL_CONTENT_ITEMS_MAX];
	char storage[MAIL_CONTENT_CAP];
	struct buf text;
};

/* msg escapes with escape_plain. */
void mail_content_fill(struct mail_content *content, const struct message *msg);

void mail_content_text(const struct mail_content *content, struct buf *b);
void mail_content_html(const struct mail_content *content, struct buf *b);

#endif
