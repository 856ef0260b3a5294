/*
 * Alerts as the Alertmanager takes them: labels, ends, and how large they are.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <ctype.h>

#include "src/notify/alertmanager.c"

#include "payload_help.h"

static void
check_alert(const json_t *alert)
{
	const json_t *value;
	const char *key, *start = text_of(alert, "startsAt", 24, 24);

	if (json_object_get(alert, "endsAt") != NULL)
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

	json_array_foreach(root, i, alert)
	{
		const char *end = json_string_value(json_object_get(alert, "endsAt"));

		ends += end != NULL && strcmp(end, until) <= 0;
	}
	return ends;
}

/* Of each alert one stands under its severity; under others that it was told under it is over. */
static void
check_alertmanager(const struct payload_case *c)
{
	json_t *root = payload(c, CHANNEL_ALERTMANAGER), *alert;
	size_t k;

	assert_true(json_is_array(root));
	json_array_foreach(root, k, alert) check_alert(alert);
	if (c->make == make_fire) {
		assert_int_equal(json_array_size(root), 2); /* info is not taken */
		assert_int_equal(count_ends(root, "2026-11-22T20:55:01.123Z"), 1);
	} else if (c->make == make_resolve) {
		assert_int_equal(json_array_size(root), 2);
		assert_int_equal(count_ends(root, "2026-11-22T20:55:01.123Z"), 2);
	} else if (c->make == make_many) {
		assert_true(json_array_size(root) >= 9);
	}
	json_decref(root);
}

static void
test_alertmanager_limits(void **state)
{
	(void)state;
	check_all(check_alertmanager);
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
	n->facts[0].resolved.wall_ms = NOW_MS;
	ctx.now.wall_ms = NOW_MS;
	buf_init(&body, body_storage, sizeof(body_storage));
	assert_true(notify_render(n, &ctx, &body));
	root = load_payload();
	assert_int_equal(json_array_size(root), 3);
	assert_int_equal(count_ends(root, "2026-11-22T20:55:01.123Z"), 1);
	assert_null(json_object_get(json_array_get(root, 1), "endsAt")); /* its server knows when */
	json_decref(root);
	notice_free(n);
}

/* Whatever our clock says, nothing begins or ends in the server's future. */
static void
test_alertmanager_goes_by_the_servers_clock(void **state)
{
	static const struct {
		int64_t ahead_ms;
		const char *start, *end;
	} rows[] = {{0, "2026-11-22T20:43:01.123Z", "2026-11-22T20:55:01.123Z"},
	    {60000, "2026-11-22T20:42:01.123Z", "2026-11-22T20:54:01.123Z"},
	    {-600000, "2026-11-22T20:53:01.123Z", "2026-11-22T21:05:01.123Z"}};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct notify_context ctx = context_of(&cases[0], CHANNEL_ALERTMANAGER);
		struct notice *n = make_resolve();
		struct buf body;
		json_t *root;

		n->channel = CHANNEL_ALERTMANAGER;
		n->facts[0].resolved.wall_ms = NOW_MS + 5000; /* stepped since */
		ctx.now.wall_ms = NOW_MS;
		ctx.ahead_ms = rows[i].ahead_ms;
		buf_init(&body, body_storage, sizeof(body_storage));
		assert_true(notify_render(n, &ctx, &body));
		root = load_payload();
		assert_string_equal(
		    text_of(json_array_get(root, 0), "startsAt", 24, 24), rows[i].start);
		assert_string_equal(
		    text_of(json_array_get(root, 0), "endsAt", 24, 24), rows[i].end);
		json_decref(root);
		notice_free(n);
	}
}

/* It began while our clock was nine hours ahead, which was set right before it ended. */
static void
test_alertmanager_is_told_the_length_that_an_alert_had(void **state)
{
	struct notify_context ctx = context_of(&cases[0], CHANNEL_ALERTMANAGER);
	struct notice *n = make_resolve();
	struct buf body;
	json_t *root;

	(void)state;
	n->channel = CHANNEL_ALERTMANAGER;
	ctx.now = (struct now){.boot_ns = 5000 * NS_PER_SEC, .wall_ms = NOW_MS, .boot = 7};
	n->facts[0].resolved = ctx.now;
	n->facts[0].since = (struct now){.boot_ns = 4280 * NS_PER_SEC,
	    .wall_ms = NOW_MS + (9 * 60 - 12) * (int64_t)MINUTE_MS,
	    .boot = 7};
	buf_init(&body, body_storage, sizeof(body_storage));
	assert_true(notify_render(n, &ctx, &body));
	root = load_payload();
	assert_string_equal(
	    text_of(json_array_get(root, 0), "startsAt", 24, 24), "2026-11-22T20:43:01.123Z");
	assert_string_equal(
	    text_of(json_array_get(root, 0), "endsAt", 24, 24), "2026-11-22T20:55:01.123Z");
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

/*
 * However hostile its texts, however long ago it began: an alert takes no more of a body than was
 * said, and not much less.
 */
static void
test_alertmanager_says_how_large_an_alert_is(void **state)
{
	(void)state;
	print_message("seed: SYSOPS_SEED=%u\n", start_random());
	for (int i = 0; i < 2000; i++) {
		struct notify_context ctx = context_of(&cases[0], CHANNEL_ALERTMANAGER);
		struct notice *n = make_random();
		size_t most = 0;
		struct buf body;

		n->channel = CHANNEL_ALERTMANAGER;
		n->transient = true;
		ctx.hostname = i % 2 == 0 ? HOSTILE : "web-01";
		n->fact_count = 1 + (size_t)rand() % (n->fact_count < 3 ? n->fact_count : 3);
		for (size_t k = 0; k < n->fact_count; k++) {
			n->facts[k].since.wall_ms -= rand() % 1000 * (int64_t)MINUTE_MS;
			most += alert_bytes(&n->facts[k], &ctx);
		}
		ctx.now.wall_ms += (int64_t)rand() * 1000;
		buf_init(&body, body_storage, sizeof(body_storage));
		assert_true(notify_render(n, &ctx, &body));
		assert_in_range(body.len, most - n->fact_count * 2 * STR_SPAN_MAX, most + 2);
		notice_free(n);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_alertmanager_limits),
	    cmocka_unit_test(test_alertmanager_is_told_the_length_that_an_alert_had),
	    cmocka_unit_test(test_alertmanager_renews_no_ends),
	    cmocka_unit_test(test_alertmanager_goes_by_the_servers_clock),
	    cmocka_unit_test(test_alertmanager_keeps_its_labels),
	    cmocka_unit_test(test_alertmanager_says_how_large_an_alert_is),
	};

	return cmocka_run_group_tests_name("alertmanager", tests, NULL, NULL);
}
