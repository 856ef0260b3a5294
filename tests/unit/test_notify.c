/*
 * Payloads as they leave the host: golden files (GOLDEN_UPDATE=1 writes them anew), and the limits
 * of the services held by code.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <fcntl.h>
#include <jansson.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "src/notify/notify.c"

#include "base/io.h"
#include "base/mem.h"
#include "base/str.h"
#include "base/stream.h"
#include "notify/escape.h"
#include "payload_cases.h"

#define GOLDEN "tests/golden/payload"
static void
compare_golden(const char *path, const char *text)
{
	int flags = getenv("GOLDEN_UPDATE") != NULL ? O_RDWR | O_CREAT | O_TRUNC : O_RDONLY;
	int fd = open(path, flags | O_CLOEXEC, 0644);
	char *golden;

	if (fd < 0)
		fail_msg("%s: no golden file; GOLDEN_UPDATE=1 makes it", path);
	if (flags != O_RDONLY) {
		assert_int_equal(io_write_all(fd, text, strlen(text)), 0);
		lseek(fd, 0, SEEK_SET);
	}
	assert_true(stream_read_all(fd, 1 << 20, &golden) >= 0);
	assert_string_equal(golden, text);
	mem_free(golden);
	close(fd);
}

/* In a mail, every line ends with CR LF; in the golden file, which is to be read, with LF. */
static void
drop_returns(char *text)
{
	char *out = text;

	for (; *text != '\0'; text++) {
		if (text[0] != '\r' || text[1] != '\n')
			*out++ = *text;
	}
	*out = '\0';
}

/* JSON is kept indented, so that a change can be read. */
static void
check_golden(const struct payload_case *c, enum channel_id channel)
{
	const char *text = render_case(c, channel);
	json_t *root = load_payload();
	char path[256], *pretty = NULL;

	drop_returns(body_storage);
	snprintf(path, sizeof(path), GOLDEN "/%s-%s.txt", channel_name(channel), c->name);
	if (root != NULL)
		pretty = json_dumps(root, JSON_INDENT(2) | JSON_REAL_PRECISION(15));
	compare_golden(path, pretty != NULL ? pretty : text);
	free(pretty);
	json_decref(root);
}

/* Services that keep cases are sent no notice about several alerts. */
static bool
is_sent(const struct payload_case *c, int channel)
{
	struct notice *n = c->make();
	bool sent = n->fact_count <= 1 || notify_channel(channel)->traits.alerts_max != 1;

	notice_free(n);
	return sent;
}

static void
test_payloads_are_as_agreed(void **state)
{
	(void)state;
	for (size_t i = 0; i < CASE_COUNT; i++) {
		if (cases[i].make == make_many || cases[i].make == make_largest)
			continue; /* of these only the limits matter */
		for (int channel = 0; channel < CHANNEL_COUNT; channel++) {
			if (is_sent(&cases[i], channel))
				check_golden(&cases[i], (enum channel_id)channel);
		}
	}
}

/* By an older version, which kept the last value. */
static struct notice *
make_gone_as_kept(void)
{
	struct notice *n = make_gone();

	n->facts[0].value = 93;
	return n;
}

static struct notice *
make_digest_of_one(void)
{
	struct notice *n = make_fire();

	n->kind = NOTICE_DIGEST;
	n->reason = DIGEST_LATE;
	return n;
}

/* What waited a day and is alone has its metric, its value, and its own name at the service. */
static void
a_digest_of_one_is_that_one(void **state)
{
	struct payload_case alone = cases[0];

	(void)state;
	alone.make = make_digest_of_one;
	for (int channel = 0; channel < CHANNEL_COUNT; channel++) {
		char *text = mem_strdup(render_case(&cases[0], (enum channel_id)channel));

		assert_string_equal(render_case(&alone, (enum channel_id)channel), text);
		mem_free(text);
	}
}

/* A disk that is not there has neither a value nor a limit that it would be past. */
static void
what_is_gone_has_no_value(void **state)
{
	struct payload_case gone = cases[0];

	(void)state;
	gone.make = make_gone_as_kept;
	for (int channel = 0; channel < CHANNEL_COUNT; channel++) {
		if (channel == CHANNEL_WEBHOOK || channel == CHANNEL_SYSLOG)
			continue; /* numbers, beside the word */
		render_case(&gone, (enum channel_id)channel);
		assert_null(strstr(body_storage, "93.0%"));
		assert_null(strstr(body_storage, "80.0%"));
	}
}

