/*
 * The forms of a mail message (RFC 5322, 2045, 2047): header fields that are folded, encoded where
 * they must be, and one field whatever is in them; bodies of 7-bit lines of at most 76 characters.
 * Lines end with CR LF. Text is UTF-8; line feeds in it are taken for what they are in bodies only.
 */
#ifndef NOTIFY_MIME_H
#define NOTIFY_MIME_H

#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"

/* An unstructured field, such as a subject. */
void mime_header(struct buf *b, const char *name, const char *text);

/* "alerts@example.org" and "Name <alerts@example.org>" as conf/string_check.h has them; the first
 * of a list has the name of the field, the others NULL. The line is left open. */
void mime_mailbox(struct buf *b, const char *name, const char *address);

/* "Date: Sun, 22 Nov 2026 20:55:01 +0000" */
void mime_date(struct buf *b, int64_t wall_ms);

/* Content-Type, encoding, an empty line and the text: quoted-printable, or base64 if shorter. */
void mime_part(struct buf *b, const char *type, const char *text, size_t len);

#endif
