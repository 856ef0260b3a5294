/*
 * Mails of every kind of notice, hostile and largest ones too: their lines, and how those of one
 * alert refer to each other. The golden files have the rest.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <jansson.h>
#include <stdio.h>

#include "src/notify/email.c"

#include "tests/unit/payload_cases.h"

static void
test_lines(void **state)
{
	(void)state;
	for (size_t i = 0; i < CASE_COUNT; i++) {
		const char *line = render_case(&cases[i], CHANNEL_EMAIL);

		assert_null(load_payload());
		while (*line != '\0') {
			const char *end = strstr(line, "\r\n");

			assert_non_null(end);
			if (end - line > 76)
				fail_msg("%s: %.*s", cases[i].name, (int)(end - line), line);
			for (const char *p = line; p < end; p++)
				assert_true(*p >= 0x20 && *p < 0x7f);
			line = end + 2;
		}
	}
}

/* The headers' names, in their order: nothing from outside adds one. */
static void
test_headers(void **state)
{
	static const char *const names[] = {"Date", "From", "To", "Subject", "Message-ID",
	    "In-Reply-To", "References", "List-Id", "Auto-Submitted", "X-Auto-Response-Suppress",
	    "X-Sysops-Status", "X-Sysops-Host", "MIME-Version", "Content-Type",
	    "Content-Transfer-Encoding"};

	(void)state;
	for (size_t i = 0; i < CASE_COUNT; i++) {
		const char *line = render_case(&cases[i], CHANNEL_EMAIL);
		size_t next = 0;

		for (; !str_starts(line, "\r\n"); line = strstr(line, "\r\n") + 2) {
			size_t len = strcspn(line, ":");

			if (line[0] == ' ')
				continue;
			while (next < sizeof(names) / sizeof(names[0]) &&
			       (strlen(names[next]) != len || memcmp(names[next], line, len) != 0))
				next++;
			if (next == sizeof(names) / sizeof(names[0]))
				fail_msg("%s: %.40s", cases[i].name, line);
			next++;
		}
		assert_true(next > 12);
	}
}

/* "<...>" after the name of a header; "" if there is none. */
static const char *
id_of(const char *mail, const char *name, char out[256])
{
	const char *line = strstr(mail, name);

	out[0] = '\0';
	if (line != NULL)
		snprintf(
		    out, 256, "%.*s", (int)strcspn(line + strlen(name), "\r"), line + strlen(name));
	return out;
}

static const char *
render_notice(struct notice *n)
{
	struct notify_context ctx = context_of(&cases[0], CHANNEL_EMAIL);
	struct buf body;

	n->channel = CHANNEL_EMAIL;
	buf_init(&body, body_storage, sizeof(body_storage));
	assert_true(notify_render(n, &ctx, &body));
	notice_free(n);
	return body_storage;
}

static void
test_threads(void **state)
{
	struct notice *warn = make_fire(), *critical = make_fire(), *end = make_resolve();
	char warn_id[256], critical_id[256], id[256];

	(void)state;
	warn->facts[0].severity = SEV_WARN;
	warn->facts[0].told_levels = SEV_BIT(SEV_INFO);
	id_of(render_notice(warn), "\r\nMessage-ID: ", warn_id);
	id_of(render_notice(critical), "\r\nMessage-ID: ", critical_id);
	assert_string_not_equal(warn_id, critical_id);
	assert_string_equal(id_of(body_storage, "\r\nReferences: ", id), warn_id);
	render_notice(end);
	assert_string_equal(id_of(body_storage, "\r\nIn-Reply-To: ", id), critical_id);
	assert_string_equal(id_of(body_storage, "\r\nReferences: ", id), warn_id);
	assert_non_null(strstr(strstr(body_storage, "References"), critical_id));
}

/* The same each time it is tried; another when it is another message about the same. */
static void
test_names_of_messages(void **state)
{
	struct notice *again = make_fire(), *later = make_group();
	char id[256], other[256];

	(void)state;
	id_of(render_notice(make_fire()), "\r\nMessage-ID: ", id);
	assert_string_equal(id_of(render_notice(make_fire()), "\r\nMessage-ID: ", other), id);
	again->created.wall_ms += 3600 * 1000;
	again->facts[0].told_levels |= SEV_BIT(SEV_CRITICAL); /* a reminder, or it rose again */
	assert_string_not_equal(id_of(render_notice(again), "\r\nMessage-ID: ", other), id);
	assert_non_null(strstr(strstr(body_storage, "References"), id));
	id_of(render_notice(make_group()), "\r\nMessage-ID: ", id);
	assert_string_equal(id_of(render_notice(make_group()), "\r\nMessage-ID: ", other), id);
	later->created.wall_ms++;
	assert_string_not_equal(id_of(render_notice(later), "\r\nMessage-ID: ", other), id);
}

static void
test_without_addresses_there_is_no_mail(void **state)
{
	static char no_domain[] = "nobody";
	struct conf_channel channel = {.from = no_domain, .to = {to, 1}};
	struct notify_context ctx = context_of(&cases[0], CHANNEL_EMAIL);
	struct notice *n = make_fire();
	struct buf body;

	(void)state;
	n->channel = CHANNEL_EMAIL;
	buf_init(&body, body_storage, sizeof(body_storage));
	ctx.channel = &channel;
	assert_false(notify_render(n, &ctx, &body));
	channel.from = from;
	channel.to.len = 0;
	assert_false(notify_render(n, &ctx, &body));
	ctx.channel = NULL;
	assert_false(notify_render(n, &ctx, &body));
	notice_free(n);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_lines),
	    cmocka_unit_test(test_headers),
	    cmocka_unit_test(test_threads),
	    cmocka_unit_test(test_names_of_messages),
	    cmocka_unit_test(test_without_addresses_there_is_no_mail),
	};

	return cmocka_run_group_tests_name("email", tests, NULL, NULL);
}
