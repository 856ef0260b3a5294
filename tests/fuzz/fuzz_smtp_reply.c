/*
 * A conversation with a mail server: lines that start with '>' are commands, the others answers.
 * Whatever they are, the outcome is one of the table, and the text bounded, printable and without
 * the secret; delivered is only what was confirmed after DATA.
 */
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/str.h"
#include "courier/smtp_reply.h"

#define PASSWORD "S3cretPassword"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
check(const struct smtp_reply *t, const struct delivery *d)
{
	size_t len = strnlen(d->text, sizeof(d->text));

	if (d->outcome < DELIVERY_DELIVERED || d->outcome >= DELIVERY_OUTCOMES)
		abort();
	if ((d->outcome == DELIVERY_DELIVERED) != t->confirmed)
		abort();
	if (len == sizeof(d->text) || !str_utf8_valid(d->text, len) ||
	    strstr(d->text, PASSWORD) != NULL)
		abort();
	for (size_t i = 0; i < len; i++) {
		if ((unsigned char)d->text[i] < 0x20 || d->text[i] == 0x7f)
			abort();
	}
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static char password[] = PASSWORD, one[] = "a@example.org", two[] = "b@example.org";
	char *addresses[] = {one, two};
	const struct strings to = {addresses, 2};
	const struct conf_channel channel = {.password = password};
	const char *p = (const char *)data, *end = p + size;
	struct delivery d;
	static struct mask mask;
	struct smtp_reply t;

	if (mask.count == 0)
		mask_init(&mask, &channel);
	smtp_reply_init(&t, &to);
	while (p < end) {
		const char *nl = memchr(p, '\n', (size_t)(end - p));
		size_t len = nl == NULL ? (size_t)(end - p) : (size_t)(nl - p) + 1;

		if (*p == '>')
			smtp_reply_command(&t, p + 1, len - 1);
		else
			smtp_reply_line(&t, p, len);
		p += len;
	}
	if (smtp_reply_judge(&t, &mask, &d))
		check(&t, &d);
	return 0;
}

#include "tests/fuzz/replay_main.h"
