/*
 * status: what an operator reads, in 80 columns, and what a program parses, whatever the host calls
 * its things.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <jansson.h>

#include "src/show/status.c"

#include "fake_host.h"

#include "alert/silence_set.h"
#include "base/str.h"

#define HOSTILE "/mnt/@everyone \x1b[31m\xff\"\n<b>"
#define ANSWER_MAX (256 * 1024)

struct scene {
	struct fake f;
	struct conf conf;
	struct core core;
	struct heartbeat heartbeat;
	struct status_input in;
	char text[ANSWER_MAX];
	struct buf out;
};

static void
begin(struct scene *s)
{
	char roots[2][96];

	memset(s, 0, sizeof(*s));
	fake_init(&s->f);
	snprintf(roots[0], sizeof(roots[0]), "%s/proc", s->f.dir);
	snprintf(roots[1], sizeof(roots[1]), "%s/sys", s->f.dir);
	s->conf.agent.hostname = mem_strdup("web-1");
	s->conf.agent.proc_root = roots[0];
	s->conf.agent.sys_root = roots[1];
	s->conf.collect = s->f.conf;
	s->conf.storage.ring_buffer_size = 16;
	s->conf.channels[CHANNEL_CONSOLE].enabled = true;
	s->conf.channels[CHANNEL_CONSOLE].severities = SEV_DEFAULT_MASK;
	core_init(&s->core, &s->conf, 1, NULL);
	s->in = (struct status_input){.core = &s->core,
	    .heartbeat = &s->heartbeat,
	    .now = {9000 * NS_PER_SEC, 1700000000000},
	    .conf_origin = "/etc/sysops-agent/config.toml",
	    .launched_wall_ms = 1700000000000 - 7200 * 1000,
	    .configured_wall_ms = 1700000000000 - 60 * 1000,
	    .started_ns = 8000 * NS_PER_SEC,
	    .wakeups = 500,
	    .kept = true};
	buf_init(&s->out, s->text, sizeof(s->text));
}

static void
end(struct scene *s)
{
	core_done(&s->core);
	mem_free(s->conf.agent.hostname);
	fake_done(&s->f);
	mem_free(s);
}

/* Alerts on so many mounts of that name, the second half only pending. */
static void
raise_alerts(struct scene *s, int n, const char *name)
{
	struct notices list = {0};
	struct findings findings;

	findings_init(&findings, (size_t)n);
	for (int i = 0; i < n; i++) {
		char mountpoint[200];
		const char *labels[] = {mountpoint, "sda1", "ext4"};
		struct series_ref ref = {0};
		struct finding *f = findings_add(&findings);

		snprintf(mountpoint, sizeof(mountpoint), "%s%d", name, i);
		*f = (struct finding){.rule = "disk",
		    .subject = subject_of_series(series_at(
		        s->core.series, series_get(s->core.series, &ref, METRIC_DISK_USAGE, labels,
		                            s->in.now.boot_ns, 10000))),
		    .state = i % 2 == 0 ? FINDING_FIRING : FINDING_PENDING,
		    .severity = i % 4 == 0 ? SEV_CRITICAL : SEV_WARN,
		    .value = 95.25,
		    .limit = 90,
		    .since_ns = s->in.now.boot_ns - 600 * NS_PER_SEC,
		    .interval_ms = 10000,
		    .eta_secs = NAN};
	}
	alert_apply(s->core.alerts, &findings,
	    &(struct alert_round){.now = &s->in.now, .cycle = true}, &list);
	notices_done(&list);
	findings_done(&findings);
}

static json_t *
read_json(struct scene *s)
{
	json_error_t error;
	json_t *root;

	s->out.len = 0;
	status_write_json(&s->in, &s->out);
	root = json_loads(s->text, 0, &error);
	if (root == NULL)
		fail_msg("%s at %d: %.60s", error.text, error.position, s->text + error.position);
	assert_false(s->out.full);
	return root;
}

