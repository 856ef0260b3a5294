/*
 * Secrets in text that comes back.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>

#include "src/courier/mask.c"

#include "base/clock.h"

#define TOKEN "aBcDeFgHiJkLmNoPqRsTuVwXyZ012345"

static char url[] = "https://discord.com/api/webhooks/1234567890/" TOKEN "?wait=true";
static char proxy[] = "http://me:hunter2@proxy:3128";
static char key[] = "Authorization", value[] = "Bearer s3cr3t-value";
static struct string_pair headers[] = {{key, value}};
static const struct conf_channel channel = {.url = url, .proxy = proxy, .headers = {headers, 1}};

static const char *
masked_of(const struct conf_channel *of, const char *text)
{
	static char storage[201];
	struct mask mask;
	struct buf b;

	mask_init(&mask, of);
	buf_init(&b, storage, sizeof(storage));
	mask_add(&mask, &b, text, strlen(text));
	mask_done(&mask);
	return storage;
}

static const char *
masked(const char *text)
{
	return masked_of(&channel, text);
}

static void
test_secrets_are_starred(void **state)
{
	(void)state;
	assert_string_equal(
	    masked("bad: https://discord.com/api/webhooks/1234567890/" TOKEN "?wait=true!"),
	    "bad: ***!");
	assert_string_equal(masked("no " TOKEN " here"), "no *** here");
	assert_string_equal(
	    masked("https:\\/\\/discord.com\\/api\\/webhooks\\/1234567890\\/" TOKEN), "***");
	assert_string_equal(masked("got Bearer s3cr3t-value and s3cr3t-value"), "got *** and ***");
	assert_string_equal(masked("login me:hunter2 failed, hunter2"), "login *** failed, ***");
	assert_string_equal(masked("cut off: aBcDeFg"), "cut off: ***");
}

/* As libraries, proxies and services write it: none of it comes out. */
static void
test_secrets_are_starred_in_every_form(void **state)
{
	static char user_url[] = "https://mon:p%40ss%2Fw=rd%20%22x@example.org:8443/";
	static char login[] = "agent@example.org", password[] = "c0rrect+h/rse=";
	const struct conf_channel other = {.url = user_url, .login = login, .password = password};
	static const struct {
		const char *text, *masked;
	} rows[] = {
	    {"Authorization: Basic bW9uOnBAc3Mvdz1yZCAieA==", "Authorization: Basic ***"},
	    {"user mon:p@ss/w=rd \"x", "user ***"},
	    {"user p%40ss%2Fw=rd%20%22x.", "user ***."},
	    {"{\"p\": \"p@ss\\/w=rd \\\"x\"}", "{\"p\": \"***\"}"},
	    {"p@ss/w=rd &quot;x!", "***!"},
	    {"AUTH PLAIN AGFnZW50QGV4YW1wbGUub3JnAGMwcnJlY3QraC9yc2U9", "AUTH PLAIN ***"},
	    {"AUTH LOGIN YzBycmVjdCtoL3JzZT0=", "AUTH LOGIN ***"},
	    {"in a mail c0rrect+h/rse=3D.", "in a mail ***."},
	    {"?pw=c0rrect%2Bh%2Frse%3D&x", "?pw=***&x"},
	    {"?pw=c0rrect%2bh%2frse%3d&x", "?pw=***&x"},
	};
	static char umlauts[] = "p\xc3\xa4/ss\xf0\x9f\x98\x80";
	const struct conf_channel third = {.password = umlauts};
	static const char *const forms[] = {"p\xc3\xa4/ss\xf0\x9f\x98\x80",
	    "p\xc3\xa4\\/ss\xf0\x9f\x98\x80", "p\\u00e4/ss\\ud83d\\ude00"};
	static char proxy_url[] = "http://mon:p@ssword@proxy:3128";
	const struct conf_channel fourth = {.proxy = proxy_url};

	(void)state;
	for (size_t i = 0; i < sizeof(forms) / sizeof(forms[0]); i++)
		assert_string_equal(masked_of(&third, forms[i]), "***");
	assert_string_equal(masked_of(&fourth, "wrong p@ssword"), "wrong ***");
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		assert_string_equal(masked_of(&other, rows[i].text), rows[i].masked);
}

static void
test_the_rest_stays(void **state)
{
	(void)state;
	assert_string_equal(
	    masked("Could not resolve host: discord.com"), "Could not resolve host: discord.com");
	assert_string_equal(masked("Unknown Webhook"), "Unknown Webhook");
	assert_string_equal(masked("a\r\nb\x1b[1m\xff"), "a  b\\x1b[1m\\xff");
}

static void
test_a_plain_address_is_no_secret(void **state)
{
	static char plain[] = "http://127.0.0.1:8080/";
	const struct conf_channel open = {.url = plain};
	struct mask mask;

	(void)state;
	mask_init(&mask, &open);
	assert_int_equal(mask.count, 0);
	mask_done(&mask);
}

/* Wherever the secret stands and wherever the text is cut, no 8 bytes of it come out. */
static void
test_no_part_leaks(void **state)
{
	char text[1024];

	(void)state;
	for (int round = 0; round < 5000; round++) {
		size_t before = (size_t)(rand() % 260), len;
		const char *out;

		memset(text, 'x', before);
		memcpy(text + before, TOKEN, sizeof(TOKEN));
		len = before + 8 + (size_t)(rand() % (int)(sizeof(TOKEN) - 8));
		text[len] = '\0';
		out = masked(text);
		for (size_t i = 0; i + 8 < sizeof(TOKEN); i++) {
			char piece[9] = "";

			memcpy(piece, &TOKEN[i], 8);
			assert_null(strstr(out, piece));
		}
		assert_true(str_utf8_valid(out, strlen(out)));
	}
}

static void
test_no_half_characters(void **state)
{
	char text[400] = "x";

	(void)state;
	for (int i = 0; i < 130; i++)
		memcpy(text + strlen(text), "\xe2\x82\xac", 4);
	assert_true(str_utf8_valid(masked(text), strlen(masked(text))));
	assert_true(strlen(masked(text)) > 190);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_secrets_are_starred),
	    cmocka_unit_test(test_secrets_are_starred_in_every_form),
	    cmocka_unit_test(test_the_rest_stays),
	    cmocka_unit_test(test_a_plain_address_is_no_secret),
	    cmocka_unit_test(test_no_part_leaks),
	    cmocka_unit_test(test_no_half_characters),
	};
	unsigned seed = (unsigned)clock_seed();

	printf("seed %u\n", seed);
	srand(seed);
	return cmocka_run_group_tests_name("mask", tests, NULL, NULL);
}