/* People know what they named; the rest is for programs. */
static void
people_are_not_told_what_is_for_programs(void **state)
{
	static const enum channel_id people[] = {CHANNEL_DISCORD, CHANNEL_SLACK, CHANNEL_TELEGRAM,
	    CHANNEL_EMAIL, CHANNEL_NTFY, CHANNEL_CONSOLE};
	static const enum channel_id programs[] = {
	    CHANNEL_WEBHOOK, CHANNEL_ALERTMANAGER, CHANNEL_PAGERDUTY, CHANNEL_SYSLOG};

	(void)state;
	for (size_t i = 0; i < sizeof(people) / sizeof(people[0]); i++) {
		render_case(&cases[0], people[i]);
		assert_null(strstr(body_storage, "disk.usage"));
		assert_null(strstr(body_storage, "prod"));
		assert_non_null(strstr(body_storage, "4.8 GiB"));
	}
	for (size_t i = 0; i < sizeof(programs) / sizeof(programs[0]); i++) {
		render_case(&cases[0], programs[i]);
		assert_non_null(strstr(body_storage, "disk.usage_percent"));
		assert_non_null(strstr(body_storage, "prod"));
	}
}

/* What it is about and its numbers are there; what others have named is not. */
static void
the_bare_form_has_no_text_from_outside(void **state)
{
	static const char *const foreign[] = {
	    "/var", "rsyslogd", "storage team", "mountpoint", "sda1", "ext4"};

	(void)state;
	for (int channel = 0; channel < CHANNEL_COUNT; channel++) {
		struct notify_context ctx = context_of(&cases[0], (enum channel_id)channel);
		struct notice *n = make_fire();
		struct buf body;

		n->channel = channel;
		ctx.minimal = ctx.bare = true;
		buf_init(&body, body_storage, sizeof(body_storage));
		assert_true(notify_render(n, &ctx, &body));
		assert_true(strstr(body_storage, "95.2") != NULL || channel == CHANNEL_EMAIL);
		for (size_t i = 0; i < sizeof(foreign) / sizeof(foreign[0]); i++) {
			if (strstr(body_storage, foreign[i]) != NULL)
				fail_msg(
				    "%s: %s", channel_name((enum channel_id)channel), foreign[i]);
		}
		assert_int_equal(n->facts[0].subject.labels.count, 3);
		notice_free(n);
	}
}

static struct notice *
make_renamed(void)
{
	struct notice *n = make_fire();

	n->facts[0].case_key = 0xabcdef0123456789;
	return n;
}

/* Its rule got another name: what was told of it before must be found again. */
static void
an_alert_has_one_fingerprint_on_all_channels_whatever_its_rule_is_called(void **state)
{
	struct payload_case renamed = cases[0];
	char now[FINGERPRINT_TEXT_MAX], first[FINGERPRINT_TEXT_MAX];
	struct notice *n = make_renamed();

	(void)state;
	fingerprint_text(n->facts[0].fingerprint, now);
	fingerprint_text(n->facts[0].case_key, first);
	notice_free(n);
	renamed.make = make_renamed;
	for (int channel = 0; channel < CHANNEL_COUNT; channel++) {
		bool says = strstr(render_case(&cases[0], (enum channel_id)channel), now) != NULL;
		const char *text = render_case(&renamed, (enum channel_id)channel);

		assert_null(strstr(text, now));
		assert_int_equal(strstr(text, first) != NULL, says);
	}
}

static size_t
checked_units(const json_t *object, const char *key, size_t least, size_t most)
{
	const char *text = json_string_value(json_object_get(object, key));
	size_t units = text == NULL ? 0 : escape_units(text, strlen(text));

	if (units < least || units > most)
		fail_msg("%s: %zu characters", key, units);
	return units;
}

/* Limits as the service documents them. */
static void
check_embed(const json_t *embed)
{
	const json_t *fields = json_object_get(embed, "fields"), *field;
	size_t sum, i;

	sum = checked_units(embed, "title", 1, 256);
	sum += checked_units(embed, "description", 0, 4096);
	sum += checked_units(json_object_get(embed, "footer"), "text", 0, 2048);
	assert_true(json_array_size(fields) <= 25);
	json_array_foreach(fields, i, field)
	{
		sum += checked_units(field, "name", 1, 256);
		sum += checked_units(field, "value", 1, 1024);
	}
	assert_true(sum <= 6000);
	assert_true(json_is_integer(json_object_get(embed, "color")));
	assert_int_equal(strlen(json_string_value(json_object_get(embed, "timestamp"))), 24);
}

