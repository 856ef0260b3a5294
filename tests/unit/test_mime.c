/*
 * Headers and bodies of mail from any text: their lines, and that what is encoded is what was
 * given. The system tests have Python's parser read whole messages.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "src/notify/mime.c"

static char storage[65536];
static struct buf out;

static const char *
header(const char *text)
{
	buf_init(&out, storage, sizeof(storage));
	mime_header(&out, "Subject", text);
	return storage;
}

static const char *
mailbox(const char *address)
{
	buf_init(&out, storage, sizeof(storage));
	mime_mailbox(&out, "To", address);
	return storage;
}

static const char *
part(const char *text)
{
	buf_init(&out, storage, sizeof(storage));
	mime_part(&out, "text/plain", text, strlen(text));
	return strstr(storage, "\r\n\r\n") + 4;
}

static void
check_lines(const char *text)
{
	while (*text != '\0') {
		const char *end = strstr(text, "\r\n");

		assert_non_null(end);
		assert_true(end - text <= 76);
		for (const char *p = text; p < end; p++)
			assert_true(*p >= 0x20 && *p < 0x7f);
		text = end + 2;
	}
}

static void
test_headers(void **state)
{
	(void)state;
	assert_string_equal(header("hello"), "Subject: hello\r\n");
	assert_string_equal(
	    header("a\r\nBcc: x@y"), "Subject: =?utf-8?Q?a=0D=0ABcc=3A_x=40y?=\r\n");
	assert_string_equal(header("\xc3\x9c"), "Subject: =?utf-8?Q?=C3=9C?=\r\n");
	assert_string_equal(header("=?x?="), "Subject: =?utf-8?Q?=3D=3Fx=3F=3D?=\r\n");
	assert_string_equal(header(" a"), "Subject: =?utf-8?Q?_a?=\r\n");
	header("one two three four five six seven eight nine ten eleven twelve thirteen fourteen");
	check_lines(storage);
	assert_non_null(strstr(storage, "\r\n "));
}

static void
test_mailboxes(void **state)
{
	(void)state;
	assert_string_equal(mailbox("a@b.example"), "To: a@b.example");
	assert_string_equal(mailbox("Ops <a@b.example>"), "To: \"Ops\" <a@b.example>");
	assert_string_equal(
	    mailbox("\"Ops, all\" <a@b.example>"), "To: \"Ops, all\" <a@b.example>");
	assert_string_equal(mailbox("A\"b <a@b.example>"), "To: =?utf-8?Q?A=22b?= <a@b.example>");
}

static void
test_date(void **state)
{
	(void)state;
	buf_init(&out, storage, sizeof(storage));
	mime_date(&out, 1795380901123);
	assert_string_equal(storage, "Date: Sun, 22 Nov 2026 20:55:01 +0000\r\n");
}

static void
test_bodies(void **state)
{
	char long_text[64];

	(void)state;
	assert_string_equal(
	    part("a=b \nFrom x\n.\nFree"), "a=3Db=20\r\n=46rom x\r\n=2E\r\nFree\r\n");
	assert_string_equal(part("a\r\n"), "a=0D\r\n");
	assert_string_equal(part("\xe2\x80\xa6"), "=E2=80=A6\r\n");
	for (size_t i = 0; i < 20; i++)
		memcpy(long_text + 3 * i, "\xe2\x80\xa6", 4);
	part(long_text);
	check_lines(storage);
	assert_non_null(strstr(storage, "base64\r\n\r\n4oCm4oCm"));
	long_text[0] = '\n'; /* its own half is no character any more, but bytes are bytes */
	assert_true(str_starts(part(long_text), "DQqApuKApuKA"));
	assert_string_equal(part(""), "");
}

static int
hex_of(char c)
{
	return c <= '9' ? c - '0' : c - 'A' + 10;
}

/* Decodes quoted-printable or the words of a header; LF for CR LF. */
static void
decode(const char *text, bool is_header, char *to)
{
	while (*text != '\0') {
		if (is_header && (str_starts(text, "=?utf-8?Q?") || str_starts(text, "?="))) {
			bool starts = text[0] == '=';

			text += starts ? 10 : 2;
			if (!starts && str_starts(text, "\r\n "))
				text += 3;
		} else if (str_starts(text, "=\r\n")) {
			text += 3;
		} else if (*text == '=') {
			*to++ = (char)(hex_of(text[1]) << 4 | hex_of(text[2]));
			text += 3;
		} else if (str_starts(text, "\r\n")) {
			*to++ = '\n';
			text += 2;
		} else {
			*to++ = is_header && *text == '_' ? ' ' : *text;
			text++;
		}
	}
	*to = '\0';
}

static void
random_text(unsigned *seed, char *text, size_t len)
{
	static const char *const pieces[] = {
	    "a", " ", "=", "\xc3\xa9", "\xe2\x80\xa6", "\xf0\x9f\x98\x80", "?=", "word", ".", "\t"};

	*text = '\0';
	while (strlen(text) + 5 < len) {
		const char *piece = pieces[rand_r(seed) % 10];

		memcpy(text + strlen(text), piece, strlen(piece) + 1);
	}
}

static void
test_what_is_encoded_is_what_was_given(void **state)
{
	unsigned seed = (unsigned)time(NULL);
	char text[400], back[4096];

	(void)state;
	print_message("seed %u\n", seed);
	for (int round = 0; round < 2000; round++) {
		random_text(&seed, text, 10 + (size_t)rand_r(&seed) % 380);
		header(text);
		check_lines(storage);
		if (strstr(storage, "=?utf-8") != NULL) {
			decode(storage + strlen("Subject: "), true, back);
			back[strlen(back) - 1] = '\0';
			assert_string_equal(back, text);
		}
		part(text);
		check_lines(storage);
		if (strstr(storage, "quoted-printable") != NULL) {
			decode(strstr(storage, "\r\n\r\n") + 4, false, back);
			back[strlen(back) - 1] = '\0';
			assert_string_equal(back, text);
		}
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_headers),
	    cmocka_unit_test(test_mailboxes),
	    cmocka_unit_test(test_date),
	    cmocka_unit_test(test_bodies),
	    cmocka_unit_test(test_what_is_encoded_is_what_was_given),
	};

	return cmocka_run_group_tests_name("mime", tests, NULL, NULL);
}
