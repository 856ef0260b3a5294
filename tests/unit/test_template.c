/*
 * The operator's words in each channel's message: values escaped, structure kept, limits held.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>

#include "src/notify/template.c"

#include "tests/unit/payload_cases.h"

static struct arena *arena;
static char written[128 * 1024];

/* What the channel's message is with this template, in body_storage. */
static const char *
render_with(enum channel_id id, const struct payload_case *c, const char *template, bool plain)
{
	struct conf_channel channel = settings[id];
	struct notify_context ctx = context_of(c, id);
	char why[PLACEHOLDER_WHY_MAX] = "";
	struct placeholder_list *list = placeholder_compile(arena, template, why);
	struct notice *n = c->make();
	struct buf body;

	if (list == NULL)
		fail_msg("%s: %s", template, why);
	list->plain = plain;
	channel.template = list;
	ctx.channel = &channel;
	n->channel = (int)id;
	buf_init(&body, body_storage, sizeof(body_storage));
	assert_true(notify_render(n, &ctx, &body));
	assert_true(str_utf8_valid(body_storage, body.len));
	notice_free(n);
	return body_storage;
}

static const struct payload_case *
find_case(const char *name)
{
	for (size_t i = 0; i < CASE_COUNT; i++) {
		if (str_eq(cases[i].name, name))
			return &cases[i];
	}
	fail_msg("no case %s", name);
	return NULL;
}

static const char *
console(const char *name, const char *template)
{
	return render_with(CHANNEL_CONSOLE, find_case(name), template, true) +
	       strlen("2026-11-22T20:55:01.123Z ");
}

static void
test_every_placeholder(void **state)
{
	(void)state;
	assert_string_equal(
	    console("fire", "{{hostname}} {{severity}} {{metric}} {{value}} {{threshold}}"),
	    "web-01 critical disk.usage_percent 95.2% 90.0%\n");
	assert_string_equal(console("fire", "{{message}}"),
	    "disk usage of /var is 95.2% (limit 90.0%): call the storage team\n");
	assert_string_equal(console("fire", "{{timestamp}} {{labels}}"),
	    "2026-11-22T20:55:01.123Z mountpoint=/var, device=sda1, fstype=ext4\n");
	assert_string_equal(console("fire", "{{trend}}; {{cause}}"),
	    "limit in about 3 h; rsyslogd (pid 812) writes 12.0 MiB/s\n");
	assert_string_equal(console("resolve", "{{severity}} [{{trend}}] {{message}}"),
	    "resolved [] disk usage of /var normalized: 45.2% (was 95.2%, for 12 min)\n");
	assert_string_equal(console("gone", "{{value}}|{{severity}}"), "|resolved\n");
	assert_string_equal(console("fire", "{{{{ {{value}} }}"), "{{ 95.2% }}\n");
}

static void
test_lines(void **state)
{
	(void)state;
	assert_string_equal(
	    console("fire", "{{value}}\nsecond\n\nthird\n"), "95.2% second  third\n");
	assert_string_equal(console("delayed", "{{value}}"), "95.2% (delayed)\n");
	render_with(CHANNEL_EMAIL, find_case("fire"), "{{value}} now\nfirst line\nsecond", true);
	assert_non_null(strstr(body_storage, "Subject: 95.2% now\r\n"));
	assert_non_null(strstr(body_storage, "\r\n\r\n95.2% now\r\n\r\nfirst line\r\nsecond\r\n"));
	assert_non_null(strstr(body_storage, "<p>first line<br>\r\nsecond</p>"));
	assert_non_null(strstr(body_storage, "Likely cause: "));
}

/* Groups, digests and tests, and what a service has refused, are told in our words. */
static void
test_where_it_does_not_apply(void **state)
{
	static const char *const names[] = {"group", "digest", "test", "minimal", "limited"};

	(void)state;
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		for (int id = 0; id < CHANNEL_COUNT; id++) {
			char *ours = written;

			str_copy(ours, sizeof(written),
			    render_case(find_case(names[i]), (enum channel_id)id));
			assert_string_equal(
			    render_with((enum channel_id)id, find_case(names[i]), "MINE", true),
			    ours);
		}
	}
}

