/*
 * A host's name to one that a mail server takes: what no domain name may have becomes a hyphen, a
 * name without a domain gets the sender's. Servers refuse a greeting for a single underscore, and
 * then nothing is ever mailed; a name that is not quite the host's is only seen in their logs.
 */
#include "courier/own_name.h"

#include <stdbool.h>
#include <string.h>

#include "base/buf.h"

#define LABEL_MAX 63
#define STAND_IN "sysops-agent" /* of a host whose name has nothing to go by */

static bool
is_alphanumeric(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
}

/* Letters, digits and hyphens; neither end is a hyphen. False: nothing is left, nothing was added.
 */
static bool
add_label(struct buf *b, const char *text, size_t len)
{
	while (len > 0 && !is_alphanumeric(text[0])) {
		text++;
		len--;
	}
	len = len > LABEL_MAX ? LABEL_MAX : len;
	while (len > 0 && !is_alphanumeric(text[len - 1]))
		len--;
	if (len == 0)
		return false;
	buf_adds(b, b->len > 0 ? "." : "");
	for (size_t i = 0; i < len; i++)
		buf_addc(b, is_alphanumeric(text[i]) ? text[i] : '-');
	return true;
}

/* How many labels there were. */
static int
add_labels(struct buf *b, const char *text)
{
	int count = 0;

	while (*text != '\0') {
		size_t len = strcspn(text, ".");

		count += add_label(b, text, len);
		text += len + (text[len] == '.');
	}
	return count;
}

/* An address, or the end of one, is no domain. */
static bool
ends_in_number(const char *name)
{
	const char *dot = strrchr(name, '.'), *last = dot == NULL ? name : dot + 1;

	return strspn(last, "0123456789") == strlen(last);
}

void
own_name_make(const char *host, const char *domain, char out[OWN_NAME_MAX])
{
	struct buf b;
	int labels;

	buf_init(&b, out, OWN_NAME_MAX);
	labels = add_labels(&b, host);
	if (labels == 0)
		buf_adds(&b, STAND_IN);
	if (labels < 2 || ends_in_number(out))
		add_labels(&b, domain);
	if (!b.full)
		return;
	buf_init(&b, out, OWN_NAME_MAX);
	if (add_labels(&b, domain) == 0 || b.full) {
		buf_init(&b, out, OWN_NAME_MAX);
		buf_adds(&b, STAND_IN);
	}
}