static void
test_discord_limits(void **state)
{
	(void)state;
	for (size_t i = 0; i < CASE_COUNT; i++) {
		const char *text = render_case(&cases[i], CHANNEL_DISCORD);
		json_t *root = json_loads(text, 0, NULL), *mentions, *parse;

		assert_non_null(root);
		mentions = json_object_get(root, "allowed_mentions");
		parse = json_object_get(mentions, "parse");
		assert_true(json_is_array(parse));
		assert_int_equal(json_array_size(parse), 0);
		if (cases[i].minimal)
			checked_units(root, "content", 1, 2000);
		else
			check_embed(json_array_get(json_object_get(root, "embeds"), 0));
		json_decref(root);
	}
}

static void
test_discord_refuses_reserved_names(void **state)
{
	struct notify_context ctx = context_of(&cases[0], CHANNEL_DISCORD);
	struct notice *n = make_fire();
	struct buf body;

	(void)state;
	n->channel = CHANNEL_DISCORD;
	ctx.username = "My DisCord bot";
	buf_init(&body, body_storage, sizeof(body_storage));
	assert_true(notify_render(n, &ctx, &body));
	assert_null(strstr(body_storage, "\"username\""));
	notice_free(n);
}

static void
test_webhook_has_its_members(void **state)
{
	static const char *const keys[] = {"hostname", "metric", "value", "threshold", "severity",
	    "status", "message", "timestamp", "since", "labels", "fingerprint", "cause", "rule",
	    "delayed"};

	(void)state;
	for (size_t i = 0; i < CASE_COUNT; i++) {
		json_t *root = json_loads(render_case(&cases[i], CHANNEL_WEBHOOK), 0, NULL);

		assert_non_null(root);
		for (size_t k = 0; k < sizeof(keys) / sizeof(keys[0]) && !cases[i].minimal; k++)
			assert_non_null(json_object_get(root, keys[k]));
		json_decref(root);
	}
}

static void
test_webhook_says_what_it_left_out(void **state)
{
	json_t *root = json_loads(render_case(&cases[CASE_COUNT - 1], CHANNEL_WEBHOOK), 0, NULL);
	size_t there = json_array_size(json_object_get(root, "alerts"));

	(void)state;
	assert_true(there > 5);
	assert_int_equal(
	    there + (size_t)json_integer_value(json_object_get(root, "alerts_omitted")), 100000);
	json_decref(root);
}

/* Nothing from outside starts a line or reaches the terminal; ours is one line with its end. */
static void
test_console_is_one_line(void **state)
{
	(void)state;
	for (size_t i = 0; i < CASE_COUNT; i++) {
		const char *text = render_case(&cases[i], CHANNEL_CONSOLE);

		assert_ptr_equal(strchr(text, '\n'), text + strlen(text) - 1);
		assert_null(strchr(text, '\r'));
		assert_true(cases[i].colour || strchr(text, '\x1b') == NULL);
	}
}

static void
test_no_room_is_told(void **state)
{
	struct notify_context ctx = {0};
	struct notice *n = make_fire();
	char small[64];
	struct buf body;

	(void)state;
	for (int channel = 0; channel < CHANNEL_COUNT; channel++) {
		n->channel = channel;
		ctx = context_of(&cases[0], (enum channel_id)channel);
		buf_init(&body, small, sizeof(small));
		assert_false(notify_render(n, &ctx, &body));
	}
	n->channel = CHANNEL_COUNT;
	assert_false(notify_render(n, &ctx, &body));
	n->channel = -1;
	assert_false(notify_render(n, &ctx, &body));
	notice_free(n);
}

static void
test_rows_are_whole(void **state)
{
	(void)state;
	for (int id = 0; id < CHANNEL_COUNT; id++) {
		const struct notify_channel *row = notify_channel(id);

		assert_true(row->content_type != NULL && row->render != NULL);
		assert_int_equal(row->renews, row->alert_bytes != NULL);
	}
	assert_null(notify_channel(-1));
	assert_null(notify_channel(CHANNEL_COUNT));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_rows_are_whole),
	    cmocka_unit_test(test_payloads_are_as_agreed),
	    cmocka_unit_test(a_digest_of_one_is_that_one),
	    cmocka_unit_test(
	        an_alert_has_one_fingerprint_on_all_channels_whatever_its_rule_is_called),
	    cmocka_unit_test(what_is_gone_has_no_value),
	    cmocka_unit_test(people_are_not_told_what_is_for_programs),
	    cmocka_unit_test(the_bare_form_has_no_text_from_outside),
	    cmocka_unit_test(test_discord_limits),
	    cmocka_unit_test(test_discord_refuses_reserved_names),
	    cmocka_unit_test(test_webhook_has_its_members),
	    cmocka_unit_test(test_webhook_says_what_it_left_out),
	    cmocka_unit_test(test_console_is_one_line),
	    cmocka_unit_test(test_no_room_is_told),
	};

	return cmocka_run_group_tests_name("notify", tests, NULL, NULL);
}
