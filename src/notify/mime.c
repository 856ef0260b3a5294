/*
 * Turns text into the lines of a mail. Trusts none: whatever could end a field or a line is
 * encoded, so a header can be forged by nobody. What is encoded is cut between whole characters; a
 * byte that is no UTF-8 is encoded as it is.
 */
#include "notify/mime.h"

#include <string.h>
#include <time.h>

#include "base/str.h"
#include "conf/string_check.h"

#define LINE_MAX_CHARS 76
#define SHORT_BYTES 40 /* not worth being unreadable for */
#define WORD_START "=?utf-8?Q?"
#define WORD_END "?="

static const char hex[] = "0123456789ABCDEF";

static bool
is_alnum(unsigned char c)
{
	return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z');
}

/* Characters since the last line began. */
static size_t
column(const struct buf *b)
{
	const char *line = memrchr(b->data, '\n', b->len);

	return b->len - (line == NULL ? 0 : (size_t)(line + 1 - b->data));
}

/* What a reader shows as it stands and a folding cannot change. */
static bool
is_plain(const char *text, size_t len)
{
	size_t word = 0;

	for (size_t i = 0; i < len; i++) {
		unsigned char c = (unsigned char)text[i];

		if (c < 0x20 || c >= 0x7f || (c == '=' && i + 1 < len && text[i + 1] == '?'))
			return false;
		if (c == ' ' && (i == 0 || i + 1 == len || text[i + 1] == ' '))
			return false;
		word = c == ' ' ? 0 : word + 1;
		if (word > LINE_MAX_CHARS - 20)
			return false;
	}
	return len > 0;
}

static void
add_folded(struct buf *b, const char *text, size_t len)
{
	for (size_t i = 0; i < len;) {
		const char *blank = memchr(text + i + 1, ' ', len - i - 1);
		size_t n = blank == NULL ? len - i : (size_t)(blank - text) - i;

		if (text[i] == ' ' && column(b) + n > LINE_MAX_CHARS)
			buf_adds(b, "\r\n");
		buf_add(b, text + i, n);
		i += n;
	}
}

static size_t
add_hex(unsigned char c, char out[3])
{
	out[0] = '=';
	out[1] = hex[c >> 4];
	out[2] = hex[c & 15];
	return 3;
}

/* One byte in the Q encoding, in the form that is right in a phrase too (RFC 2047, 5). */
static size_t
encode_byte(unsigned char c, char out[3])
{
	if (is_alnum(c) || c == ' ') {
		out[0] = c == ' ' ? '_' : (char)c;
		return 1;
	}
	return add_hex(c, out);
}

static void
add_encoded(struct buf *b, const char *text, size_t len)
{
	bool open = false;

	for (size_t i = 0; i < len;) {
		size_t n = str_utf8_len(text + i, len - i), used = 0;
		char code[12];

		n = n == 0 ? 1 : n;
		for (size_t k = 0; k < n; k++)
			used += encode_byte((unsigned char)text[i + k], code + used);
		if (open && column(b) + used + strlen(WORD_END) > LINE_MAX_CHARS) {
			buf_adds(b, WORD_END "\r\n ");
			open = false;
		}
		if (!open)
			buf_adds(b, WORD_START);
		open = true;
		buf_add(b, code, used);
		i += n;
	}
	buf_adds(b, open ? WORD_END : "");
}

void
mime_header(struct buf *b, const char *name, const char *text)
{
	size_t len = strlen(text);

	buf_addf(b, "%s: ", name);
	if (is_plain(text, len))
		add_folded(b, text, len);
	else
		add_encoded(b, text, len);
	buf_adds(b, "\r\n");
}

/* A name without anything that would need quoting within quotes. */
static bool
is_quotable(const char *text, size_t len)
{
	return is_plain(text, len) && len <= 40 && memchr(text, '"', len) == NULL &&
	       memchr(text, '\\', len) == NULL;
}

