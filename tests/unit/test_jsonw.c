/*
 * JSON as another library reads it back.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <jansson.h>

#include "src/notify/jsonw.c"

static char storage[4096];

static json_t *
parse(const struct buf *b)
{
	json_error_t error;
	json_t *root =
	    json_loadb(b->data, b->len, JSON_DECODE_ANY | JSON_REJECT_DUPLICATES, &error);

	if (root == NULL)
		fail_msg("%s: %s", error.text, b->data);
	return root;
}

static void
test_members_and_elements(void **state)
{
	struct buf b;
	json_t *root;

	(void)state;
	buf_init(&b, storage, sizeof(storage));
	jsonw_open(&b, NULL, '{');
	jsonw_text(&b, "a", "x");
	jsonw_open(&b, "list", '[');
	jsonw_text(&b, NULL, "{");
	jsonw_text(&b, NULL, "[");
	jsonw_open(&b, NULL, '{');
	jsonw_close(&b, '}');
	jsonw_close(&b, ']');
	jsonw_bool(&b, "yes", true);
	jsonw_integer(&b, "n", INT64_MIN);
	jsonw_time(&b, "at", 0);
	jsonw_close(&b, '}');
	root = parse(&b);
	assert_int_equal(json_object_size(root), 5);
	assert_int_equal(json_array_size(json_object_get(root, "list")), 3);
	assert_true(json_is_null(json_object_get(root, "at")));
	json_decref(root);
}

static void
test_numbers_read_back(void **state)
{
	static const double values[] = {
	    0, 95.2, -1, 0.1, 1e300, 5e-324, 1.0 / 3, 123456789012345678.0};

	(void)state;
	for (size_t i = 0; i < sizeof(values) / sizeof(values[0]); i++) {
		struct buf b;
		json_t *root;

		buf_init(&b, storage, sizeof(storage));
		jsonw_number(&b, NULL, values[i]);
		root = parse(&b);
		assert_true(json_number_value(root) == values[i]);
		json_decref(root);
	}
}

static void
test_no_number_is_null(void **state)
{
	struct buf b;

	(void)state;
	buf_init(&b, storage, sizeof(storage));
	jsonw_number(&b, NULL, NAN);
	assert_string_equal(storage, "null");
	buf_init(&b, storage, sizeof(storage));
	jsonw_number(&b, NULL, -INFINITY);
	assert_string_equal(storage, "null");
	buf_init(&b, storage, sizeof(storage));
	jsonw_number(&b, NULL, 95.2);
	assert_string_equal(storage, "95.2");
}

static void
test_any_bytes_are_text(void **state)
{
	char text[256];

	(void)state;
	for (int first = 1; first < 256; first++) {
		struct buf b;
		json_t *root;

		for (int i = 0; i < 255; i++)
			text[i] = (char)(1 + (first + i * 7) % 255);
		text[255] = '\0';
		buf_init(&b, storage, sizeof(storage));
		jsonw_open(&b, NULL, '{');
		jsonw_text(&b, text, text);
		jsonw_close(&b, '}');
		root = parse(&b);
		assert_int_equal(json_object_size(root), 1);
		json_decref(root);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_members_and_elements),
	    cmocka_unit_test(test_numbers_read_back),
	    cmocka_unit_test(test_no_number_is_null),
	    cmocka_unit_test(test_any_bytes_are_text),
	};

	return cmocka_run_group_tests_name("jsonw", tests, NULL, NULL);
}
