/*
 * Bytes of an HTTP answer: header lines up to an empty one, then the body. Whatever they are, the
 * outcome is one of the table, the wait is ranged, the text bounded, printable, and without the
 * secret.
 */
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/str.h"
#include "courier/reply.h"
#include "courier/service.h"

#define NOW_MS 1795380901000
#define TOKEN "S3cretTokenOfTheWebhook"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
check(const struct delivery *d)
{
	size_t len = strnlen(d->text, sizeof(d->text));

	if (d->outcome < DELIVERY_DELIVERED || d->outcome >= DELIVERY_OUTCOMES)
		abort();
	if (d->retry_after_ms < 0 || d->retry_after_ms > REPLY_WAIT_MAX_MS)
		abort();
	if (len == sizeof(d->text) || !str_utf8_valid(d->text, len) ||
	    strstr(d->text, TOKEN) != NULL)
		abort();
	for (size_t i = 0; i < len; i++) {
		if ((unsigned char)d->text[i] < 0x20 || d->text[i] == 0x7f)
			abort();
	}
}

/* Gives the body in pieces of changing length. */
static void
feed_body(struct reply *r, const char *p, size_t len)
{
	for (size_t piece = 1; len > 0; piece = piece * 3 + 1) {
		size_t n = piece < len ? piece : len;

		if (!reply_body(r, p, n))
			return;
		p += n;
		len -= n;
	}
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static char url[] = "https://example.org/hook/" TOKEN;
	static struct reply r;
	static char token[] = "bot-" TOKEN;
	const struct conf_channel channel = {.url = url, .token = token};
	const char *p = (const char *)data, *end = p + size;
	struct delivery d;
	struct mask mask;

	reply_init(&r);
	mask_init(&mask, &channel);
	while (p < end && !r.complete) {
		const char *nl = memchr(p, '\n', (size_t)(end - p));
		size_t len = nl == NULL ? (size_t)(end - p) : (size_t)(nl - p) + 1;

		if (!reply_header(&r, p, len, NOW_MS))
			return 0;
		p += len;
	}
	feed_body(&r, p, (size_t)(end - p));
	for (int id = 0; id < CHANNEL_COUNT; id++) {
		r.verdicts = service_of((enum channel_id)id)->verdicts;
		reply_judge(&r, &mask, &d);
		check(&d);
	}
	return 0;
}

#include "tests/fuzz/replay_main.h"