void
mime_mailbox(struct buf *b, const char *name, const char *address)
{
	const struct string_check_address a = string_check_split_address(address);

	if (name != NULL)
		buf_addf(b, "%s: ", name);
	else
		buf_adds(b, ",\r\n ");
	if (a.name_len == 0) {
		buf_add(b, a.mailbox, a.mailbox_len);
		return;
	}
	if (is_quotable(a.name, a.name_len)) {
		buf_addc(b, '"');
		buf_add(b, a.name, a.name_len);
		buf_addc(b, '"');
	} else {
		add_encoded(b, a.name, a.name_len);
	}
	buf_adds(b, column(b) + a.mailbox_len + 3 > LINE_MAX_CHARS ? "\r\n <" : " <");
	buf_add(b, a.mailbox, a.mailbox_len);
	buf_addc(b, '>');
}

void
mime_date(struct buf *b, int64_t wall_ms)
{
	static const char days[] = "SunMonTueWedThuFriSat";
	static const char months[] = "JanFebMarAprMayJunJulAugSepOctNovDec";
	time_t secs = wall_ms / 1000;
	struct tm tm;

	if (gmtime_r(&secs, &tm) == NULL)
		return;
	buf_addf(b, "Date: %.3s, %d %.3s %d %02d:%02d:%02d +0000\r\n", days + 3 * tm.tm_wday,
	    tm.tm_mday, months + 3 * tm.tm_mon, tm.tm_year + 1900, tm.tm_hour, tm.tm_min,
	    tm.tm_sec);
}

/*
 * One byte of a quoted-printable line. A blank at the end of a line is encoded, as is the start of
 * one that old programs would change on the way: "From " and a dot.
 */
static size_t
quote_byte(const char *text, size_t len, size_t i, char out[3])
{
	unsigned char c = (unsigned char)text[i];
	bool first = i == 0 || text[i - 1] == '\n', last = i + 1 == len || text[i + 1] == '\n';
	bool fragile = first && (c == '.' || (len - i >= 5 && memcmp(text + i, "From ", 5) == 0));

	if (c == ' ' ? !last : c > 0x20 && c < 0x7f && c != '=' && !fragile) {
		out[0] = (char)c;
		return 1;
	}
	return add_hex(c, out);
}

static void
add_quoted(struct buf *b, const char *text, size_t len)
{
	size_t col = 0;

	for (size_t i = 0; i < len; i++) {
		char code[3];
		size_t n;

		if (text[i] == '\n') {
			buf_adds(b, "\r\n");
			col = 0;
			continue;
		}
		n = quote_byte(text, len, i, code);
		if (col + n > LINE_MAX_CHARS - 1) {
			buf_adds(b, "=\r\n");
			col = 0;
		}
		buf_add(b, code, n);
		col += n;
	}
	buf_adds(b, col > 0 ? "\r\n" : "");
}

static size_t
quoted_size(const char *text, size_t len)
{
	size_t size = 0;
	char code[3];

	for (size_t i = 0; i < len; i++)
		size += quote_byte(text, len, i, code);
	return size;
}

/* Lines end with CR LF in what is encoded, too (RFC 2046, 4.1.1). */
static void
add_base64(struct buf *b, const char *text, size_t len)
{
	char line[LINE_MAX_CHARS / 4 * 3];
	size_t used = 0;

	for (size_t i = 0; i < len; i++) {
		for (int k = text[i] == '\n' ? 0 : 1; k < 2; k++) {
			line[used++] = k == 0 ? '\r' : text[i];
			if (used < sizeof(line))
				continue;
			buf_add_base64(b, line, used);
			buf_adds(b, "\r\n");
			used = 0;
		}
	}
	buf_add_base64(b, line, used);
	buf_adds(b, used > 0 ? "\r\n" : "");
}

void
mime_part(struct buf *b, const char *type, const char *text, size_t len)
{
	bool quoted = quoted_size(text, len) <= len / 3 * 4 + SHORT_BYTES;

	buf_addf(b,
	    "Content-Type: %s; charset=utf-8\r\n"
	    "Content-Transfer-Encoding: %s\r\n\r\n",
	    type, quoted ? "quoted-printable" : "base64");
	if (quoted)
		add_quoted(b, text, len);
	else
		add_base64(b, text, len);
}
