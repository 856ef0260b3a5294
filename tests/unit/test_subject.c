/*
 * What alerts are about, other than series: log lines and the host itself go through stages,
 * notices and channels as series do.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "src/model/subject.c"

#include <jansson.h>

#include "notify/notify.h"
#include "show/status.h"
#include "tests/unit/alert_rig.h"

#define HOSTILE "\x1b[31m\n\"@everyone"

/* As many labels as there may be, one of them made to break out. */
static struct subject
largest_log_subject(void)
{
	static const char *const keys[LABEL_SET_MAX] = {
	    "unit", "program", "pid", "user", "ip", "port", "path", "signal"};
	static const char *const values[LABEL_SET_MAX] = {
	    "nginx", HOSTILE, "812", "www", "192.0.2.7", "443", "/srv", "11"};
	struct subject s = {.name = "login_failed", .group = GROUP_LOG, .unit = UNIT_COUNT};

	for (size_t i = 0; i < LABEL_SET_MAX; i++)
		assert_true(label_set_add(&s.labels, keys[i], values[i]));
	assert_false(label_set_add(&s.labels, "ninth", ""));
	s.hash = subject_hash(s.name, &s.labels);
	return s;
}

/* What is about the host has no name of its own: its rule says all. */
static struct subject
host_subject(void)
{
	struct subject s = {.group = GROUP_HOST, .unit = UNIT_COUNT};

	s.hash = subject_hash(s.name, &s.labels);
	return s;
}

static void
happens(struct alert_rig *r, const struct subject *s, const char *rule, enum severity severity)
{
	struct finding *f = rig_event(r, "", "", severity, 60000);

	f->rule = rule;
	f->subject = subject_as_is(s);
}

static void
a_series_and_its_subject_have_one_hash(void **state)
{
	const char *const values[] = {"/var", "sda1", "ext4"};
	struct series_table *table = series_table_new(NULL);
	struct series_ref ref = {0};
	const struct series *s =
	    series_at(table, series_get(table, &ref, METRIC_DISK_USAGE, values, 1, RIG_STEP_MS));
	struct subject_ref of = subject_of_series(s);
	struct subject out, again;

	(void)state;
	subject_describe(&of, &out);
	assert_true(out.hash == s->hash && of.hash == s->hash);
	assert_true(subject_hash(out.name, &out.labels) == s->hash);
	assert_true(subject_is_metric(&out, METRIC_DISK_USAGE));
	assert_int_equal(out.group, GROUP_DISK);
	assert_string_equal(label_set_get(&out.labels, "device"), "sda1");
	of = subject_as_is(&out);
	subject_describe(&of, &again);
	assert_memory_equal(&again, &out, sizeof(out));
	series_table_free(table);
}

/* Two that differ only in where one label ends are two. */
static void
labels_are_kept_apart_in_a_hash(void **state)
{
	struct label_set a = {.count = 0}, b = {.count = 0};

	(void)state;
	label_set_add(&a, "x", "ab");
	label_set_add(&a, "y", "c");
	label_set_add(&b, "x", "a");
	label_set_add(&b, "y", "bc");
	assert_true(subject_hash("n", &a) != subject_hash("n", &b));
	assert_true(subject_hash("n", &a) != subject_hash("m", &a));
}

static void
log_lines_and_the_host_leave_in_groups_of_their_own(void **state)
{
	struct subject log = largest_log_subject(), host = host_subject();
	struct alert_rig r;

	(void)state;
	rig_init(&r);
	r.conf.group_window_secs = 30;
	rig_configure(&r);
	rig_found(&r, METRIC_CPU_USAGE, 0, SEV_WARN, 85);
	assert_string_equal(rig_apply_places(&r), "");
	happens(&r, &log, "log", SEV_WARN);
	rig_event(&r, "segfault", "php", SEV_WARN, 60000);
	assert_string_equal(rig_cpu(&r, SEV_WARN), "");
	happens(&r, &host, "reboot", SEV_WARN);
	assert_string_equal(rig_cpu(&r, SEV_WARN), "");
	assert_string_equal(rig_cpu(&r, SEV_WARN), "webhook fire warn: usage_percent");
	assert_string_equal(
	    rig_cpu(&r, SEV_WARN), "webhook fire warn: login_failednginx segfaultphp");
	assert_string_equal(rig_cpu(&r, SEV_WARN), "webhook fire warn: ");
	assert_string_equal(r.out.items[0]->facts->rule, "reboot");
	rig_done(&r);
}

