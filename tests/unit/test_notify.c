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
#include "notify/escape.h"

#define GOLDEN "tests/golden/payload"
#define NOW_MS 1795380901123 /* 2026-11-22T20:55:01.123Z */
#define MINUTE_MS 60000

#define HOSTILE "@everyone <script> \r\nBcc: *_~|> ${x} \x1b[31m \xff\xfe [a](http://b) `c`"

static char env[] = "env", prod[] = "prod", team[] = "team", storage[] = "storage";
static struct string_pair pairs[] = {{env, prod}, {team, storage}};

static char body_storage[NOTIFY_BODY_MAX + 1];

static struct alert_facts
disk_facts(const char *mountpoint, double value, enum severity severity)
{
	struct alert_facts f = {.fingerprint = 0x0123456789abcdefULL,
	    .rule = "disk",
	    .metric = METRIC_DISK_USAGE,
	    .severity = severity,
	    .value = value,
	    .limit = severity == SEV_WARN ? 80 : 90,
	    .worst = value,
	    .op = OP_GE,
	    .eta_secs = NAN,
	    .since_wall_ms = NOW_MS - 12 * MINUTE_MS,
	    .count = 1};

	label_set_add(&f.labels, "mountpoint", mountpoint);
	label_set_add(&f.labels, "device", "sda1");
	label_set_add(&f.labels, "fstype", "ext4");
	return f;
}

static struct notice *
notice_of(enum notice_kind kind, const struct alert_facts *facts, size_t count)
{
	struct notice *n = notice_new(kind, 0, count);

	n->created_wall_ms = NOW_MS;
	for (size_t i = 0; i < count; i++) {
		n->facts[i] = facts[i];
		n->severity = facts[i].severity > n->severity ? facts[i].severity : n->severity;
	}
	return n;
}

static struct notice *
make_fire(void)
{
	struct alert_facts f = disk_facts("/var", 95.2, SEV_CRITICAL);

	f.eta_secs = 3 * 3600;
	f.count = 3;
	f.count_secs = 300;
	str_copy(f.message, sizeof(f.message), "call the storage team");
	str_copy(f.cause, sizeof(f.cause), "rsyslogd (pid 812) writes 12.0 MiB/s");
	return notice_of(NOTICE_FIRE, &f, 1);
}

static struct notice *
make_resolve(void)
{
	struct alert_facts f = disk_facts("/var", 45.2, SEV_CRITICAL);

	f.worst = 95.2;
	f.resolved_wall_ms = NOW_MS;
	return notice_of(NOTICE_RESOLVE, &f, 1);
}

static struct notice *
make_gone(void)
{
	struct alert_facts f = disk_facts("/mnt/usb", NAN, SEV_WARN);

	f.worst = 85.5;
	f.gone = true;
	f.resolved_wall_ms = NOW_MS;
	return notice_of(NOTICE_RESOLVE, &f, 1);
}

static struct notice *
make_test(void)
{
	struct notice *n = notice_of(NOTICE_TEST, NULL, 0);

	n->severity = SEV_INFO;
	return n;
}

static struct notice *
make_group(void)
{
	const struct alert_facts facts[] = {disk_facts("/", 91, SEV_WARN),
	    disk_facts("/var", 88.2, SEV_WARN), disk_facts("/home", 85, SEV_WARN)};

	return notice_of(NOTICE_FIRE, facts, 3);
}

static struct notice *
make_digest(void)
{
	struct alert_facts facts[] = {disk_facts("/", 97, SEV_CRITICAL),
	    disk_facts("/var", 88.2, SEV_WARN), disk_facts("/home", 45, SEV_WARN)};
	struct notice *n;

	facts[1].metric = METRIC_CPU_USAGE;
	facts[1].labels.count = 0;
	facts[2].worst = 85;
	facts[2].resolved_wall_ms = NOW_MS;
	n = notice_of(NOTICE_DIGEST, facts, 3);
	n->total = 40;
	return n;
}

static struct notice *
make_flapping(void)
{
	struct alert_facts f = disk_facts("/var", 96, SEV_CRITICAL);

	f.metric = METRIC_CPU_USAGE;
	f.labels.count = 0;
	f.flap = FLAP_STARTED;
	f.count = 5;
	f.count_secs = 720;
	return notice_of(NOTICE_FIRE, &f, 1);
}

