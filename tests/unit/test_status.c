/*
 * status: what an operator reads, in 80 columns, and what a program parses, whatever the host calls
 * its things.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <errno.h>
#include <jansson.h>

#include "src/show/status.c"

#include "status_scene.h"

#include "alert/silence_set.h"

#define HOSTILE "/mnt/@everyone \x1b[31m\xff\"\n<b>"

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
	assert_non_null(
	    strstr(table(s), "sysops-agent " SYSOPS_VERSION " on web-1, process 4711, up 2 h"));
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
	assert_int_equal(json_integer_value(json_object_get(alerts, "without_room")), 0);
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

/* In the verdict, beside the alerts, and for programs. */
static void
test_alerts_that_find_no_room(void **state)
{
	struct scene *s = mem_zalloc(1, sizeof(*s));
	json_t *root;

	(void)state;
	begin(s);
	raise_by_rules(s, ALERTS_MAX + 7);
	assert_non_null(strstr(table(s), "2048 critical, no room for 7 more; "));
	assert_non_null(strstr(s->text, "2048 firing, 0 pending, no room for 7 more (not told)\n"));
	assert_true(longest_line(s->text) <= 80);
	root = read_json(s);
	assert_int_equal(
	    json_integer_value(json_object_get(json_object_get(root, "alerts"), "without_room")),
	    7);
	json_decref(root);
	end(s);
}