static void
after_a_silence_they_are_in_the_digest(void **state)
{
	struct subject log = largest_log_subject(), host = host_subject();
	struct alert_rig r;

	(void)state;
	rig_init(&r);
	rig_silence(&r, "*", 30000, false);
	for (int i = 0; i < 4; i++) {
		happens(&r, &log, "log", SEV_WARN);
		happens(&r, &host, "reboot", SEV_CRITICAL);
		rig_found(&r, METRIC_CPU_USAGE, 0, SEV_WARN, 85);
		assert_string_equal(
		    rig_apply(&r), i < 3 ? ""
		                         : "webhook digest critical x3 4 times in 30s; "
		                           "discord fire critical 4 times in 30s");
	}
	assert_string_equal(r.out.items[0]->facts[0].rule, "reboot");
	rig_done(&r);
}

/* The body of the only notice, for a channel. */
static json_t *
render(const struct alert_rig *r, int channel, char *body, size_t cap)
{
	struct notify_context ctx = {
	    .hostname = "web-01", .version = "1", .now.wall_ms = r->now.wall_ms};
	struct buf b;

	assert_int_equal(r->out.len, 1);
	buf_init(&b, body, cap);
	assert_true(notify_channel(channel)->render(r->out.items[0], &ctx, &b));
	for (size_t i = 0; i + 1 < b.len; i++) {
		if (body[i] == CHANNEL_SLOT[0])
			body[i] = ' ';
	}
	return json_loads(body, 0, NULL);
}

static void
channels_show_all_labels_of_a_log_line(void **state)
{
	static char body[NOTIFY_BODY_MAX + 1];
	struct subject log = largest_log_subject();
	struct alert_rig r;
	json_t *root, *labels, *payload;

	(void)state;
	rig_init(&r);
	happens(&r, &log, "log", SEV_WARN);
	assert_string_equal(rig_apply(&r), "webhook fire warn");
	root = render(&r, CHANNEL_WEBHOOK, body, sizeof(body));
	labels = json_object_get(root, "labels");
	assert_int_equal(json_object_size(labels), LABEL_SET_MAX);
	for (size_t i = 0; i < LABEL_SET_MAX; i++)
		assert_string_equal(json_string_value(json_object_get(labels, log.labels.keys[i])),
		    label_set_value(&log.labels, i));
	assert_string_equal(json_string_value(json_object_get(root, "metric")), "login_failed");
	json_decref(root);
	root = render(&r, CHANNEL_PAGERDUTY, body, sizeof(body));
	payload = json_object_get(root, "payload");
	assert_string_equal(json_string_value(json_object_get(payload, "class")), "login_failed");
	assert_string_equal(json_string_value(json_object_get(payload, "group")), "log");
	assert_string_equal(json_string_value(json_object_get(payload, "component")), "nginx");
	json_decref(root);
	json_decref(render(&r, CHANNEL_CONSOLE, body, sizeof(body)));
	assert_non_null(strstr(body, "[WARN] web-01: login failed of nginx"));
	assert_true(strcspn(body, "\x1b\n") == strlen(body) - 1); /* one line, no escapes */
	rig_done(&r);
}

static void
channels_name_the_rule_of_what_has_no_name(void **state)
{
	static char body[NOTIFY_BODY_MAX + 1];
	struct subject host = host_subject();
	struct alert_rig r;
	json_t *root, *payload;

	(void)state;
	rig_init(&r);
	happens(&r, &host, "reboot", SEV_WARN);
	assert_string_equal(rig_apply(&r), "webhook fire warn");
	root = render(&r, CHANNEL_WEBHOOK, body, sizeof(body));
	assert_string_equal(json_string_value(json_object_get(root, "metric")), "reboot");
	assert_string_equal(json_string_value(json_object_get(root, "rule")), "reboot");
	assert_int_equal(json_object_size(json_object_get(root, "labels")), 0);
	json_decref(root);
	root = render(&r, CHANNEL_PAGERDUTY, body, sizeof(body));
	payload = json_object_get(root, "payload");
	assert_string_equal(json_string_value(json_object_get(payload, "class")), "reboot");
	assert_null(json_object_get(payload, "component"));
	json_decref(root);
	json_decref(render(&r, CHANNEL_CONSOLE, body, sizeof(body)));
	assert_non_null(strstr(body, "[WARN] web-01: reboot"));
	rig_done(&r);
}

