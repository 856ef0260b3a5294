/*
 * Slack's documented limits held by code, and what it would make of texts from outside.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "src/notify/slack.c"

#include "payload_help.h"

/* In Slack's text & < > are escaped, so there is no mention, which is <!everyone> or <@U1>. */
static void
check_slack_text(const char *text)
{
	check_no_control(text, "\n");
	assert_null(strpbrk(text, "<>"));
	for (const char *p = text; (p = strchr(p, '&')) != NULL; p++)
		assert_true(
		    str_starts(p, "&amp;") || str_starts(p, "&lt;") || str_starts(p, "&gt;"));
}

static void
check_slack_object(const json_t *object, size_t most)
{
	const char *type = text_of(object, "type", 1, 20);
	const char *text = text_of(object, "text", 1, most);

	if (str_eq(type, "plain_text"))
		check_slack_text(text);
	else
		assert_true(str_eq(type, "mrkdwn") && str_starts(text, "<!date^"));
}

static size_t
check_slack_blocks(const json_t *blocks)
{
	const json_t *block, *item;
	size_t i, k;

	json_array_foreach(blocks, i, block)
	{
		const char *type = text_of(block, "type", 1, 20);
		const json_t *cells = json_object_get(block, "fields");
		const json_t *elements = json_object_get(block, "elements");

		assert_true(
		    str_eq(type, "header") || str_eq(type, "section") || str_eq(type, "context"));
		if (json_object_get(block, "text") != NULL)
			check_slack_object(
			    json_object_get(block, "text"), str_eq(type, "header") ? 150 : 3000);
		assert_true(json_array_size(cells) <= 10 && json_array_size(elements) <= 10);
		json_array_foreach(cells, k, item) check_slack_object(item, 2000);
		json_array_foreach(elements, k, item) check_slack_object(item, 3000);
		assert_true(json_object_get(block, "text") != NULL || json_array_size(cells) > 0 ||
		            json_array_size(elements) > 0);
	}
	return json_array_size(blocks);
}

static void
check_slack(const struct payload_case *c)
{
	json_t *root = payload(c, CHANNEL_SLACK);
	json_t *attachment = json_array_get(json_object_get(root, "attachments"), 0);
	size_t blocks = check_slack_blocks(json_object_get(root, "blocks"));

	check_slack_text(text_of(root, "text", 1, 4000));
	assert_true(json_is_false(json_object_get(root, "mrkdwn")));
	assert_string_equal(text_of(root, "channel", 1, 80), "#ops");
	if (!c->minimal) {
		text_of(attachment, "color", 7, 7);
		blocks += check_slack_blocks(json_object_get(attachment, "blocks"));
		assert_true(blocks >= 2 && blocks <= 50);
	}
	json_decref(root);
}

static void
test_slack_limits(void **state)
{
	(void)state;
	check_all(check_slack);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_slack_limits),
	};

	return cmocka_run_group_tests_name("slack", tests, NULL, NULL);
}
