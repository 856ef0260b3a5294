/*
 * Encodes secrets as others do: URLs (RFC 3986), JSON, HTML, Basic and PLAIN logins (RFC 4648),
 * mails (RFC 2045). How they break lines is not followed.
 */
#include "courier/secret_form.h"

#include <stdbool.h>
#include <string.h>

#include "base/str.h"

static const char upper[] = "0123456789ABCDEF", lower[] = "0123456789abcdef";

static bool
is_unreserved(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
	       (c != '\0' && strchr("-._~", c) != NULL);
}

static void
add_hex(struct buf *b, char mark, const char digits[], char c)
{
	buf_addc(b, mark);
	buf_addc(b, digits[(unsigned char)c >> 4]);
	buf_addc(b, digits[(unsigned char)c & 15]);
}

static void
add_percent(struct buf *b, const char digits[], const char *open, const char *secret, size_t len)
{
	for (size_t i = 0; i < len; i++) {
		if (is_unreserved(secret[i]) ||
		    (secret[i] != '\0' && strchr(open, secret[i]) != NULL))
			buf_addc(b, secret[i]);
		else
			add_hex(b, '%', digits, secret[i]);
	}
}

static void
in_url(struct buf *b, const char *secret, size_t len)
{
	add_percent(b, upper, "", secret, len);
}

static void
in_url_lower(struct buf *b, const char *secret, size_t len)
{
	add_percent(b, lower, "", secret, len);
}

static void
in_path(struct buf *b, const char *secret, size_t len)
{
	add_percent(b, upper, "/:!$&'()*+,;=@", secret, len);
}

static void
in_json(struct buf *b, const char *secret, size_t len)
{
	buf_add_json(b, secret, len);
}

static void
in_json_slashed(struct buf *b, const char *secret, size_t len)
{
	for (size_t from = 0, to; from < len; from = to + 1) {
		for (to = from; to < len && secret[to] != '/';)
			to++;
		buf_add_json(b, secret + from, to - from);
		if (to < len)
			buf_adds(b, "\\/");
	}
}

/* As programs write it that keep to ASCII; a character past 16 bits is two. */
static void
in_json_ascii(struct buf *b, const char *secret, size_t len)
{
	for (size_t i = 0, n; i < len; i += n) {
		unsigned c;

		n = str_utf8_len(secret + i, len - i);
		if (n <= 1) {
			buf_add_json(b, secret + i, n = 1);
			continue;
		}
		c = str_code_point(secret + i, n);
		if (c >= 0x10000)
			buf_addf(b, "\\u%04x\\u%04x", 0xd7c0 + (c >> 10), 0xdc00 + (c & 0x3ff));
		else
			buf_addf(b, "\\u%04x", c);
	}
}

static void
in_html(struct buf *b, const char *secret, size_t len)
{
	static const char marks[] = "&<>\"'";
	static const char *const names[] = {"&amp;", "&lt;", "&gt;", "&quot;", "&#39;"};

	for (size_t i = 0; i < len; i++) {
		const char *mark = secret[i] == '\0' ? NULL : strchr(marks, secret[i]);

		if (mark != NULL)
			buf_adds(b, names[mark - marks]);
		else
			buf_addc(b, secret[i]);
	}
}

static void
in_login(struct buf *b, const char *secret, size_t len)
{
	buf_add_base64(b, secret, len);
}

static void
in_mail(struct buf *b, const char *secret, size_t len)
{
	for (size_t i = 0; i < len; i++) {
		if (secret[i] >= ' ' && secret[i] <= '~' && secret[i] != '=')
			buf_addc(b, secret[i]);
		else
			add_hex(b, '=', upper, secret[i]);
	}
}

secret_form_fn *const secret_forms[] = {in_url, in_url_lower, in_path, in_json, in_json_slashed,
    in_json_ascii, in_html, in_login, in_mail};
const size_t secret_form_count = sizeof(secret_forms) / sizeof(secret_forms[0]);

static int
digit(char c)
{
	const char *in_lower = strchr(lower, c), *in_upper = strchr(upper, c);

	if (c == '\0' || (in_lower == NULL && in_upper == NULL))
		return -1;
	return in_lower != NULL ? (int)(in_lower - lower) : (int)(in_upper - upper);
}

void
secret_form_decode(struct buf *b, const char *text, size_t len)
{
	for (size_t i = 0; i < len; i++) {
		int high = i + 2 < len && text[i] == '%' ? digit(text[i + 1]) : -1;
		int low = high < 0 ? -1 : digit(text[i + 2]);

		if (low < 0) {
			buf_addc(b, text[i]);
			continue;
		}
		buf_addc(b, (char)(high << 4 | low));
		i += 2;
	}
}