/* Through a row on the disk as well, which says group and unit itself. */
static void
rows_keep_all_of_a_log_line(void **state)
{
	struct subject log = largest_log_subject(), host = host_subject();
	struct alert_rig r;
	const struct alert_facts *f;

	(void)state;
	rig_init(&r);
	happens(&r, &log, "log", SEV_WARN);
	happens(&r, &host, "reboot", SEV_WARN);
	rig_apply(&r);
	rig_restart(&r);
	happens(&r, &log, "log", SEV_CRITICAL);
	assert_string_equal(rig_apply(&r), "webhook fire critical 2 times in 10s; "
	                                   "discord fire critical 2 times in 10s");
	f = r.out.items[0]->facts;
	assert_int_equal(f->subject.group, GROUP_LOG);
	assert_int_equal(f->subject.unit, UNIT_COUNT);
	assert_true(f->subject.hash == log.hash);
	assert_memory_equal(&f->subject.labels, &log.labels, sizeof(log.labels));
	happens(&r, &host, "reboot", SEV_CRITICAL);
	rig_apply(&r);
	f = r.out.items[0]->facts;
	assert_string_equal(f->subject.name, "");
	assert_int_equal(f->subject.group, GROUP_HOST);
	assert_int_equal(f->subject.unit, UNIT_COUNT);
	assert_int_equal(alert_count(r.table, ALERT_FIRING), 2);
	rig_done(&r);
}

static void
status_lists_log_lines_and_the_host(void **state)
{
	static char text[256 * 1024];
	struct subject log = largest_log_subject(), host = host_subject();
	struct conf_report report;
	struct conf *conf = conf_load(NULL, NULL, NULL, &report);
	struct heartbeat heartbeat = {.enabled = false};
	struct alert_rig r;
	struct core core;
	struct status_input in = {.core = &core, .heartbeat = &heartbeat, .conf_origin = "x"};
	struct buf b;
	json_t *root, *items, *first;

	(void)state;
	rig_init(&r);
	core_init(&core, conf, 1, NULL);
	core_start_judging(&core);
	happens(&r, &log, "log", SEV_CRITICAL);
	happens(&r, &host, "reboot", SEV_WARN);
	core_judge(&core, NULL, &r.findings, &r.now);
	in.now = r.now;
	buf_init(&b, text, sizeof(text));
	status_write_json(&in, &b);
	root = json_loads(text, 0, NULL);
	items = json_object_get(json_object_get(root, "alerts"), "items");
	assert_int_equal(json_array_size(items), 2);
	first = json_array_get(items, 0);
	assert_string_equal(json_string_value(json_object_get(first, "metric")), "login_failed");
	assert_int_equal(json_object_size(json_object_get(first, "labels")), LABEL_SET_MAX);
	assert_string_equal(
	    json_string_value(json_object_get(json_object_get(first, "labels"), "program")),
	    HOSTILE);
	assert_string_equal(
	    json_string_value(json_object_get(json_array_get(items, 1), "rule")), "reboot");
	json_decref(root);
	core_done(&core);
	conf_free(conf);
	rig_done(&r);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(a_series_and_its_subject_have_one_hash),
	    cmocka_unit_test(labels_are_kept_apart_in_a_hash),
	    cmocka_unit_test(log_lines_and_the_host_leave_in_groups_of_their_own),
	    cmocka_unit_test(after_a_silence_they_are_in_the_digest),
	    cmocka_unit_test(channels_show_all_labels_of_a_log_line),
	    cmocka_unit_test(channels_name_the_rule_of_what_has_no_name),
	    cmocka_unit_test(rows_keep_all_of_a_log_line),
	    cmocka_unit_test(status_lists_log_lines_and_the_host),
	};

	return cmocka_run_group_tests_name("subject", tests, NULL, NULL);
}