static struct notice *
make_settled(void)
{
	struct alert_facts f = disk_facts("/var", 70.2, SEV_CRITICAL);

	f.metric = METRIC_CPU_USAGE;
	f.labels.count = 0;
	f.flap = FLAP_ENDED;
	f.count = 31;
	f.count_secs = 7200;
	f.resolved_wall_ms = NOW_MS - 15 * MINUTE_MS;
	f.since_wall_ms = NOW_MS - 120 * MINUTE_MS;
	return notice_of(NOTICE_RESOLVE, &f, 1);
}

/* Memory is exhausted: a warning that was raised, with what it holds back. */
static struct notice *
make_inhibiting(void)
{
	struct alert_facts f = disk_facts("", 98.5, SEV_CRITICAL);

	f.metric = METRIC_MEM_USAGE;
	f.labels.count = 0;
	f.raised_from = SEV_WARN;
	f.also_count = 4;
	str_copy(f.also, sizeof(f.also), "swap, rss of @everyone");
	return notice_of(NOTICE_FIRE, &f, 1);
}

static struct notice *
make_unheard(void)
{
	struct alert_facts f = disk_facts("/var", 45.2, SEV_CRITICAL);

	f.worst = 95.2;
	f.unheard = true;
	f.resolved_wall_ms = NOW_MS;
	return notice_of(NOTICE_RESOLVE, &f, 1);
}

/* What a rate limit held back for 40 min. */
static struct notice *
make_limited(void)
{
	struct notice *n = make_digest();

	n->reason = DIGEST_LIMIT;
	n->total = 3;
	n->facts[2].unheard = true;
	return n;
}

static struct notice *
make_silence_over(void)
{
	struct notice *n = make_digest();

	n->reason = DIGEST_SILENCE;
	n->total = 3;
	return n;
}

static struct notice *
make_link(void)
{
	struct alert_facts f = disk_facts("eth0", 0, SEV_CRITICAL);

	f.metric = METRIC_NET_LINK_UP;
	f.limit = 0;
	f.op = OP_LE;
	f.labels.count = 0;
	label_set_add(&f.labels, "interface", "eth0");
	return notice_of(NOTICE_FIRE, &f, 1);
}

static struct notice *
make_process(void)
{
	struct alert_facts f = disk_facts("", 99, SEV_EMERGENCY);

	f.metric = METRIC_PROC_FD_USAGE;
	f.labels.count = 0;
	label_set_add(&f.labels, "pid", "4711");
	label_set_add(&f.labels, "name", "@everyone");
	return notice_of(NOTICE_FIRE, &f, 1);
}

static struct notice *
make_hostile(void)
{
	struct alert_facts f = disk_facts(HOSTILE, 95.2, SEV_CRITICAL);

	str_copy(f.message, sizeof(f.message), HOSTILE);
	str_copy(f.cause, sizeof(f.cause), HOSTILE);
	return notice_of(NOTICE_FIRE, &f, 1);
}

/* Every text as long as it can be, of characters that grow most when escaped. */
static struct alert_facts
largest_facts(const char *unit)
{
	struct alert_facts f = disk_facts("", 95.2, SEV_CRITICAL);
	char text[SERIES_TEXT_MAX] = "";

	while (strlen(text) + strlen(unit) < sizeof(f.message))
		memcpy(text + strlen(text), unit, strlen(unit) + 1);
	f.labels.count = 0;
	label_set_add(&f.labels, "mountpoint", text);
	str_copy(f.message, sizeof(f.message), text);
	str_copy(f.cause, sizeof(f.cause), text);
	str_copy(f.rule, sizeof(f.rule), text);
	f.eta_secs = 1e9;
	f.count = UINT32_MAX;
	f.count_secs = INT32_MAX;
	return f;
}

static struct notice *
make_largest(void)
{
	struct alert_facts f = largest_facts("\x1b");

	return notice_of(NOTICE_FIRE, &f, 1);
}

static struct notice *
make_many(void)
{
	struct notice *n = notice_new(NOTICE_DIGEST, 0, 500);

	n->created_wall_ms = NOW_MS;
	n->severity = SEV_CRITICAL;
	n->total = 100000;
	for (size_t i = 0; i < n->fact_count; i++)
		n->facts[i] = largest_facts(i % 2 == 0 ? "\xff" : "*");
	return n;
}

