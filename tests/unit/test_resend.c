/*
 * What is told again while it fires, over a table and an outbox that the test plays.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <jansson.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "alert/alert.h"
#include "outbox/outbox.h"

#define alert_each fake_each
#define outbox_put fake_put
#define outbox_channel(ob, id) fake_channel(ob, id)
static void fake_each(const struct alert_table *table,
    void (*fn)(void *arg, const struct alert_view *view), void *arg);
static void fake_put(struct outbox *ob, struct notices *notices, const struct now *now);
static const struct outbox_channel *fake_channel(const struct outbox *ob, int channel);

#include "src/core/resend.c"

#include "notify/notify.h"
#include "tests/unit/subject_help.h"

#define ALERTS 300
#define AM CHANNEL_ALERTMANAGER
#define WALL_MS 1795380901123

static struct alert_facts facts[ALERTS];
static struct alert_view views[ALERTS];
static size_t alert_total;
static struct notices queued;
static struct outbox_channel lane;

static void
fake_each(const struct alert_table *table, void (*fn)(void *arg, const struct alert_view *view),
    void *arg)
{
	(void)table;
	for (size_t i = 0; i < alert_total; i++)
		fn(arg, &views[i]);
}

static void
fake_put(struct outbox *ob, struct notices *notices, const struct now *now)
{
	(void)ob;
	(void)now;
	for (size_t i = 0; i < notices->len; i++)
		notices_add(&queued, notices->items[i]);
	notices->len = 0;
}

static const struct outbox_channel *
fake_channel(const struct outbox *ob, int channel)
{
	(void)ob;
	assert_int_equal(channel, AM);
	return &lane;
}

struct rig {
	struct resend resend;
	struct conf conf;
	struct now now;
};

static char host[] = "web-01", env[] = "env", prod[] = "prod";
static struct string_pair labels[] = {{env, prod}};

static void
set_up(struct rig *r)
{
	*r = (struct rig){.now = {3600 * NS_PER_SEC, WALL_MS}};
	r->conf.agent.hostname = host;
	r->conf.agent.labels = (struct string_pairs){labels, 1};
	for (int id = 0; id < CHANNEL_COUNT; id++)
		r->conf.channels[id] = (struct conf_channel){
		    .id = (enum channel_id)id, .enabled = true, .severities = SEV_DEFAULT_MASK};
	alert_total = 0;
	lane.queued = 0;
}

static void
tear_down(struct rig *r)
{
	notices_done(&queued);
	resend_done(&r->resend);
}

static struct alert_view *
add(const char *mountpoint, enum severity severity)
{
	struct alert_facts *f = &facts[alert_total];
	struct alert_view *v = &views[alert_total];

	*f = (struct alert_facts){.fingerprint = 977 * (alert_total + 1) % 1009,
	    .rule = "disk",
	    .subject = metric_subject(METRIC_DISK_USAGE),
	    .severity = severity,
	    .value = 95,
	    .limit = 90,
	    .worst = 95,
	    .eta_secs = NAN,
	    .since.wall_ms = WALL_MS - 1000,
	    .count = 1};
	label_set_add(&f->subject.labels, "mountpoint", mountpoint);
	*v = (struct alert_view){.facts = f, .state = ALERT_FIRING, .told = 1u << AM, .cause = ""};
	alert_total++;
	return v;
}

/* A round so many seconds later; the number of notices it made. */
static size_t
go_on(struct rig *r, int64_t secs)
{
	notices_done(&queued);
	r->now.boot_ns += secs * NS_PER_SEC;
	r->now.wall_ms += secs * 1000;
	resend_round(&r->resend, NULL, NULL, &r->conf, &r->now);
	return queued.len;
}

static size_t
count(bool ended)
{
	size_t n = 0;

	for (size_t i = 0; i < queued.len; i++) {
		for (size_t k = 0; k < queued.items[i]->fact_count; k++)
			n += (queued.items[i]->facts[k].resolved.wall_ms != 0) == ended;
	}
	return n;
}

static void
test_once_a_minute(void **state)
{
	struct rig r;

	(void)state;
	set_up(&r);
	add("/", SEV_WARN);
	add("/var", SEV_CRITICAL);
	facts[1].told_levels = SEV_BIT(SEV_INFO) | SEV_BIT(SEV_WARN) | SEV_BIT(SEV_CRITICAL);
	assert_int_equal(go_on(&r, 0), 1);
	assert_true(queued.items[0]->transient);
	assert_int_equal(queued.items[0]->channel, AM);
	assert_int_equal(queued.items[0]->kind, NOTICE_FIRE);
	assert_int_equal(count(false), 2);
	/* what it was told before this start, and takes, is over; what it never heard of is not */
	assert_int_equal(count(true), 1);
	assert_int_equal(queued.items[0]->facts[2].severity, SEV_WARN);
	for (int i = 0; i < 5; i++)
		assert_int_equal(go_on(&r, 10), 0);
	r.now.boot_ns -= NS_PER_SEC / 2 + 1;
	assert_int_equal(go_on(&r, 10), 0); /* earlier than a cycle may be */
	r.now.boot_ns++;
	assert_int_equal(go_on(&r, 0), 1);
	assert_int_equal(count(false), 2);
	assert_int_equal(count(true), 0);
	tear_down(&r);
}