static size_t
longest_line(const char *text)
{
	size_t longest = 0;

	while (*text != '\0') {
		size_t len = strcspn(text, "\n"), cells = 0;

		for (size_t i = 0; i < len; i++)
			cells += ((unsigned char)text[i] & 0xc0) != 0x80;
		longest = cells > longest ? cells : longest;
		text += len + (text[len] == '\n');
	}
	return longest;
}

static const char *
table(struct scene *s)
{
	s->out.len = 0;
	status_write_table(&s->in, &s->out);
	return s->text;
}

static void
test_a_quiet_host(void **state)
{
	struct scene *s = mem_zalloc(1, sizeof(*s));
	json_t *root;

	(void)state;
	begin(s);
	assert_non_null(strstr(table(s), "sysops-agent " SYSOPS_VERSION " on web-1, up 2 h"));
	assert_non_null(strstr(s->text, "alerts         none\n"));
	assert_non_null(strstr(s->text, "/etc/sysops-agent/config.toml, taken 1 min ago"));
	assert_non_null(strstr(s->text, "kept on disk"));
	assert_non_null(strstr(s->text, "0.50 wakeups/s"));
	assert_null(strstr(s->text, "heartbeat"));
	root = read_json(s);
	assert_string_equal(json_string_value(json_object_get(root, "hostname")), "web-1");
	assert_int_equal(json_array_size(json_object_get(root, "silences")), 0);
	assert_int_equal(
	    json_integer_value(json_object_get(json_object_get(root, "detectors"), "bytes")),
	    detect_bytes(s->core.detect));
	assert_int_equal(json_array_size(json_object_get(root, "channels")), 1);
	json_decref(root);
	end(s);
}

static void
test_alerts_the_worst_first(void **state)
{
	struct scene *s = mem_zalloc(1, sizeof(*s));
	json_t *root, *alerts, *first;

	(void)state;
	begin(s);
	raise_alerts(s, 8, "/data");
	root = read_json(s);
	alerts = json_object_get(root, "alerts");
	assert_int_equal(json_integer_value(json_object_get(alerts, "firing")), 4);
	assert_int_equal(json_integer_value(json_object_get(alerts, "pending")), 4);
	assert_int_equal(json_integer_value(json_object_get(alerts, "refused")), 0);
	first = json_array_get(json_object_get(alerts, "items"), 0);
	assert_string_equal(json_string_value(json_object_get(first, "severity")), "critical");
	assert_string_equal(
	    json_string_value(json_object_get(first, "metric")), "disk.usage_percent");
	assert_near(json_number_value(json_object_get(first, "value")), 95.25);
	json_decref(root);
	assert_non_null(strstr(table(s), "4 firing, 4 pending"));
	assert_non_null(strstr(s->text, "critical  disk usage of /data"));
	assert_non_null(strstr(s->text, "is 95.2% (limit 90.0%)"));
	assert_true(strstr(s->text, "critical") < strstr(s->text, "warn"));
	assert_true(longest_line(s->text) <= 80);
	end(s);
}

/* A thousand alerts with names made to break out: valid JSON, lines of 80 columns, no escapes. */
static void
test_a_hostile_crowd(void **state)
{
	struct scene *s = mem_zalloc(1, sizeof(*s));
	char name[180];
	json_t *root, *alerts;
	size_t shown, left_out;

	(void)state;
	begin(s);
	memset(name, '\x01', sizeof(name) - 1);
	name[sizeof(name) - 1] = '\0';
	memcpy(name, HOSTILE, sizeof(HOSTILE) - 1);
	raise_alerts(s, 100, name);
	raise_alerts(s, 150, "/mnt/\x1b]0;x\x07");
	root = read_json(s);
	alerts = json_object_get(root, "alerts");
	shown = json_array_size(json_object_get(alerts, "items"));
	left_out = (size_t)json_integer_value(json_object_get(alerts, "left_out"));
	assert_true(shown > 50 && shown <= STATUS_ALERTS_MAX);
	assert_int_equal(
	    shown + left_out, json_integer_value(json_object_get(alerts, "firing")) +
	                          json_integer_value(json_object_get(alerts, "pending")));
	json_decref(root);
	table(s);
	assert_null(strchr(s->text, '\x1b'));
	assert_null(strchr(s->text, '\x07'));
	assert_true(longest_line(s->text) <= 80);
	assert_non_null(strstr(s->text, " more\n"));
	end(s);
}