static const struct payload_case {
	const char *name;
	struct notice *(*make)(void);
	int64_t age_ms;
	bool minimal, colour;
} cases[] = {
    {"fire", make_fire, 2000, false, false},
    {"resolve", make_resolve, 2000, false, false},
    {"gone", make_gone, 2000, false, false},
    {"test", make_test, 0, false, false},
    {"group", make_group, 2000, false, false},
    {"digest", make_digest, 2000, false, false},
    {"flapping", make_flapping, 2000, false, false},
    {"settled", make_settled, 2000, false, false},
    {"inhibiting", make_inhibiting, 2000, false, false},
    {"unheard", make_unheard, 2000, false, false},
    {"limited", make_limited, 40 * MINUTE_MS, false, false},
    {"silence", make_silence_over, 2000, false, false},
    {"delayed", make_fire, 2 * 60 * MINUTE_MS, false, false},
    {"link", make_link, 0, false, true},
    {"process", make_process, 0, false, false},
    {"hostile", make_hostile, 0, false, false},
    {"minimal", make_fire, 0, true, false},
    {"largest", make_largest, 0, false, false},
    {"many", make_many, 0, false, false},
};
#define CASE_COUNT (sizeof(cases) / sizeof(cases[0]))

static char from[] = "Alerts <alerts@example.org>";
static char to_ops[] = "ops@example.org", to_boss[] = "\xc3\x9c. Boss <boss@example.com>";
static char *to[] = {to_ops, to_boss};

/* What the operator set of each channel. */
static const struct conf_channel settings[CHANNEL_COUNT] = {
    [CHANNEL_EMAIL] = {.from = from, .to = {to, 2}},
    [CHANNEL_SYSLOG] = {.facility = FACILITY_daemon},
};

static struct notify_context
context_of(const struct payload_case *c, enum channel_id channel)
{
	return (struct notify_context){.channel = &settings[channel],
	    .hostname = c->make == make_hostile ? HOSTILE : "web-01",
	    .version = "0.1.0",
	    .username = "sysops",
	    .labels = {pairs, 2},
	    .now_wall_ms = NOW_MS + c->age_ms,
	    .minimal = c->minimal,
	    .colour = c->colour};
}

static const char *
render_case(const struct payload_case *c, enum channel_id channel)
{
	struct notify_context ctx = context_of(c, channel);
	struct notice *n = c->make();
	struct buf body;

	n->channel = (int)channel;
	buf_init(&body, body_storage, sizeof(body_storage));
	assert_true(notify_render(n, &ctx, &body));
	assert_true(body.len <= NOTIFY_BODY_MAX);
	assert_int_equal(strlen(body_storage), body.len);
	assert_true(str_utf8_valid(body_storage, body.len));
	notice_free(n);
	return body_storage;
}

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
	assert_true(io_read_stream(fd, 1 << 20, &golden) >= 0);
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
	json_t *root = json_loads(text, 0, NULL);
	char path[256], *pretty = NULL;

	drop_returns(body_storage);

	snprintf(path, sizeof(path), GOLDEN "/%s-%s.txt", channel_name(channel), c->name);
	if (root != NULL)
		pretty = json_dumps(root, JSON_INDENT(2) | JSON_REAL_PRECISION(15));
	compare_golden(path, pretty != NULL ? pretty : text);
	free(pretty);
	json_decref(root);
}

static void
test_payloads_are_as_agreed(void **state)
{
	(void)state;
	for (size_t i = 0; i < CASE_COUNT; i++) {
		if (cases[i].make == make_many || cases[i].make == make_largest)
			continue; /* of these only the limits matter */
		for (int channel = 0; channel < CHANNEL_COUNT; channel++)
			check_golden(&cases[i], (enum channel_id)channel);
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
		assert_null(strstr(text, "@everyone"));
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

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_payloads_are_as_agreed),
	    cmocka_unit_test(test_discord_limits),
	    cmocka_unit_test(test_discord_refuses_reserved_names),
	    cmocka_unit_test(test_webhook_has_its_members),
	    cmocka_unit_test(test_webhook_says_what_it_left_out),
	    cmocka_unit_test(test_console_is_one_line),
	    cmocka_unit_test(test_no_room_is_told),
	};

	return cmocka_run_group_tests_name("notify", tests, NULL, NULL);
}
