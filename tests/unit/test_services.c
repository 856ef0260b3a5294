/*
 * The documented limits of Slack, Telegram, ntfy, PagerDuty and Alertmanager, held by code for
 * every case there is, and what a service would make of texts from outside.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <ctype.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>

#include "src/notify/detail.c"

#include "base/clock.h"
#include "base/mem.h"
#include "conf/placeholder.h"
#include "payload_cases.h"

static json_t *
payload(const struct payload_case *c, enum channel_id channel)
{
	json_t *root;

	render_case(c, channel);
	root = load_payload();
	assert_non_null(root);
	return root;
}

static size_t
units_of(const char *text)
{
	return text == NULL ? 0 : escape_units(text, strlen(text));
}

/* The member's text, of least to most characters. */
static const char *
text_of(const json_t *object, const char *key, size_t least, size_t most)
{
	const char *text = json_string_value(json_object_get(object, key));
	size_t units = units_of(text);

	if (units < least || units > most)
		fail_msg("%s: %zu characters", key, units);
	return text == NULL ? "" : text;
}

static void
check_no_control(const char *text, const char *allowed)
{
	for (const char *p = text; *p != '\0'; p++)
		assert_true((unsigned char)*p >= 0x20 || strchr(allowed, *p) != NULL);
}

/* In Slack's text & < > are escaped, and there is no mention. */
static void
check_slack_text(const char *text)
{
	check_no_control(text, "\n");
	assert_null(strpbrk(text, "<>"));
	assert_null(strstr(text, "@everyone"));
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
		const json_t *fields = json_object_get(block, "fields");
		const json_t *elements = json_object_get(block, "elements");

		assert_true(
		    str_eq(type, "header") || str_eq(type, "section") || str_eq(type, "context"));
		if (json_object_get(block, "text") != NULL)
			check_slack_object(
			    json_object_get(block, "text"), str_eq(type, "header") ? 150 : 3000);
		assert_true(json_array_size(fields) <= 10 && json_array_size(elements) <= 10);
		json_array_foreach(fields, k, item) check_slack_object(item, 2000);
		json_array_foreach(elements, k, item) check_slack_object(item, 3000);
		assert_true(json_object_get(block, "text") != NULL || json_array_size(fields) > 0 ||
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
	for (size_t i = 0; i < CASE_COUNT; i++)
		check_slack(&cases[i]);
}

/* The characters that are left when Telegram has read its HTML; fails where it would refuse. */
static size_t
read_html(const char *text)
{
	static const char *const tags[] = {"b"};
	const char *open = NULL;
	size_t units = 0;

	for (const char *p = text; *p != '\0';) {
		size_t n = str_utf8_len(p, strlen(p));

		if (*p == '<') {
			bool closing = p[1] == '/';
			const char *name = p + 1 + closing;

			assert_true(str_starts(name, tags[0]) && name[1] == '>');
			assert_true(closing ? open != NULL : open == NULL);
			open = closing ? NULL : name;
			p = name + 2;
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
	assert_null(open);
	return units;
}

static void
check_telegram(const struct payload_case *c)
{
	json_t *root = payload(c, CHANNEL_TELEGRAM);
	const char *text = json_string_value(json_object_get(root, "text"));
	const char *mode = json_string_value(json_object_get(root, "parse_mode"));

	assert_string_equal(text_of(root, "chat_id", 1, 64), "-1001234567890");
	check_no_control(text, "\n");
	assert_null(strstr(text, "@everyone"));
	assert_null(strstr(text, "/var"));
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
	for (size_t i = 0; i < CASE_COUNT; i++)
		check_telegram(&cases[i]);
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
	for (size_t i = 0; i < CASE_COUNT; i++)
		check_ntfy(&cases[i]);
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

static bool
is_one_of(const char *text, const char *a, const char *b, const char *c, const char *d)
{
	return str_eq(text, a) || str_eq(text, b) || str_eq(text, c) || str_eq(text, d);
}

static void
check_pagerduty(const struct payload_case *c)
{
	json_t *root = payload(c, CHANNEL_PAGERDUTY);
	const json_t *event = json_object_get(root, "payload");
	bool resolve = str_eq(text_of(root, "event_action", 1, 20), "resolve");

	assert_true(strlen(body_storage) < 512 * 1024);
	assert_string_equal(text_of(root, "routing_key", 1, 64), SLOT_SHOWN);
	check_no_control(text_of(root, "dedup_key", 1, 255), "");
	check_no_control(text_of(event, "summary", 1, 1024), "");
	check_no_control(text_of(event, "source", 1, 255), "");
	assert_true(
	    is_one_of(text_of(event, "severity", 1, 20), "critical", "error", "warning", "info"));
	if (c->make == make_resolve || c->make == make_gone)
		assert_true(resolve);
	if (c->make == make_fire || c->make == make_digest)
		assert_false(resolve);
	json_decref(root);
}

static void
test_pagerduty_limits(void **state)
{
	(void)state;
	for (size_t i = 0; i < CASE_COUNT; i++)
		check_pagerduty(&cases[i]);
}

/* What triggers and what resolves name the same incident, other alerts and hosts another. */
static void
test_pagerduty_keys(void **state)
{
	const struct payload_case fire = {"", make_fire, 0, false, false};
	const struct payload_case resolve = {"", make_resolve, 9000, false, false};
	const struct payload_case hostile = {"", make_hostile, 0, false, false};
	const struct payload_case digest = {"", make_digest, 0, false, false};
	json_t *a = payload(&fire, CHANNEL_PAGERDUTY), *b = payload(&resolve, CHANNEL_PAGERDUTY);
	json_t *c = payload(&hostile, CHANNEL_PAGERDUTY), *d = payload(&digest, CHANNEL_PAGERDUTY);
	const char *key = text_of(a, "dedup_key", 1, 255);

	(void)state;
	assert_string_equal(key, text_of(b, "dedup_key", 1, 255));
	assert_string_not_equal(key, text_of(c, "dedup_key", 1, 255));
	assert_string_not_equal(key, text_of(d, "dedup_key", 1, 255));
	json_decref(a);
	json_decref(b);
	json_decref(c);
	json_decref(d);
}

static void
check_alert(const json_t *alert)
{
	const json_t *value;
	const char *key, *start = text_of(alert, "startsAt", 24, 24);

	assert_true(strcmp(text_of(alert, "endsAt", 24, 24), start) >= 0);
	assert_string_equal(
	    json_string_value(json_object_get(json_object_get(alert, "labels"), "job")),
	    "sysops-agent");
	json_object_foreach(json_object_get(alert, "labels"), key, value)
	{
		assert_true(isalpha((unsigned char)key[0]) || key[0] == '_');
		for (const char *p = key; *p != '\0'; p++)
			assert_true(isalnum((unsigned char)*p) || *p == '_');
		assert_true(json_string_length(value) > 0);
	}
	json_object_foreach(json_object_get(alert, "annotations"), key, value)
	    check_no_control(json_string_value(value), "\n");
}

static size_t
count_ends(const json_t *root, const char *until)
{
	const json_t *alert;
	size_t i, ends = 0;

	json_array_foreach(root, i, alert) ends +=
	    strcmp(json_string_value(json_object_get(alert, "endsAt")), until) <= 0;
	return ends;
}

/* Of each alert one stands under its severity; under the others that the channel takes it is over.
 */
static void
check_alertmanager(const struct payload_case *c)
{
	json_t *root = payload(c, CHANNEL_ALERTMANAGER), *alert;
	size_t k;

	assert_true(json_is_array(root));
	json_array_foreach(root, k, alert) check_alert(alert);
	if (c->make == make_fire) {
		assert_int_equal(json_array_size(root), 3);
		assert_int_equal(count_ends(root, "2026-11-22T20:55:01.123Z"), 2);
	} else if (c->make == make_resolve) {
		assert_int_equal(json_array_size(root), 3);
		assert_int_equal(count_ends(root, "2026-11-22T20:55:01.123Z"), 3);
	} else if (c->make == make_many) {
		assert_true(json_array_size(root) >= 9);
	}
	json_decref(root);
}

static void
test_alertmanager_limits(void **state)
{
	(void)state;
	for (size_t i = 0; i < CASE_COUNT; i++)
		check_alertmanager(&cases[i]);
}

static void
test_alertmanager_renews_no_ends(void **state)
{
	struct notify_context ctx = context_of(&cases[0], CHANNEL_ALERTMANAGER);
	struct notice *n = make_group();
	struct buf body;
	json_t *root;

	(void)state;
	n->channel = CHANNEL_ALERTMANAGER;
	n->transient = true;
	n->facts[0].severity = SEV_CRITICAL;
	n->facts[0].resolved_wall_ms = NOW_MS;
	ctx.lease_ms = 3600 * 1000;
	ctx.now_wall_ms = NOW_MS;
	buf_init(&body, body_storage, sizeof(body_storage));
	assert_true(notify_render(n, &ctx, &body));
	root = load_payload();
	assert_int_equal(json_array_size(root), 3);
	assert_int_equal(count_ends(root, "2026-11-22T20:55:01.123Z"), 1);
	assert_string_equal(
	    text_of(json_array_get(root, 1), "endsAt", 24, 24), "2026-11-22T21:55:01.123Z");
	json_decref(root);
	notice_free(n);
}

/* A series' label cannot pose as one of ours, and ours win. */
static void
test_alertmanager_keeps_its_labels(void **state)
{
	struct notify_context ctx = context_of(&cases[0], CHANNEL_ALERTMANAGER);
	struct notice *n = make_fire();
	struct buf body;
	json_t *root, *labels;

	(void)state;
	n->channel = CHANNEL_ALERTMANAGER;
	n->facts[0].subject.labels.count = 0;
	label_set_add(&n->facts[0].subject.labels, "severity", "none of them");
	label_set_add(&n->facts[0].subject.labels, "1 odd-key\"", "x");
	label_set_add(&n->facts[0].subject.labels, "env", "the series' own");
	buf_init(&body, body_storage, sizeof(body_storage));
	assert_true(notify_render(n, &ctx, &body));
	root = load_payload();
	labels = json_object_get(json_array_get(root, 0), "labels");
	assert_string_equal(text_of(labels, "severity", 1, 20), "critical");
	assert_string_equal(text_of(labels, "__odd_key_", 1, 20), "x");
	assert_string_equal(text_of(labels, "env", 1, 20), "the series' own");
	json_decref(root);
	notice_free(n);
}

/* Texts of bytes that mean something somewhere, at random. */
static void
fill_random(char *text, size_t cap)
{
	static const char *const parts[] = {"<", ">", "&", "&amp;", "</b>", "<b>", "@a", "/x", "\\",
	    "\"", "\n", "\x1b", "\xff", "\xe2\x80\xae", "\xf0\x9f\x98\x80", "\xc3\xbc", "x", " ",
	    "*", "\x1a"};
	size_t len = 0, most = (size_t)rand() % cap;

	for (;;) {
		const char *part = parts[(size_t)rand() % (sizeof(parts) / sizeof(parts[0]))];

		if (len + strlen(part) >= most)
			break;
		memcpy(text + len, part, strlen(part));
		len += strlen(part);
	}
	text[len] = '\0';
}

static struct notice *
make_random(void)
{
	static const enum notice_kind kinds[] = {NOTICE_FIRE, NOTICE_RESOLVE, NOTICE_DIGEST};
	size_t count = 1 + (size_t)rand() % (rand() % 4 == 0 ? 60 : 2);
	struct notice *n = notice_new(kinds[rand() % 3], 0, count);
	char text[SERIES_TEXT_MAX];

	n->created_wall_ms = NOW_MS - rand() % 200000;
	n->total += (uint64_t)rand() % 3;
	for (size_t i = 0; i < count; i++) {
		struct alert_facts *f = &n->facts[i];

		*f = disk_facts("", 95, (enum severity)(1 + rand() % 4));
		f->subject.labels.count = 0;
		fill_random(text, sizeof(text));
		label_set_add(&f->subject.labels, "mountpoint", text);
		fill_random(f->message, sizeof(f->message));
		fill_random(f->cause, sizeof(f->cause));
		fill_random(f->also, sizeof(f->also));
		fill_random(f->rule, sizeof(f->rule));
		f->also_count = (uint32_t)rand() % 4;
		f->flap = (enum alert_flap)(rand() % 3);
		f->resolved_wall_ms = n->kind == NOTICE_RESOLVE || rand() % 3 == 0 ? NOW_MS : 0;
		n->severity = f->severity > n->severity ? f->severity : n->severity;
	}
	return n;
}

static void
test_random_texts(void **state)
{
	unsigned seed = getenv("SYSOPS_SEED") != NULL
	                    ? (unsigned)strtoul(getenv("SYSOPS_SEED"), NULL, 10)
	                    : (unsigned)clock_now().boot_ns;

	(void)state;
	print_message("seed: SYSOPS_SEED=%u\n", seed);
	srand(seed);
	for (int i = 0; i < 400; i++) {
		const struct payload_case c = {"random", make_random, 0, i % 8 == 0, false};

		check_slack(&c);
		check_telegram(&c);
		check_ntfy(&c);
		check_pagerduty(&c);
		check_alertmanager(&c);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_slack_limits),
	    cmocka_unit_test(test_random_texts),
	    cmocka_unit_test(test_telegram_limits),
	    cmocka_unit_test(test_telegram_without_markup),
	    cmocka_unit_test(test_telegram_closes_a_template),
	    cmocka_unit_test(test_ntfy_limits),
	    cmocka_unit_test(test_ntfy_rings_by_severity),
	    cmocka_unit_test(test_pagerduty_limits),
	    cmocka_unit_test(test_pagerduty_keys),
	    cmocka_unit_test(test_alertmanager_limits),
	    cmocka_unit_test(test_alertmanager_renews_no_ends),
	    cmocka_unit_test(test_alertmanager_keeps_its_labels),
	};

	return cmocka_run_group_tests_name("services", tests, NULL, NULL);
}