static void
test_channels_and_heartbeat(void **state)
{
	struct scene *s = mem_zalloc(1, sizeof(*s));
	struct notices list = {0};
	struct notice *n = notice_new(NOTICE_TEST, CHANNEL_CONSOLE, 1);
	struct outbox_job job;
	json_t *root, *channel;

	(void)state;
	begin(s);
	n->created_wall_ms = s->in.now.wall_ms;
	n->created_boot_ns = s->in.now.boot_ns;
	notices_add(&list, n);
	outbox_put(s->core.outbox, &list, &s->in.now);
	outbox_unkept(s->core.outbox);
	assert_true(outbox_next(s->core.outbox, &s->in.now, &job));
	outbox_receipt(s->core.outbox, job.channel,
	    &(struct delivery_receipt){.id = job.id,
	        .attempt = job.attempt,
	        .outcome = DELIVERY_DENIED,
	        .status = 403,
	        .text = "no \x1b[31m entry, and a long story about why that goes on and on and on"},
	    &s->in.now);
	s->in.now.boot_ns += 600 * NS_PER_SEC;
	s->in.now.wall_ms += 600 * 1000;
	heartbeat_init(&s->heartbeat, true, 60);
	s->heartbeat.fault = "a channel does not deliver";
	s->heartbeat.answered = 3;
	s->heartbeat.last_ok.wall_ms = s->in.now.wall_ms - 5000;
	table(s);
	assert_non_null(strstr(s->text, "1 waiting since 10 min"));
	assert_non_null(strstr(s->text, "PAUSED"));
	assert_non_null(strstr(s->text, "last error: 403 no"));
	assert_non_null(strstr(s->text, "HELD BACK: a channel does not deliver"));
	assert_null(strchr(s->text, '\x1b'));
	assert_true(longest_line(s->text) <= 80);
	s->in.colour = true;
	assert_non_null(strchr(table(s), '\x1b'));
	root = read_json(s);
	channel = json_array_get(json_object_get(root, "channels"), 0);
	assert_true(json_boolean_value(json_object_get(channel, "paused")));
	assert_int_equal(json_integer_value(json_object_get(channel, "queued")), 1);
	assert_int_equal(json_integer_value(json_object_get(channel, "oldest_secs")), 600);
	json_decref(root);
	notices_done(&list);
	end(s);
}

static void
test_silences(void **state)
{
	struct scene *s = mem_zalloc(1, sizeof(*s));
	struct alert_silence silence = {
	    .match = "disk.*{mountpoint=/backup*}", .comment = "moving"};
	json_t *root;

	(void)state;
	begin(s);
	silence.until_wall_ms = s->in.now.wall_ms + 7200 * 1000;
	assert_int_equal(silence_set_add(alert_silences(s->core.alerts), &silence, &s->in.now), 1);
	assert_non_null(strstr(table(s), "disk.*{mountpoint=/backup*} until "));
	assert_non_null(strstr(s->text, "(2 h): moving\n"));
	root = read_json(s);
	assert_int_equal(json_array_size(json_object_get(root, "silences")), 1);
	json_decref(root);
	end(s);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_a_quiet_host),
	    cmocka_unit_test(test_alerts_the_worst_first),
	    cmocka_unit_test(test_a_hostile_crowd),
	    cmocka_unit_test(test_channels_and_heartbeat),
	    cmocka_unit_test(test_silences),
	};

	return cmocka_run_group_tests_name("status", tests, NULL, NULL);
}