/* What this host does not have, why, and what is only taken in part. */
static void
test_what_is_not_watched(void **state)
{
	struct scene *s = mem_zalloc(1, sizeof(*s));
	static struct gaps gaps;
	json_t *root, *watched, *gap;

	(void)state;
	begin(s);
	s->conf.collect.each[COLLECTOR_PROCESS].enabled = false;
	s->in.gaps = &gaps;
	gaps_note(&gaps, &(struct gap){.kind = GAP_UNREAD,
	                     .root = "proc",
	                     .what = "pressure/cpu",
	                     .metrics = "cpu.pressure_some_percent",
	                     .err = ENOENT});
	gaps_note_bound(&gaps, "file systems", "disk.usage_percent, disk.stale", 256, 4062);
	assert_non_null(strstr(table(s), "not watched    proc/pressure/cpu: No such file or"));
	assert_non_null(
	    strstr(s->text, "\n               file systems: 256 of 4062 are watched\n"));
	assert_non_null(strstr(s->text, "\n               switched off: process\n"));
	assert_non_null(strstr(s->text, "without a value now: cpu.usage_percent"));
	assert_non_null(strstr(s->text, "mem.swap_usage_percent"));
	assert_null(strstr(s->text, "proc.count"));
	assert_true(longest_line(s->text) <= 80);
	root = read_json(s);
	watched = json_object_get(root, "not_watched");
	assert_int_equal(json_array_size(json_object_get(watched, "gaps")), 2);
	gap = json_array_get(json_object_get(watched, "gaps"), 0);
	assert_string_equal(json_string_value(json_object_get(gap, "what")), "proc/pressure/cpu");
	assert_string_equal(
	    json_string_value(json_object_get(gap, "why")), "No such file or directory (ENOENT)");
	gap = json_array_get(json_object_get(watched, "gaps"), 1);
	assert_int_equal(json_integer_value(json_object_get(gap, "taken")), 256);
	assert_int_equal(json_integer_value(json_object_get(gap, "all")), 4062);
	assert_string_equal(
	    json_string_value(json_array_get(json_object_get(gap, "metrics"), 1)), "disk.stale");
	json_decref(root);
	/* Before its collectors have had their turns, nothing is missing. */
	s->in.started_ns = s->in.now.boot_ns;
	assert_null(strstr(table(s), "without a value"));
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
	json_t *root, *channel;

	(void)state;
	begin(s);
	n->created.wall_ms = s->in.now.wall_ms;
	n->created.boot_ns = s->in.now.boot_ns;
	notices_add(&list, n);
	outbox_put(s->core.outbox, &list, &s->in.now);
	answer_next(s, DELIVERY_DENIED, 403,
	    "no \x1b[31m entry, and a long story about why that goes on and on and on, THE END");
	s->in.now.boot_ns += 600 * NS_PER_SEC;
	s->in.now.wall_ms += 600 * 1000;
	heartbeat_init(&s->heartbeat, true, 60);
	s->heartbeat.fault = "a channel does not deliver";
	s->heartbeat.answered = 3;
	s->heartbeat.last_ok.wall_ms = s->in.now.wall_ms - 5000;
	table(s);
	assert_non_null(strstr(s->text, "1 waiting since 10 min"));
	assert_non_null(strstr(s->text, "PAUSED"));
	assert_non_null(strstr(s->text, "last error: no"));
	assert_non_null(strstr(s->text, "THE END\n"));
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

/* All alerts of the host, told to both channels by the cycle's notices. */
static void
tell_all(struct scene *s, int n)
{
	struct notices list = {0};

	s->conf.channels[CHANNEL_DISCORD].enabled = true;
	s->conf.channels[CHANNEL_DISCORD].severities = SEV_DEFAULT_MASK;
	core_configure(&s->core, &s->conf);
	raise_alerts_to(s, n, "/data", &list);
	for (size_t i = 0; i < list.len; i++) {
		for (size_t k = 0; k < list.items[i]->fact_count; k++)
			str_copy(list.items[i]->facts[k].cause, NOTICE_CAUSE_MAX,
			    "postgres x3 (postgresql.service) +1.2 GiB, rsyslogd (rsyslog.service) "
			    "+300.0 MiB, THE LAST ONE");
	}
	alert_note_causes(s->core.alerts, &list);
	outbox_put(s->core.outbox, &list, &s->in.now);
	notices_done(&list);
}

/* Told, on its way, waiting and refused are four things, in words and for programs. */
static void
test_who_has_heard_of_it(void **state)
{
	struct scene *s = mem_zalloc(1, sizeof(*s));
	struct outbox_job job;
	json_t *root, *first;

	(void)state;
	begin(s);
	tell_all(s, 1);
	assert_non_null(strstr(table(s), ", waiting for console, discord\n"));
	assert_non_null(strstr(s->text, "likely cause: postgres x3"));
	assert_non_null(strstr(s->text, "THE LAST ONE\n"));
	assert_true(longest_line(s->text) <= 80);
	answer_next(s, DELIVERY_DELIVERED, 0, "");
	assert_non_null(strstr(table(s), ", told console; waiting for discord\n"));
	assert_true(outbox_next(s->core.outbox, &s->in.now, &job));
	assert_non_null(strstr(table(s), ", told console; on its way to discord\n"));
	root = read_json(s);
	first = json_array_get(json_object_get(json_object_get(root, "alerts"), "items"), 0);
	assert_string_equal(json_string_value(json_object_get(first, "state")), "told");
	assert_int_equal(json_array_size(json_object_get(first, "told")), 1);
	assert_int_equal(json_array_size(json_object_get(first, "on_its_way")), 1);
	assert_int_equal(json_array_size(json_object_get(first, "waiting")), 0);
	json_decref(root);
	/* Refused in every form with text; without, it arrives. */
	outbox_new_courier(s->core.outbox);
	answer_next(s, DELIVERY_REJECTED, 400, "no");
	answer_next(s, DELIVERY_REJECTED, 400, "no");
	answer_next(s, DELIVERY_DELIVERED, 204, "");
	core_start_judging(&s->core);
	core_judge(&s->core, NULL, NULL, &s->in.now);
	assert_non_null(strstr(table(s), ", told console; refused by discord\n"));
	end(s);
}

/* A renamed rule goes on with its alerts; their notices still wait, or are refused, under the old.
 */
static void
test_who_has_heard_of_a_renamed_one(void **state)
{
	struct scene *s = mem_zalloc(1, sizeof(*s));

	(void)state;
	begin(s);
	tell_all(s, 1);
	answer_next(s, DELIVERY_DELIVERED, 0, "");
	alert_rename(s->core.alerts, "disk", "full");
	assert_non_null(strstr(table(s), "full, for 10 min, told console; waiting for discord\n"));
	answer_next(s, DELIVERY_REJECTED, 400, "no");
	answer_next(s, DELIVERY_REJECTED, 400, "no");
	answer_next(s, DELIVERY_DELIVERED, 204, "");
	core_start_judging(&s->core);
	core_judge(&s->core, NULL, NULL, &s->in.now);
	assert_non_null(strstr(table(s), "full, for 10 min, told console; refused by discord\n"));
	end(s);
}

static const char *
verdict(struct scene *s, struct verdict *v)
{
	static char text[STATUS_VERDICT_MAX];
	struct buf b;

	verdict_make(&s->in, v);
	buf_init(&b, text, sizeof(text));
	verdict_add(&s->in, v, &b);
	return text;
}

static void
test_the_verdict(void **state)
{
	struct scene *s = mem_zalloc(1, sizeof(*s));
	struct verdict v;

	(void)state;
	begin(s);
	assert_string_equal(verdict(s, &v), "all is well; nothing had to be delivered yet");
	assert_int_equal(v.level, VERDICT_OK);
	tell_all(s, 8);
	assert_string_equal(
	    verdict(s, &v), "2 critical, 2 warning; nothing had to be delivered yet");
	assert_int_equal(v.level, VERDICT_CRITICAL);
	answer_next(s, DELIVERY_DELIVERED, 0, "");
	assert_string_equal(verdict(s, &v), "2 critical, 2 warning; delivery works");
	answer_next(s, DELIVERY_DENIED, 401, "Unauthorized");
	assert_string_equal(verdict(s, &v), "2 critical, 2 warning; NO delivery to console");
	heartbeat_init(&s->heartbeat, true, 60);
	s->heartbeat.fault = "nothing is collected";
	s->in.kept = false;
	assert_string_equal(verdict(s, &v),
	    "2 critical, 2 warning; NO delivery to console; the state "
	    "is not kept on disk; the heartbeat is not sent "
	    "(nothing is collected)");
	assert_int_equal(strncmp(table(s), "2 critical, 2 warning; NO ", 26), 0);
	end(s);
}

/* What does not work is a warning; if nobody can be told at all, it is critical. */
static void
test_the_level(void **state)
{
	struct scene *s = mem_zalloc(1, sizeof(*s));
	struct notices list = {0};
	struct verdict v;

	(void)state;
	begin(s);
	s->in.kept = false;
	verdict(s, &v);
	assert_int_equal(v.level, VERDICT_WARNING);
	s->in.kept = true;
	heartbeat_init(&s->heartbeat, true, 60);
	str_copy(s->heartbeat.last_error, sizeof(s->heartbeat.last_error), "no route");
	assert_non_null(strstr(verdict(s, &v), "; the heartbeat does not arrive"));
	assert_int_equal(v.level, VERDICT_WARNING);
	s->heartbeat.last_error[0] = '\0';
	notices_add(&list, notice_new(NOTICE_TEST, CHANNEL_CONSOLE, 1));
	outbox_put(s->core.outbox, &list, &s->in.now);
	answer_next(
	    s, DELIVERY_TEMPORARY, 503, "busy"); /* one may be a restart on the other side */
	verdict(s, &v);
	assert_int_equal(v.level, VERDICT_OK);
	s->in.now.boot_ns += 60 * NS_PER_SEC;
	answer_next(s, DELIVERY_TEMPORARY, 503, "busy");
	assert_string_equal(verdict(s, &v), "all is well; NO delivery to console");
	assert_int_equal(v.level, VERDICT_CRITICAL);
	notices_done(&list);
	end(s);
}

/* One line that a monitoring system can cut at its bar, whatever the host calls its mounts. */
static void
test_a_plugins_line(void **state)
{
	struct scene *s = mem_zalloc(1, sizeof(*s));
	struct verdict v;
	const char *bar;

	(void)state;
	begin(s);
	s->in.cost.cpu_percent = NAN;
	raise_alerts(s, 3, "/a|b\n");
	verdict_make(&s->in, &v);
	verdict_add_plugin(&s->in, &v, &s->out);
	bar = strchr(s->text, '|');
	assert_non_null(bar);
	assert_null(strchr(bar + 1, '|'));
	assert_ptr_equal(strchr(s->text, '\n'), s->text + s->out.len - 1);
	assert_int_equal(strncmp(s->text, "SYSOPS CRITICAL - 1 critical, 1 warning; ", 41), 0);
	assert_non_null(strstr(s->text, "; worst: disk usage of /a/b"));
	assert_non_null(strstr(bar, "| critical=1;;0;0 warning=1;0;;0 info=0;;;0 waiting=0;;;0 "));
	assert_null(strstr(bar, "cpu="));
	assert_non_null(strstr(bar, " rss=6000000B;;;0\n"));
	s->out.len = 0;
	end(s);
}

/* The table, what is on several lines put on one. */
static const char *
unwrapped(struct scene *s)
{
	static char line[ANSWER_MAX];
	size_t n = 0;

	for (const char *p = table(s); *p != '\0'; p++) {
		if (*p != '\n' || strspn(p + 1, " ") != 7) {
			line[n++] = *p;
			continue;
		}
		line[n++] = ' ';
		p += 7;
	}
	line[n] = '\0';
	return line;
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
	silence.until.wall_ms = s->in.now.wall_ms + 7200 * 1000;
	assert_int_equal(silence_set_add(alert_silences(s->core.alerts), &silence, &s->in.now), 1);
	assert_non_null(strstr(table(s), "  1    disk.*{mountpoint=/backup*} until 2023-11-1"));
	assert_non_null(strstr(unwrapped(s), "(2 h), nothing fires that it matches: moving\n"));
	root = read_json(s);
	assert_int_equal(json_array_size(json_object_get(root, "silences")), 1);
	json_decref(root);
	end(s);
}

static const char *
text_of(const json_t *object, const char *key)
{
	const char *text = json_string_value(json_object_get(object, key));

	return text == NULL ? "(none)" : text;
}

/* Those of the configuration are there as long as they hold, with what they hold. */
static void
test_silences_of_the_configuration(void **state)
{
	struct scene *s = mem_zalloc(1, sizeof(*s));
	char match[] = "disk.*{mountpoint=/mnt/a-long-name-of-a-folder*,device=sda1,fstype=ext4}";
	char comment[] = "the disk is on order", other[] = "cpu.*";
	struct conf_silence list[] = {{.match = match, .comment = comment}, {.match = other}};
	struct alert_round round = {.now = &s->in.now, .cycle = true};
	const struct findings none = {0};
	struct notices out = {0};
	json_t *root, *first;

	(void)state;
	begin(s);
	list[0].until.ms = s->in.now.wall_ms + 3600 * 1000;
	list[1].from.ms = list[0].until.ms;
	s->conf.alert.silences = list;
	s->conf.alert.silence_count = 2;
	core_configure(&s->core, &s->conf);
	raise_alerts(s, 8, "/mnt/a-long-name-of-a-folder-");
	alert_apply(s->core.alerts, &none, &round, &out);
	assert_int_equal(out.len, 0);
	notices_done(&out);
	assert_non_null(strstr(table(s), "  conf disk.*"));
	assert_non_null(strstr(s->text, match + 8));
	assert_non_null(strstr(unwrapped(s), "silences 4 of 4 that fire: the disk is on order\n"));
	assert_non_null(strstr(unwrapped(s), " min, silenced"));
	assert_null(strstr(unwrapped(s), ", ,"));
	assert_null(strstr(s->text, "cpu.*"));
	root = read_json(s);
	assert_int_equal(json_array_size(json_object_get(root, "silences")), 1);
	first = json_array_get(json_object_get(root, "silences"), 0);
	assert_string_equal(text_of(first, "origin"), "configuration");
	assert_string_equal(text_of(first, "match"), match);
	assert_string_equal(text_of(first, "comment"), comment);
	assert_string_equal(text_of(first, "until"), "2023-11-14T23:13:20.000Z");
	assert_null(json_object_get(first, "id"));
	assert_int_equal(json_integer_value(json_object_get(first, "held")), 4);
	json_decref(root);
	end(s);
}

/* An alert has the labels of the agent for who asks, as for who is told; its own win. */
static void
test_an_alert_has_the_labels_of_the_agent(void **state)
{
	struct scene *s = mem_zalloc(1, sizeof(*s));
	char env[] = "env", prod[] = "prod", device[] = "device", other[] = "other";
	struct string_pair pairs[] = {{env, prod}, {device, other}};
	json_t *root, *labels;

	(void)state;
	begin(s);
	s->conf.agent.labels = (struct string_pairs){pairs, 2};
	raise_alerts(s, 2, "/data");
	root = read_json(s);
	labels = json_object_get(
	    json_array_get(json_object_get(json_object_get(root, "alerts"), "items"), 0), "labels");
	assert_string_equal(text_of(labels, "env"), "prod");
	assert_string_equal(text_of(labels, "device"), "sda1");
	assert_int_equal(json_object_size(labels), 4);
	json_decref(root);
	end(s);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_a_quiet_host),
	    cmocka_unit_test(test_alerts_the_worst_first),
	    cmocka_unit_test(test_what_is_not_watched),
	    cmocka_unit_test(test_an_alert_has_the_labels_of_the_agent),
	    cmocka_unit_test(test_a_hostile_crowd),
	    cmocka_unit_test(test_channels_and_heartbeat),
	    cmocka_unit_test(test_who_has_heard_of_it),
	    cmocka_unit_test(test_who_has_heard_of_a_renamed_one),
	    cmocka_unit_test(test_alerts_that_find_no_room),
	    cmocka_unit_test(test_the_verdict),
	    cmocka_unit_test(test_the_level),
	    cmocka_unit_test(test_a_plugins_line),
	    cmocka_unit_test(test_silences),
	    cmocka_unit_test(test_silences_of_the_configuration),
	};

	return cmocka_run_group_tests_name("status", tests, NULL, NULL);
}