static void
test_a_severity_that_changed(void **state)
{
	struct rig r;

	(void)state;
	set_up(&r);
	add("/", SEV_CRITICAL);
	add("/var", SEV_CRITICAL);
	go_on(&r, 0);
	facts[0].severity = SEV_WARN;
	assert_int_equal(go_on(&r, 60), 1);
	assert_int_equal(count(false), 2);
	assert_int_equal(count(true), 1); /* the level it had is over */
	go_on(&r, 60);
	assert_int_equal(count(true), 0);
	/* below what the channel takes: only over */
	r.conf.channels[AM].severities = SEV_BIT(SEV_CRITICAL) | SEV_BIT(SEV_EMERGENCY);
	facts[1].severity = SEV_WARN;
	go_on(&r, 60);
	assert_int_equal(count(false), 0);
	assert_int_equal(count(true), 1);
	assert_int_equal(go_on(&r, 60), 0);
	tear_down(&r);
}

/* A row of an earlier life came after the first round: what it was told under then ends too. */
static void
test_levels_that_become_known(void **state)
{
	struct rig r;

	(void)state;
	set_up(&r);
	add("/", SEV_WARN);
	go_on(&r, 0);
	assert_int_equal(count(true), 0);
	facts[0].told_levels = SEV_BIT(SEV_WARN) | SEV_BIT(SEV_CRITICAL);
	go_on(&r, 60);
	assert_int_equal(count(true), 1);
	go_on(&r, 60);
	assert_int_equal(count(true), 0);
	tear_down(&r);
}

static void
test_only_what_was_told(void **state)
{
	struct rig r;

	(void)state;
	set_up(&r);
	add("/a", SEV_WARN)->told = 1u << CHANNEL_WEBHOOK;
	add("/b", SEV_WARN)->state = ALERT_PENDING;
	add("/c", SEV_WARN)->state = ALERT_RESOLVED;
	assert_int_equal(go_on(&r, 0), 0);
	views[2].flapping = true;
	facts[2].resolved.wall_ms = WALL_MS;
	go_on(&r, 60);
	assert_int_equal(count(false), 1);
	r.conf.channels[AM].enabled = false;
	assert_int_equal(go_on(&r, 60), 0);
	tear_down(&r);
}

static void
test_news_go_first(void **state)
{
	struct rig r;

	(void)state;
	set_up(&r);
	add("/", SEV_WARN);
	lane.queued = 1;
	str_copy(lane.last_error, sizeof(lane.last_error), "500");
	assert_int_equal(go_on(&r, 0), 0);
	lane.queued = 0;
	assert_int_equal(go_on(&r, 60), 1);
	lane.queued = 1;
	lane.last_error[0] = '\0'; /* they wait for a token only */
	assert_int_equal(go_on(&r, 60), 1);
	tear_down(&r);
}

static void
test_the_cause_that_was_told_is_told_again(void **state)
{
	struct rig r;

	(void)state;
	set_up(&r);
	add("/", SEV_WARN);
	add("/var", SEV_WARN)->cause = "rsyslogd (pid 812)";
	for (int i = 0; i < 3; i++) {
		go_on(&r, 60);
		assert_string_equal(queued.items[0]->facts[0].cause, "");
		assert_string_equal(queued.items[0]->facts[queued.items[0]->fact_count - 1].cause,
		    "rsyslogd (pid 812)");
	}
	assert_int_equal(r.resend.count, 2);
	alert_total = 0;
	go_on(&r, 60);
	assert_int_equal(r.resend.count, 0);
	tear_down(&r);
}

/* Bytes that grow most when escaped, as many as there is room for. */
static void
make_large(struct alert_facts *f, const char *unit, size_t i)
{
	char text[SERIES_TEXT_MAX] = "";

	while (strlen(text) + strlen(unit) < sizeof(f->message) - 8)
		memcpy(text + strlen(text), unit, strlen(unit) + 1);
	str_copy(f->message, sizeof(f->message), text);
	str_copy(f->cause, sizeof(f->cause), text);
	str_copy(f->also, sizeof(f->also), text);
	f->also_count = 5;
	str_copy(f->rule, sizeof(f->rule), text);
	snprintf(text + strlen(text) - 4, 5, "%04zu", i % 10000);
	f->subject.labels.count = 0;
	label_set_add(&f->subject.labels, "mountpoint", text);
}

