/*
 * ntfy's documented limits held by code.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "src/notify/ntfy.c"

#include "payload_help.h"

static void
check_ntfy(const struct payload_case *c)
{
	json_t *root = payload(c, CHANNEL_NTFY);
	const char *message = json_string_value(json_object_get(root, "message"));
	const char *title = json_string_value(json_object_get(root, "title"));

	assert_true(strlen(body_storage) + 64 <= 8192); /* and the topic's name */
	assert_in_range(strlen(message), 1, 4096);
	assert_in_range(strlen(title), 1, 256);
	check_no_control(message, "\n");
	check_no_control(title, "");
	assert_in_range(json_integer_value(json_object_get(root, "priority")), 1, 5);
	assert_int_equal(json_array_size(json_object_get(root, "tags")), 1);
	assert_string_equal(text_of(root, "topic", 1, 64), SLOT_SHOWN);
	json_decref(root);
}

static void
test_ntfy_limits(void **state)
{
	(void)state;
	check_all(check_ntfy);
}

static void
test_ntfy_rings_by_severity(void **state)
{
	int last = 0;

	(void)state;
	for (int sev = SEV_INFO; sev < SEV_COUNT; sev++) {
		struct notify_context ctx = context_of(&cases[0], CHANNEL_NTFY);
		struct notice *n = make_fire();
		struct buf body;
		json_t *root;
		int priority;

		n->channel = CHANNEL_NTFY;
		n->severity = (enum severity)sev;
		buf_init(&body, body_storage, sizeof(body_storage));
		assert_true(notify_render(n, &ctx, &body));
		root = load_payload();
		priority = (int)json_integer_value(json_object_get(root, "priority"));
		assert_true(priority > last);
		last = priority;
		json_decref(root);
		notice_free(n);
	}
	assert_int_equal(last, 5);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_ntfy_limits),
	    cmocka_unit_test(test_ntfy_rings_by_severity),
	};

	return cmocka_run_group_tests_name("ntfy", tests, NULL, NULL);
}