/* Of the default every channel shows the same text; a channel's own is its markup. */
static void
test_default_is_text_and_own_is_markup(void **state)
{
	(void)state;
	render_with(CHANNEL_DISCORD, find_case("fire"), "*{{value}}*", true);
	assert_non_null(strstr(body_storage, "\\\\*95.2%\\\\*"));
	render_with(CHANNEL_DISCORD, find_case("fire"), "*{{value}}*", false);
	assert_non_null(strstr(body_storage, "\"*95.2%*\""));
	render_with(CHANNEL_TELEGRAM, find_case("fire"), "{{value}} < 100", true);
	assert_non_null(strstr(body_storage, "95.2% &lt; 100"));
	render_with(CHANNEL_TELEGRAM, find_case("fire"), "<b>{{value}}</b>", false);
	assert_non_null(strstr(body_storage, "<b>95.2%</b>"));
	render_with(CHANNEL_EMAIL, find_case("fire"), "x\n<b>{{value}}</b>", false);
	assert_non_null(strstr(body_storage, "\r\n<b>95.2%</b>\r\n"));
	assert_non_null(strstr(body_storage, "&#60;b&#62;95.2%&#60;/b&#62;"));
}

/* A template says nothing that the channel's own words would not have escaped. */
static void
test_values_are_escaped(void **state)
{
	const char *all = "{{hostname}}{{labels}}\n{{message}}{{cause}}";

	(void)state;
	for (int id = 0; id < CHANNEL_COUNT; id++) {
		const char *text =
		    render_with((enum channel_id)id, find_case("hostile"), all, false);

		if (id == CHANNEL_EMAIL || id == CHANNEL_SYSLOG || id == CHANNEL_CONSOLE) {
			assert_null(strchr(text, '\x1b'));
			assert_null(strstr(text, "\nBcc"));
			continue;
		}
		assert_null(strstr(text, "\\u001b[31m *"));
	}
	render_with(CHANNEL_DISCORD, find_case("hostile"), all, false);
	assert_non_null(strstr(body_storage, "\"allowed_mentions\":{\"parse\":[]}"));
	render_with(CHANNEL_TELEGRAM, find_case("hostile"), all, false);
	assert_null(strstr(body_storage, "<script>"));
	render_with(CHANNEL_SLACK, find_case("hostile"), all, false);
	assert_null(strstr(body_storage, "<script>"));
	render_with(CHANNEL_EMAIL, find_case("hostile"), all, false);
	assert_null(strstr(strstr(body_storage, "text/html"), "<script>"));
}

static void
test_the_largest_fit(void **state)
{
	char template[PLACEHOLDER_TEXT_MAX + 1] = "";

	(void)state;
	while (strlen(template) + 60 < sizeof(template)) {
		strncat(template, strlen(template) % 3 == 0 ? "{{labels}}" : "<*&{{cause}}\n", 20);
		if (strlen(template) / 12 > PLACEHOLDER_PARTS_MAX / 2 - 4)
			break;
	}
	for (int id = 0; id < CHANNEL_COUNT; id++) {
		for (int plain = 0; plain < 2; plain++) {
			json_t *root;

			render_with(
			    (enum channel_id)id, find_case("largest"), template, plain == 1);
			root = load_payload();
			assert_true(root != NULL || strchr("{[", body_storage[0]) == NULL);
			json_decref(root);
		}
	}
}

static int
set_up(void **state)
{
	(void)state;
	arena = arena_new();
	return 0;
}

static int
tear_down(void **state)
{
	(void)state;
	arena_free(arena);
	return 0;
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_every_placeholder),
	    cmocka_unit_test(test_lines),
	    cmocka_unit_test(test_where_it_does_not_apply),
	    cmocka_unit_test(test_default_is_text_and_own_is_markup),
	    cmocka_unit_test(test_values_are_escaped),
	    cmocka_unit_test(test_the_largest_fit),
	};

	return cmocka_run_group_tests_name("template", tests, set_up, tear_down);
}
