/*
 * A day of one host, from samples to messages, on a fake clock: a CPU that flaps around its limit,
 * three file systems that fill, memory that runs out while all channels are down for two hours, a
 * link that drops for a moment, a silence, and restarts. The golden file is what each channel got;
 * a person reading it should want neither one more nor one less. It is played again with restarts
 * at random, which must change nothing.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <fcntl.h>
#include <math.h>
#include <unistd.h>

#include <cmocka.h>

#include "alert/silence_set.h"
#include "base/buf.h"
#include "base/io.h"
#include "base/log.h"
#include "base/mem.h"
#include "base/str.h"
#include "base/stream.h"
#include "conf/conf.h"
#include "notify/notify.h"
#include "tests/unit/core_help.h"
#include "tests/unit/log_help.h"
#include "tests/unit/outbox_count.h"
#include "tests/unit/random.h"

#define GOLDEN "tests/golden/incident.txt"
#define STEP_SECS 10
#define DAY_SECS 86400
#define MIDNIGHT_MS 1795305600000LL /* 2026-11-22T00:00:00Z */
#define AT(hour, minute) ((hour)*3600 + (minute)*60)
#define MOUNTS 3
#define TEXT_MAX 65536

struct day {
	struct conf *conf;
	struct core core;
	struct series_ref mount[MOUNTS], link;
	struct now now;
	int64_t secs; /* since midnight */
	struct fake_disk disk;
	uint64_t txn;
	bool channels_down;
	size_t naive, sent;
	struct buf told, heads[CHANNEL_COUNT];
	char text[TEXT_MAX], head_text[CHANNEL_COUNT][TEXT_MAX];
};

static void
enable(struct day *d, enum channel_id id, unsigned severities)
{
	d->conf->channels[id].enabled = true;
	d->conf->channels[id].severities = severities;
}

static void
start_core(struct day *d)
{
	core_init(&d->core, d->conf, 42, NULL);
	memset(d->mount, 0, sizeof(d->mount));
	memset(&d->link, 0, sizeof(d->link));
}

static void
day_init(struct day *d)
{
	struct conf_report report;

	*d = (struct day){.now = {.boot_ns = 1000 * NS_PER_SEC, .wall_ms = MIDNIGHT_MS}};
	d->conf = conf_load(NULL, NULL, NULL, &report);
	assert_non_null(d->conf);
	d->conf->channels[CHANNEL_CONSOLE].enabled = false;
	enable(d, CHANNEL_WEBHOOK, SEV_DEFAULT_MASK);
	enable(d, CHANNEL_DISCORD, SEV_BIT(SEV_CRITICAL) | SEV_BIT(SEV_EMERGENCY));
	buf_init(&d->told, d->text, sizeof(d->text));
	for (int id = 0; id < CHANNEL_COUNT; id++)
		buf_init(&d->heads[id], d->head_text[id], TEXT_MAX);
	start_core(d);
	core_start_judging(&d->core);
}

static void
day_done(struct day *d)
{
	core_done(&d->core);
	conf_free(d->conf);
	fake_disk_done(&d->disk);
}

static void
save(struct day *d)
{
	core_help_save(&d->core, &d->disk, ++d->txn);
}

/* Another process that reads what the last one kept. */
static void
restart(struct day *d)
{
	core_done(&d->core);
	start_core(d);
	core_help_load(&d->core, &d->disk, &d->now);
	core_start_judging(&d->core);
}

/* A straight line between two points of the day. */
static double
between(int64_t secs, int64_t from, double a, int64_t until, double b)
{
	return a + (b - a) * (double)(secs - from) / (double)(until - from);
}

/* Two hours around its limit, six minutes a turn; then a long job. */
static double
cpu_usage(int64_t s)
{
	if (s >= AT(9, 0) && s < AT(11, 0))
		return (s - AT(9, 0)) % 360 < 200 ? 98 : 68;
	if (s >= AT(18, 0) && s < AT(18, 40))
		return 88;
	return 35 + (double)(s / STEP_SECS % 7);
}

static double
load_per_core(int64_t s)
{
	return s >= AT(9, 2) && s < AT(11, 6) ? 2.6 : 0.7;
}

