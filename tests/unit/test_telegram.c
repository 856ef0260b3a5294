/*
 * Telegram's documented limits held by code, and what it would make of texts from outside.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "src/notify/telegram.c"

#include "base/arena.h"
#include "conf/placeholder.h"
#include "payload_help.h"

/* The characters that are left when Telegram has read its HTML; fails where it would refuse. */
static size_t
read_html(const char *text)
{
	const char *open[3] = {""};
	size_t units = 0, depth = 0;

	for (const char *p = text; *p != '\0';) {
		size_t n = str_utf8_len(p, strlen(p));

		if (*p == '<') {
			bool closing = p[1] == '/';
			const char *name = str_starts(p + 1 + closing, "code>") ? "code>" : "b>";

			assert_true(str_starts(p + 1 + closing, name));
			if (closing) {
				assert_string_equal(open[depth], name);
				depth--;
			} else { /* nothing is in a code span */
				assert_string_not_equal(open[depth], "code>");
				open[++depth] = name;
				assert_in_range(depth, 1, 2);
			}
			p += 1 + closing + strlen(name);
			continue;
		}
		if (*p == '&') {
			assert_true(str_starts(p, "&amp;") || str_starts(p, "&lt;") ||
			            str_starts(p, "&gt;"));
			n = strcspn(p, ";") + 1;
		}
		units += n == 4 ? 2 : 1;
		p += n;
	}
	assert_int_equal(depth, 0);
	return units;
}

/* The last of these before p; NULL: none. */
static const char *
last_before(const char *text, const char *p, const char *word)
{
	const char *found = NULL;

	for (const char *q = text; (q = strstr(q, word)) != NULL && q < p; q++)
		found = q;
	return found;
}

static bool
is_in_tags(const char *text, const char *p)
{
	const char *open = last_before(text, p, "<code>"), *close = last_before(text, p, "</code>");

	return open != NULL && (close == NULL || close < open);
}

static bool
is_in_entity(const json_t *root, const char *text, const char *p)
{
	const json_t *entities = json_object_get(root, "entities"), *e;
	json_int_t at = (json_int_t)escape_units(text, (size_t)(p - text));
	size_t i;

	json_array_foreach(entities, i, e)
	{
		json_int_t offset = json_integer_value(json_object_get(e, "offset"));

		if (at >= offset && at < offset + json_integer_value(json_object_get(e, "length")))
			return true;
	}
	return false;
}

/* Telegram looks into no code span for names and commands. */
static void
check_in_code(const json_t *root, const char *text, const char *word)
{
	bool html = json_object_get(root, "parse_mode") != NULL;

	for (const char *p = text; (p = strstr(p, word)) != NULL; p++)
		assert_true(html ? is_in_tags(text, p) : is_in_entity(root, text, p));
}

static void
check_telegram(const struct payload_case *c)
{
	json_t *root = payload(c, CHANNEL_TELEGRAM);
	const char *text = json_string_value(json_object_get(root, "text"));
	const char *mode = json_string_value(json_object_get(root, "parse_mode"));

	assert_string_equal(text_of(root, "chat_id", 1, 64), "-1001234567890");
	check_no_control(text, "\n");
	check_in_code(root, text, "@everyone");
	check_in_code(root, text, "/var");
	if (c->minimal) {
		assert_null(mode);
		assert_in_range(units_of(text), 1, 4096);
		assert_false(str_starts(text, "<b>"));
	} else {
		assert_string_equal(mode, "HTML");
		assert_in_range(read_html(text), 1, 4096);
	}
	json_decref(root);
}

static void
test_telegram_limits(void **state)
{
	(void)state;
	check_all(check_telegram);
}

static void
test_telegram_without_markup(void **state)
{
	struct notify_context ctx = context_of(&cases[0], CHANNEL_TELEGRAM);
	struct conf_channel channel = settings[CHANNEL_TELEGRAM];
	struct notice *n = make_hostile();
	struct buf body;
	json_t *root;

	(void)state;
	n->channel = CHANNEL_TELEGRAM;
	channel.plain = true;
	ctx.channel = &channel;
	buf_init(&body, body_storage, sizeof(body_storage));
	assert_true(notify_render(n, &ctx, &body));
	root = load_payload();
	assert_null(json_object_get(root, "parse_mode"));
	assert_non_null(strstr(json_string_value(json_object_get(root, "text")), "<script>"));
	assert_null(strstr(json_string_value(json_object_get(root, "text")), "&lt;"));
	json_decref(root);
	notice_free(n);
}

static void
test_telegram_topic(void **state)
{
	struct notify_context ctx = context_of(&cases[0], CHANNEL_TELEGRAM);
	struct conf_channel channel = settings[CHANNEL_TELEGRAM];
	struct notice *n = make_hostile();
	struct buf body;
	json_t *root;

	(void)state;
	n->channel = CHANNEL_TELEGRAM;
	channel.thread = 42;
	ctx.channel = &channel;
	buf_init(&body, body_storage, sizeof(body_storage));
	assert_true(notify_render(n, &ctx, &body));
	root = load_payload();
	assert_int_equal(json_integer_value(json_object_get(root, "message_thread_id")), 42);
	json_decref(root);
	notice_free(n);
}

/* A template in Telegram's own markup, whose values are long: what the cut leaves open is closed.
 */
static void
test_telegram_closes_a_template(void **state)
{
	static const char *const texts[] = {
	    "<b>{{message}} {{cause}} {{labels}}</b>\n<i>{{message}}</i>",
	    "<b><a href=\"http://example.org/\">{{cause}}{{cause}}{{cause}}{{cause}}</a></b>"};
	struct notify_context ctx = context_of(&cases[0], CHANNEL_TELEGRAM);
	struct conf_channel channel = settings[CHANNEL_TELEGRAM];
	char why[PLACEHOLDER_WHY_MAX];

	(void)state;
	for (size_t i = 0; i < 2; i++) {
		struct arena *arena = arena_new();
		struct notice *n = make_largest();
		struct buf body;
		json_t *root;
		const char *text;
		size_t opened = 0, closed = 0;

		channel.template = placeholder_compile(arena, texts[i], why);
		assert_non_null(channel.template);
		n->channel = CHANNEL_TELEGRAM;
		ctx.channel = &channel;
		buf_init(&body, body_storage, sizeof(body_storage));
		assert_true(notify_render(n, &ctx, &body));
		root = load_payload();
		text = text_of(root, "text", 1, 4096);
		for (const char *p = text; (p = strchr(p, '<')) != NULL; p++) {
			assert_non_null(strchr(p, '>'));
			*(p[1] == '/' ? &closed : &opened) += 1;
		}
		assert_true(opened > 0);
		assert_int_equal(opened, closed);
		json_decref(root);
		notice_free(n);
		arena_free(arena);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_telegram_limits),
	    cmocka_unit_test(test_telegram_without_markup),
	    cmocka_unit_test(test_telegram_topic),
	    cmocka_unit_test(test_telegram_closes_a_template),
	};

	return cmocka_run_group_tests_name("telegram", tests, NULL, NULL);
}
