/*
 * The operator's words in place of ours, in a message about one alert. The first line stands where
 * the headline would (title, subject), the others where the text below it would. Everything else of
 * the message stays: colour, fields, the mark that it is late.
 */
#ifndef NOTIFY_TEMPLATE_H
#define NOTIFY_TEMPLATE_H

#include "notify/sentence.h"

#define TEMPLATE_LINE_UNITS 500  /* of the first line, at most */
#define TEMPLATE_TEXT_UNITS 2500 /* of the others together */

/*
 * True when the message is told in the operator's words: one alert fires or ends, on a channel that
 * has a template, and the service has not refused it before.
 */
bool template_applies(const struct message *msg);

/* If it applies. Lines of the text are separated by line feeds; there may be none. */
void template_add_line(const struct message *msg, struct buf *b);
void template_add_text(const struct message *msg, struct buf *b);

#endif