/* However many alerts fire and whatever they are named, each is in a payload. */
static void
check_all_told(struct rig *r, size_t wanted)
{
	static char storage[NOTIFY_BODY_MAX + 1];
	size_t told = 0;

	for (size_t i = 0; i < queued.len; i++) {
		struct notify_context ctx = {.hostname = host,
		    .version = "0",
		    .channel = &r->conf.channels[AM],
		    .labels = r->conf.agent.labels,
		    .now.wall_ms = r->now.wall_ms};
		struct buf body;
		json_t *root;

		buf_init(&body, storage, sizeof(storage));
		assert_true(notify_render(queued.items[i], &ctx, &body));
		root = json_loads(storage, 0, NULL);
		assert_int_equal(json_array_size(root), queued.items[i]->fact_count);
		told += json_array_size(root);
		json_decref(root);
	}
	assert_int_equal(told, wanted);
}

/* No more requests than it takes: what is next would not have found room. */
static void
check_all_full(struct rig *r)
{
	struct round round = {.resend = &r->resend,
	    .conf = &r->conf,
	    .channel = &r->conf.channels[AM],
	    .now = &r->now};

	for (size_t i = 0; i + 1 < queued.len; i++) {
		const struct notice *n = queued.items[i];
		size_t bytes = count_bytes(&round, &queued.items[i + 1]->facts[0]);

		for (size_t k = 0; k < n->fact_count; k++)
			bytes += count_bytes(&round, &n->facts[k]);
		assert_true(bytes > NOTIFY_ALERTS_BYTES_MAX);
	}
}

static void
test_none_is_left_out(void **state)
{
	static const char *const units[] = {"a", "\x1b", "\xff", "\"", "\xc3\xbc"};
	struct rig r;

	(void)state;
	for (size_t u = 0; u < sizeof(units) / sizeof(units[0]); u++) {
		set_up(&r);
		for (size_t i = 0; i < ALERTS; i++) {
			add("/", SEV_WARN);
			make_large(&facts[i], units[u], i);
			facts[i].told_levels = SEV_BIT(SEV_CRITICAL) | SEV_BIT(SEV_EMERGENCY);
		}
		go_on(&r, 0);
		check_all_told(&r, 3 * ALERTS);
		assert_true(go_on(&r, 60) > 1);
		check_all_told(&r, ALERTS);
		check_all_full(&r);
		tear_down(&r);
	}
}

static void
test_ordinary_ones_share_a_request(void **state)
{
	struct rig r;

	(void)state;
	set_up(&r);
	for (int i = 0; i < 20; i++)
		add("/srv/data", SEV_WARN);
	facts[7].severity = SEV_CRITICAL;
	go_on(&r, 0);
	assert_int_equal(go_on(&r, 60), 1);
	assert_int_equal(count(false), 20);
	assert_int_equal(queued.items[0]->total, 20);
	assert_int_equal(queued.items[0]->severity, SEV_CRITICAL);
	assert_int_equal(queued.items[0]->created.wall_ms, r.now.wall_ms);
	assert_int_equal(queued.items[0]->created.boot_ns, r.now.boot_ns);
	tear_down(&r);
}

/* It came down while the channel failed: that the higher level is over is told when it is open. */
static void
test_a_closed_channel_is_not_told(void **state)
{
	struct rig r;

	(void)state;
	set_up(&r);
	add("/", SEV_CRITICAL);
	go_on(&r, 0);
	facts[0].severity = SEV_WARN;
	lane.queued = 1;
	str_copy(lane.last_error, sizeof(lane.last_error), "500");
	assert_int_equal(go_on(&r, 60), 0);
	lane.queued = 0;
	assert_int_equal(go_on(&r, 60), 1);
	assert_int_equal(count(false), 1);
	assert_int_equal(count(true), 1);
	assert_int_equal(queued.items[0]->facts[1].severity, SEV_CRITICAL);
	lane.last_error[0] = '\0';
	tear_down(&r);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_once_a_minute),
	    cmocka_unit_test(test_a_severity_that_changed),
	    cmocka_unit_test(test_levels_that_become_known),
	    cmocka_unit_test(test_only_what_was_told),
	    cmocka_unit_test(test_news_go_first),
	    cmocka_unit_test(test_the_cause_that_was_told_is_told_again),
	    cmocka_unit_test(test_none_is_left_out),
	    cmocka_unit_test(test_ordinary_ones_share_a_request),
	    cmocka_unit_test(test_a_closed_channel_is_not_told),
	};

	return cmocka_run_group_tests_name("renew", tests, NULL, NULL);
}
