/*
 * One notice of every kind, ordinary, hostile and as large as can be, rendered for any channel.
 */
#ifndef TESTS_PAYLOAD_CASES_H
#define TESTS_PAYLOAD_CASES_H

#include <math.h>
#include <string.h>

#include "base/str.h"
#include "notify/notify.h"
#include "tests/unit/subject_help.h"

#define NOW_MS 1795380901123 /* 2026-11-22T20:55:01.123Z */
#define MINUTE_MS 60000
#define SLOT_SHOWN "(filled in by the courier)"

#define HOSTILE "@everyone <script> \r\nBcc: *_~|> ${x} \x1b[31m \xff\xfe [a](http://b) `c`"

static char env[] = "env", prod[] = "prod", team[] = "team", storage[] = "storage";
static struct string_pair pairs[] = {{env, prod}, {team, storage}};

static char body_storage[NOTIFY_BODY_MAX + 1];

static struct alert_facts
disk_facts(const char *mountpoint, double value, enum severity severity)
{
	struct alert_facts f = {.fingerprint = 0x0123456789abcdefULL,
	    .rule = "disk",
	    .subject = metric_subject(METRIC_DISK_USAGE),
	    .severity = severity,
	    .value = value,
	    .limit = severity == SEV_WARN ? 80 : 90,
	    .worst = value,
	    .op = OP_GE,
	    .eta_secs = NAN,
	    .since.wall_ms = NOW_MS - 12 * MINUTE_MS,
	    .count = 1};

	label_set_add(&f.subject.labels, "mountpoint", mountpoint);
	label_set_add(&f.subject.labels, "device", "sda1");
	label_set_add(&f.subject.labels, "fstype", "ext4");
	return f;
}

static struct notice *
notice_of(enum notice_kind kind, const struct alert_facts *facts, size_t count)
{
	struct notice *n = notice_new(kind, 0, count);

	n->created.wall_ms = NOW_MS;
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

	f.told_levels = SEV_BIT(SEV_INFO) | SEV_BIT(SEV_WARN);
	f.eta_secs = 3 * 3600;
	f.space_known = true;
	f.free_bytes = 5153960960;
	f.fill_rate = 12.0 * 1048576;
	f.count = 3;
	f.count_secs = 300;
	str_copy(f.message, sizeof(f.message), "call the storage team");
	str_copy(f.cause, sizeof(f.cause), "rsyslogd (pid 812) writes 12.0 MiB/s");
	return notice_of(NOTICE_FIRE, &f, 1);
}

/* Twelve minutes later nothing has changed. */
static struct notice *
make_reminder(void)
{
	struct notice *n = make_fire();

	n->facts[0].count = 1;
	n->facts[0].again = n->facts[0].still = true;
	n->facts[0].told_levels |= SEV_BIT(SEV_CRITICAL);
	return n;
}

static struct notice *
make_resolve(void)
{
	struct alert_facts f = disk_facts("/var", 45.2, SEV_CRITICAL);

	f.worst = 95.2;
	f.told_levels = SEV_BIT(SEV_WARN) | SEV_BIT(SEV_CRITICAL);
	f.resolved.wall_ms = NOW_MS;
	return notice_of(NOTICE_RESOLVE, &f, 1);
}

static struct notice *
make_gone(void)
{
	struct alert_facts f = disk_facts("/mnt/usb", NAN, SEV_WARN);

	f.worst = 85.5;
	f.gone = true;
	f.resolved.wall_ms = NOW_MS;
	return notice_of(NOTICE_RESOLVE, &f, 1);
}

static struct notice *
make_unwatched(void)
{
	struct notice *n = make_gone();

	n->facts[0].unwatched = true;
	return n;
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
	struct alert_facts facts[] = {disk_facts("/", 91, SEV_WARN),
	    disk_facts("/var", 88.2, SEV_WARN), disk_facts("/home", 85, SEV_WARN)};

	facts[1].space_known = true;
	facts[1].free_bytes = 12.0 * 1024 * 1048576;

	return notice_of(NOTICE_FIRE, facts, 3);
}

static struct notice *
make_digest(void)
{
	struct alert_facts facts[] = {disk_facts("/", 97, SEV_CRITICAL),
	    disk_facts("/var", 88.2, SEV_WARN), disk_facts("/home", 45, SEV_WARN)};
	struct notice *n;

	set_metric(&facts[1], METRIC_CPU_USAGE);
	facts[1].subject.labels.count = 0;
	facts[2].worst = 85;
	facts[2].resolved.wall_ms = NOW_MS;
	n = notice_of(NOTICE_DIGEST, facts, 3);
	n->total = 40;
	return n;
}

