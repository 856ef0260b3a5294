/*
 * Untrusted text into the text of a service, and shortening that never breaks what escaping made.
 * Lengths are UTF-16 code units: services count those or code points, and there are never fewer.
 */
#ifndef NOTIFY_ESCAPE_H
#define NOTIFY_ESCAPE_H

#include <stdbool.h>
#include <stddef.h>

#include "base/buf.h"

/* How untrusted text enters a sentence: buf_add, buf_add_visible and escape_discord are such. */
typedef void escape_fn(struct buf *b, const char *text, size_t len);

/*
 * Discord markdown that shows text as it is; mentions in it ping nobody, for the message as a whole
 * forbids that. Control bytes, invalid UTF-8 and characters that hide or turn text around come out
 * as \xNN and \uNNNN.
 */
escape_fn escape_discord;

/* The same for Slack's objects of type plain_text, in which only & < > mean anything. */
escape_fn escape_slack;

/*
 * The same for Telegram: HTML, and text without markup. It makes a link of each @name, which pings
 * somebody, and of each /word, which a tap sends as a command. What begins so is put between these
 * two marks (see notify/code_span.h), for a code span is not looked into, and what is copied from
 * it is the text itself: no character may be put into a path. Text from outside cannot hold the
 * marks.
 */
#define ESCAPE_CODE_OPEN '\x02'
#define ESCAPE_CODE_CLOSE '\x03'
escape_fn escape_telegram;
escape_fn escape_telegram_plain;

/* Text without markup: only what cannot be shown, or turns text around, is spelled as above. */
escape_fn escape_plain;

/* Invalid bytes count one each, the marks of a code span nothing. */
size_t escape_units(const char *text, size_t len);

/*
 * Cuts what b holds from byte `from` on to max_units (at least 1), the ellipsis it then ends with
 * included; a backslash stays with its character, an entity as "&amp;" and a UTF-8 sequence stay
 * whole, and a code span that is cut is closed. True if it cut. The second counts bytes (at least
 * 3).
 */
bool escape_shorten(struct buf *b, size_t from, size_t max_units);
bool escape_shorten_bytes(struct buf *b, size_t from, size_t max_bytes);

/* Appends text through fn, shortened to max_units. */
void escape_add(struct buf *b, escape_fn *fn, const char *text, size_t max_units);

#endif
