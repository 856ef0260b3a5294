/*
 * Writing JSON member by member. Commas come by themselves. key NULL: an element of an array. Texts
 * may be any bytes (invalid UTF-8 becomes U+FFFD).
 */
#ifndef NOTIFY_JSONW_H
#define NOTIFY_JSONW_H

#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"

void jsonw_open(struct buf *b, const char *key, char bracket); /* '{' or '[' */
void jsonw_close(struct buf *b, char bracket);                 /* '}' or ']' */
void jsonw_text(struct buf *b, const char *key, const char *text);
void jsonw_slot(struct buf *b, const char *key); /* a text that the courier puts there */
void jsonw_number(struct buf *b, const char *key, double value); /* NAN, infinite: null */
void jsonw_integer(struct buf *b, const char *key, int64_t value);
void jsonw_bool(struct buf *b, const char *key, bool value);
void jsonw_time(struct buf *b, const char *key, int64_t wall_ms); /* ISO 8601; 0: null */

#endif
