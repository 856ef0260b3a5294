/*
 * Code spans as tags and as places; tags are balanced whatever the order of marks.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "src/notify/code_span.c"

#include "tests/unit/random.h"

static void
expect_html(const char *marked, const char *html)
{
	char storage[512];
	struct buf b;

	buf_init(&b, storage, sizeof(storage));
	code_span_html(marked, &b);
	assert_string_equal(storage, html);
}

static void
test_html(void **state)
{
	(void)state;
	expect_html("<b>disk \2/var\3 full</b>", "<b>disk <code>/var</code> full</b>");
	expect_html("<b>disk \2/var</b>\n\2x", "<b>disk <code>/var</code></b>\n<code>x</code>");
	expect_html("\2a\nb\3", "<code>a</code>\nb");
	expect_html("\3a\2\2b\3\3", "a<code>b</code>");
	expect_html("<code>\2/a\3</code> \2/b\3", "<code>/a</code> <code>/b</code>");
	expect_html("<pre>\2/a\3", "<pre>/a");
	expect_html("<a href=\"x\2/a\3\">\2/b\3</a>", "<a href=\"x/a\"><code>/b</code></a>");
}

static void
test_places(void **state)
{
	struct code_span spans[CODE_SPANS_MAX];
	char storage[512];
	struct buf b;

	(void)state;
	buf_init(&b, storage, sizeof(storage));
	assert_int_equal(
	    code_span_strip("\xf0\x9f\x98\x80 \2/v\xc3\xa4r\3 \2\3 \2/b\nc\3 \2/d", &b, spans), 3);
	assert_string_equal(storage, "\xf0\x9f\x98\x80 /v\xc3\xa4r  /b\nc /d");
	assert_int_equal(spans[0].offset, 3);
	assert_int_equal(spans[0].length, 4);
	assert_int_equal(spans[1].offset, 9);
	assert_int_equal(spans[1].length, 2);
	assert_int_equal(spans[2].offset, 14);
	assert_int_equal(spans[2].length, 2);
}

static void
test_any_order(void **state)
{
	static const char *const parts[] = {
	    "\2", "\3", "a", "<b>", "</b>", "\n", "&amp;", "<code>"};
	char marked[256], storage[4096];
	struct code_span spans[CODE_SPANS_MAX];
	struct buf b;

	(void)state;
	random_start();
	for (int i = 0; i < 20000; i++) {
		int ours = 0;
		size_t end = 0, count;

		marked[0] = '\0';
		for (uint64_t n = draw(30); n > 0; n--)
			strcat(marked, parts[draw(7)]); /* no <code> of others: ours are counted */
		buf_init(&b, storage, sizeof(storage));
		code_span_html(marked, &b);
		for (const char *p = storage; (p = strchr(p, '<')) != NULL; p++) {
			bool opens = str_starts(p, "<code>"), closes = str_starts(p, "</code>");

			assert_true(ours == 0 || closes); /* nothing in a span */
			ours += opens - closes;
			assert_in_range(ours, 0, 1);
		}
		assert_int_equal(ours, 0);
		buf_init(&b, storage, sizeof(storage));
		count = code_span_strip(marked, &b, spans);
		for (size_t k = 0; k < count; k++) {
			assert_true(spans[k].length > 0 && spans[k].offset >= end);
			end = spans[k].offset + spans[k].length;
		}
		assert_true(end <= escape_units(b.data, b.len));
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_html),
	    cmocka_unit_test(test_places),
	    cmocka_unit_test(test_any_order),
	};

	return cmocka_run_group_tests_name("code_span", tests, NULL, NULL);
}
