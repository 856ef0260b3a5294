/*
 * Writes values as JSON (RFC 8259), one member at a time, into a bounded buffer. Trusts no text.
 * What does not fit sets the buffer's flag; the caller rolls back or gives up.
 */
#include "notify/jsonw.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "conf/channel.h"

static void
begin(struct buf *b, const char *key)
{
	if (b->len > 0 && strchr("{[", b->data[b->len - 1]) == NULL)
		buf_addc(b, ',');
	if (key == NULL)
		return;
	buf_addc(b, '"');
	buf_add_json(b, key, strlen(key));
	buf_adds(b, "\":");
}

void
jsonw_open(struct buf *b, const char *key, char bracket)
{
	begin(b, key);
	buf_addc(b, bracket);
}

void
jsonw_close(struct buf *b, char bracket)
{
	buf_addc(b, bracket);
}

void
jsonw_text(struct buf *b, const char *key, const char *text)
{
	begin(b, key);
	buf_addc(b, '"');
	buf_add_json(b, text, strlen(text));
	buf_addc(b, '"');
}

void
jsonw_slot(struct buf *b, const char *key)
{
	begin(b, key);
	buf_adds(b, "\"" CHANNEL_SLOT "\"");
}

void
jsonw_number(struct buf *b, const char *key, double value)
{
	char digits[32];

	begin(b, key);
	if (!isfinite(value)) {
		buf_adds(b, "null");
		return;
	}
	/* the shorter form wherever it reads back as the same number */
	snprintf(digits, sizeof(digits), "%.15g", value);
	if (strtod(digits, NULL) != value)
		snprintf(digits, sizeof(digits), "%.17g", value);
	buf_adds(b, digits);
}

void
jsonw_integer(struct buf *b, const char *key, int64_t value)
{
	begin(b, key);
	buf_addf(b, "%lld", (long long)value);
}

void
jsonw_bool(struct buf *b, const char *key, bool value)
{
	begin(b, key);
	buf_adds(b, value ? "true" : "false");
}

void
jsonw_time(struct buf *b, const char *key, int64_t wall_ms)
{
	char text[CLOCK_ISO8601_MAX];

	begin(b, key);
	if (wall_ms == 0)
		buf_adds(b, "null");
	else
		buf_addf(b, "\"%s\"", clock_iso8601(wall_ms, text));
}