static double
memory_usage(int64_t s)
{
	return s >= AT(13, 20) && s < AT(13, 50) ? 97 : 61;
}

static double
swap_usage(int64_t s)
{
	return s >= AT(13, 24) && s < AT(14, 0) ? 72 : 5;
}

/* "/var" fills all day, the others with a job at 16:00; all are cleaned at 17:00. */
static double
mount_usage(int mount, int64_t s)
{
	if (mount == 1)
		return s < AT(17, 0) ? between(s, 0, 70, AT(17, 0), 93.5) : 52;
	if (s >= AT(16, 0) && s < AT(17, 0))
		return between(s, AT(16, 0), 81.5 + 2 * mount, AT(17, 0), 88);
	if (mount == 2 && s >= AT(20, 10))
		return s < AT(22, 30) ? 84 : 40;
	return 40 + 5 * mount;
}

static double
link_is_up(int64_t s)
{
	return s < AT(19, 0) || s >= AT(19, 0) + 20;
}

static void
collect(struct day *d)
{
	static const char *const mounts[MOUNTS][METRIC_LABELS_MAX] = {
	    {"/", "sda1", "ext4"}, {"/var", "sda2", "ext4"}, {"/home", "sda3", "xfs"}};
	static const char *const eth0[METRIC_LABELS_MAX] = {"eth0"};

	batch_reset(&d->core.batch, &d->now);
	d->core.batch.interval_ms = STEP_SECS * 1000;
	batch_add(&d->core.batch, METRIC_CPU_USAGE, cpu_usage(d->secs), NAN);
	batch_add(&d->core.batch, METRIC_CPU_LOAD_PER_CORE, load_per_core(d->secs), NAN);
	batch_add(&d->core.batch, METRIC_MEM_USAGE, memory_usage(d->secs), NAN);
	batch_add(&d->core.batch, METRIC_MEM_SWAP_USAGE, swap_usage(d->secs), NAN);
	batch_add_labelled(
	    &d->core.batch, &d->link, METRIC_NET_LINK_UP, eth0, link_is_up(d->secs), NAN);
	d->core.batch.interval_ms = 60000;
	for (int i = 0; i < MOUNTS && d->secs % 60 == 0; i++)
		batch_add_labelled(&d->core.batch, &d->mount[i], METRIC_DISK_USAGE, mounts[i],
		    mount_usage(i, d->secs), NAN);
}

/* What an agent would send that knows no state: a message a violation and channel. */
static void
count_naive(struct day *d)
{
	for (size_t i = 0; i < d->core.findings.len; i++) {
		const struct finding *f = &d->core.findings.items[i];

		for (int id = 0; id < CHANNEL_COUNT && f->state == FINDING_FIRING; id++)
			d->naive += d->conf->channels[id].enabled &&
			            (d->conf->channels[id].severities & SEV_BIT(f->severity)) != 0;
	}
}

static void
write_down(struct day *d, const struct notice *n)
{
	struct notify_context ctx = {
	    .hostname = "web-01", .version = "0.1.0", .now.wall_ms = d->now.wall_ms};
	char line[4096], when[CLOCK_ISO8601_MAX];
	struct buf b;

	buf_init(&b, line, sizeof(line));
	assert_true(notify_channel(CHANNEL_CONSOLE)->render(n, &ctx, &b));
	/* Without the time it was made, which the console puts first. */
	buf_addf(&d->told, "%.8s  %-8s %s", clock_iso8601(d->now.wall_ms, when) + 11,
	    channel_name((enum channel_id)n->channel), strchr(line, ' ') + 1);
	assert_false(d->told.full);
	/* What does not depend on when it left; the worst value is kept in steps of 1 % only. */
	line[strcspn(line, ",(")] = '\0';
	buf_addf(&d->heads[n->channel], "%s\n", line);
	d->sent++;
}