static struct notice *
make_flapping(void)
{
	struct alert_facts f = disk_facts("/var", 96, SEV_CRITICAL);

	set_metric(&f, METRIC_CPU_USAGE);
	f.subject.labels.count = 0;
	f.flap = FLAP_STARTED;
	f.count = 5;
	f.count_secs = 720;
	return notice_of(NOTICE_FIRE, &f, 1);
}

static struct notice *
make_settled(void)
{
	struct alert_facts f = disk_facts("/var", 70.2, SEV_CRITICAL);

	set_metric(&f, METRIC_CPU_USAGE);
	f.subject.labels.count = 0;
	f.flap = FLAP_ENDED;
	f.count = 31;
	f.count_secs = 7200;
	f.resolved.wall_ms = NOW_MS - 15 * MINUTE_MS;
	f.since.wall_ms = NOW_MS - 120 * MINUTE_MS;
	return notice_of(NOTICE_RESOLVE, &f, 1);
}

/* Memory is exhausted: a warning that was raised, with what it holds back. */
static struct notice *
make_inhibiting(void)
{
	struct alert_facts f = disk_facts("", 98.5, SEV_CRITICAL);

	set_metric(&f, METRIC_MEM_USAGE);
	f.subject.labels.count = 0;
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
	f.resolved.wall_ms = NOW_MS;
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
make_joined(void)
{
	struct notice *n = make_digest();

	n->reason = DIGEST_JOINED;
	n->total = n->fact_count;
	return n;
}

static struct notice *
make_link(void)
{
	struct alert_facts f = disk_facts("eth0", 0, SEV_CRITICAL);

	set_metric(&f, METRIC_NET_LINK_UP);
	f.limit = 0;
	f.op = OP_LE;
	f.subject.labels.count = 0;
	label_set_add(&f.subject.labels, "interface", "eth0");
	return notice_of(NOTICE_FIRE, &f, 1);
}

static struct notice *
make_process(void)
{
	struct alert_facts f = disk_facts("", 99, SEV_EMERGENCY);

	set_metric(&f, METRIC_PROC_FD_USAGE);
	f.subject.labels.count = 0;
	label_set_add(&f.subject.labels, "pid", "4711");
	label_set_add(&f.subject.labels, "name", "@everyone");
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
	f.subject.labels.count = 0;
	label_set_add(&f.subject.labels, "mountpoint", text);
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

	n->created.wall_ms = NOW_MS;
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
    {"reminder", make_reminder, 2000, false, false},
    {"resolve", make_resolve, 2000, false, false},
    {"gone", make_gone, 2000, false, false},
    {"unwatched", make_unwatched, 2000, false, false},
    {"test", make_test, 0, false, false},
    {"group", make_group, 2000, false, false},
    {"digest", make_digest, 2000, false, false},
    {"flapping", make_flapping, 2000, false, false},
    {"settled", make_settled, 2000, false, false},
    {"inhibiting", make_inhibiting, 2000, false, false},
    {"unheard", make_unheard, 2000, false, false},
    {"limited", make_limited, 40 * MINUTE_MS, false, false},
    {"silence", make_silence_over, 2000, false, false},
    {"joined", make_joined, 2000, false, false},
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
static char ops_channel[] = "#ops", chat[] = "-1001234567890";

/* What the operator set of each channel. */
static const struct conf_channel settings[CHANNEL_COUNT] = {
    [CHANNEL_EMAIL] = {.from = from, .to = {to, 2}},
    [CHANNEL_SYSLOG] = {.facility = FACILITY_daemon},
    [CHANNEL_SLACK] = {.target = ops_channel},
    [CHANNEL_TELEGRAM] = {.target = chat},
    [CHANNEL_ALERTMANAGER] = {.severities = SEV_DEFAULT_MASK},
};

static struct notify_context
context_of(const struct payload_case *c, enum channel_id channel)
{
	return (struct notify_context){.channel = &settings[channel],
	    .hostname = c->make == make_hostile ? HOSTILE : "web-01",
	    .version = "0.1.0",
	    .username = "sysops",
	    .labels = {pairs, 2},
	    .now.wall_ms = NOW_MS + c->age_ms,
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

/* JSON of the text in body_storage, with words in place of the courier's slot; NULL: it is none. */
static json_t *
load_payload(void)
{
	static char text[NOTIFY_BODY_MAX * 2];
	size_t len = 0;

	for (const char *p = body_storage; *p != '\0'; p++) {
		if (*p != CHANNEL_SLOT[0]) {
			text[len++] = *p;
			continue;
		}
		len += (size_t)snprintf(text + len, sizeof(text) - len, "%s", SLOT_SHOWN);
	}
	return json_loadb(text, len, 0, NULL);
}

#endif
