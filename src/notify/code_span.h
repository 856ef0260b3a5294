/*
 * Code spans of a text, from the marks that escape.h puts around them to how Telegram wants them.
 */
#ifndef NOTIFY_CODE_SPAN_H
#define NOTIFY_CODE_SPAN_H

#include <stddef.h>

#include "base/buf.h"

#define CODE_SPANS_MAX 100 /* the service takes no more entities */

/* In UTF-16 code units of the text without marks. */
struct code_span {
	size_t offset, length;
};

/*
 * HTML whose marks become tags. A span ends at the end of its line or where a tag begins; inside of
 * a tag, of <code> or of <pre>, which an operator's template may have, there are none.
 */
void code_span_html(const char *marked, struct buf *out);

/* Text whose marks are taken out; how many spans there are, CODE_SPANS_MAX at most. */
size_t code_span_strip(const char *marked, struct buf *out, struct code_span spans[CODE_SPANS_MAX]);

#endif