static void
dispatch(struct day *d)
{
	struct outbox_job job;

	while (outbox_next(d->core.outbox, &d->now, &job)) {
		struct delivery_receipt receipt = {.id = job.id,
		    .attempt = job.attempt,
		    .outcome = d->channels_down ? DELIVERY_TEMPORARY : DELIVERY_DELIVERED,
		    .text = "no connection"};

		if (!d->channels_down)
			write_down(d, job.notice);
		outbox_receipt(d->core.outbox, job.channel, &receipt, &d->now);
	}
	save(d);
}

static void
silence_disks(struct day *d)
{
	struct alert_silence s = {.match = "disk{mountpoint=/home}",
	    .comment = "moving the old projects away",
	    .until.wall_ms = d->now.wall_ms + 3600 * 1000};

	assert_int_not_equal(silence_set_add(alert_silences(d->core.alerts), &s, &d->now), 0);
}

static void
cycle(struct day *d)
{
	d->channels_down = d->secs >= AT(13, 0) && d->secs < AT(15, 0);
	if (d->secs == AT(20, 0))
		silence_disks(d);
	core_begin(&d->core, &d->now);
	collect(d);
	core_judge(&d->core, &d->core.batch, NULL, &d->now);
	count_naive(d);
	save(d);
	dispatch(d);
	d->secs += STEP_SECS;
	d->now.boot_ns += STEP_SECS * NS_PER_SEC;
	d->now.wall_ms += STEP_SECS * 1000;
}

static void
compare_golden(const char *text)
{
	int flags = getenv("GOLDEN_UPDATE") != NULL ? O_RDWR | O_CREAT | O_TRUNC : O_RDONLY;
	int fd = open(GOLDEN, flags | O_CLOEXEC, 0644);
	char *golden;

	if (fd < 0)
		fail_msg("%s: no golden file; GOLDEN_UPDATE=1 makes it", GOLDEN);
	if (flags != O_RDONLY) {
		assert_int_equal(io_write_all(fd, text, strlen(text)), 0);
		lseek(fd, 0, SEEK_SET);
	}
	assert_true(stream_read_all(fd, 1 << 20, &golden) >= 0);
	assert_string_equal(golden, text);
	mem_free(golden);
	close(fd);
}

static void
a_day_is_told_in_a_few_messages(void **state)
{
	static struct day d;

	(void)state;
	day_init(&d);
	while (d.secs < DAY_SECS) {
		cycle(&d);
		if (d.secs == AT(10, 0) || d.secs == AT(12, 0) || d.secs == AT(14, 30))
			restart(&d);
	}
	assert_int_equal(outbox_count(d.core.outbox), 0);
	buf_addf(&d.told, "%zu messages; one a violation would have been %zu\n", d.sent, d.naive);
	compare_golden(d.text);
	print_message("%zu messages; one a violation would have been %zu\n", d.sent, d.naive);
	day_done(&d);
}

/*
 * Not where the detector, not the alert, would know less: it counts a pending value anew, and a
 * link that it never saw up is not down for it.
 */
static bool
may_restart(const struct day *d)
{
	if (d->secs == AT(19, 0))
		return false;
	for (size_t i = 0; i < d->core.findings.len; i++) {
		if (d->core.findings.items[i].state == FINDING_PENDING)
			return false;
	}
	return true;
}

/* After one the outbox tries at once: when a message leaves may differ, what it says may not. */
static void
restarts_at_any_time_change_nothing(void **state)
{
	static struct day steady, broken;

	(void)state;
	random_start();
	for (int run = 0; run < 3; run++) {
		day_init(&steady);
		day_init(&broken);
		while (steady.secs < DAY_SECS) {
			cycle(&steady);
			cycle(&broken);
			if (draw(300) == 0 && may_restart(&broken))
				restart(&broken);
		}
		assert_int_equal(broken.sent, steady.sent);
		for (int id = 0; id < CHANNEL_COUNT; id++)
			assert_string_equal(broken.head_text[id], steady.head_text[id]);
		day_done(&steady);
		day_done(&broken);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(a_day_is_told_in_a_few_messages),
	    cmocka_unit_test(restarts_at_any_time_change_nothing),
	};

	set_log_level(LOGL_ERROR + 1);
	return cmocka_run_group_tests_name("incident", tests, NULL, NULL);
}
