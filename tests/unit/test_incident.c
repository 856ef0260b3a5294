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

#include "alert/alert.h"
#include "base/buf.h"
#include "base/io.h"
#include "base/log.h"
#include "base/mem.h"
#include "base/str.h"
#include "conf/conf.h"
#include "detect/detect.h"
#include "model/batch.h"
#include "notify/notify.h"
#include "outbox/outbox.h"

#define GOLDEN "tests/golden/incident.txt"
#define STEP_SECS 10
#define DAY_SECS 86400
#define MIDNIGHT_MS 1795305600000LL /* 2026-11-22T00:00:00Z */
#define AT(hour, minute) ((hour)*3600 + (minute)*60)
#define KEPT_MAX 512
#define MOUNTS 3
#define TEXT_MAX 65536

struct disk {
	char keys[KEPT_MAX][40];
	char *json[KEPT_MAX];
};

struct day {
	struct conf *conf;
	struct alert_channel channels[CHANNEL_COUNT];
	size_t channel_count;
	struct series_table *series;
	struct series_ref mount[MOUNTS], link;
	struct batch batch;
	struct detect *detect;
	struct findings findings;
	struct alert_table *table;
	struct outbox *outbox;
	struct notices notices;
	struct now now;
	int64_t secs; /* since midnight */
	struct disk alerts, queue, silences;
	uint64_t txn;
	bool channels_down;
	size_t naive, sent;
	struct buf told, heads[CHANNEL_COUNT];
	char text[TEXT_MAX], head_text[CHANNEL_COUNT][TEXT_MAX];
};

static uint64_t rng;

static uint64_t
draw(uint64_t below)
{
	rng = rng * 6364136223846793005ULL + 1442695040888963407ULL;
	return (rng >> 33) % below;
}

static void
enable(struct day *d, enum channel_id id, unsigned severities)
{
	d->conf->channels[id].enabled = true;
	d->conf->channels[id].severities = severities;
	d->channels[d->channel_count++] =
	    (struct alert_channel){id, severities, notify_channel((int)id)->apart};
}

static void
open_books(struct day *d)
{
	d->detect = detect_new(&d->conf->detect, d->series);
	d->table = alert_new(&d->conf->alert, d->channels, d->channel_count);
	d->outbox = outbox_new(&d->conf->alert, d->conf->channels, 42);
}

static void
day_init(struct day *d)
{
	struct conf_report report;

	*d = (struct day){.now = {.boot_ns = 1000 * NS_PER_SEC, .wall_ms = MIDNIGHT_MS}};
	d->conf = conf_load(NULL, &report);
	assert_non_null(d->conf);
	enable(d, CHANNEL_WEBHOOK, SEV_DEFAULT_MASK);
	enable(d, CHANNEL_DISCORD, SEV_BIT(SEV_CRITICAL) | SEV_BIT(SEV_EMERGENCY));
	d->series = series_table_new(NULL);
	batch_init(&d->batch, d->series, 64);
	findings_init(&d->findings, 64);
	buf_init(&d->told, d->text, sizeof(d->text));
	for (int id = 0; id < CHANNEL_COUNT; id++)
		buf_init(&d->heads[id], d->head_text[id], TEXT_MAX);
	open_books(d);
}

static void
close_books(struct day *d)
{
	detect_free(d->detect);
	alert_free(d->table);
	outbox_free(d->outbox);
}

static void
day_done(struct day *d)
{
	close_books(d);
	notices_done(&d->notices);
	findings_done(&d->findings);
	batch_done(&d->batch);
	series_table_free(d->series);
	conf_free(d->conf);
	for (size_t i = 0; i < KEPT_MAX; i++) {
		mem_free(d->alerts.json[i]);
		mem_free(d->queue.json[i]);
		mem_free(d->silences.json[i]);
	}
}

static void
keep(void *arg, const char *key, const char *json)
{
	struct disk *disk = arg;
	size_t i = 0, room = KEPT_MAX;

	for (; i < KEPT_MAX && !str_eq(disk->keys[i], key); i++) {
		if (disk->json[i] == NULL && room == KEPT_MAX)
			room = i;
	}
	if (i == KEPT_MAX)
		i = room;
	assert_true(i < KEPT_MAX);
	mem_free(disk->json[i]);
	disk->json[i] = json == NULL ? NULL : mem_strdup(json);
	str_copy(disk->keys[i], sizeof(disk->keys[i]), json == NULL ? "" : key);
}

static void
save(struct day *d)
{
	alert_take_changes(d->table, keep, &d->alerts);
	alert_silence_take_changes(d->table, keep, &d->silences);
	outbox_take_changes(d->outbox, keep, &d->queue);
	outbox_written(d->outbox, ++d->txn);
	outbox_confirmed(d->outbox, d->txn);
}

static void
restore_detector(void *arg, const struct alert_view *view)
{
	struct alert_facts facts = *view->facts;

	facts.severity = view->found;
	if (view->state == ALERT_FIRING)
		detect_restore(arg, &facts);
}

/* Another process that reads what the last one kept. */
static void
restart(struct day *d)
{
	close_books(d);
	open_books(d);
	for (size_t i = 0; i < KEPT_MAX; i++) {
		const char *alert = d->alerts.json[i], *notice = d->queue.json[i],
		           *silence = d->silences.json[i];

		if (alert != NULL)
			assert_true(alert_load(d->table, alert, strlen(alert), &d->now));
		if (notice != NULL)
			assert_true(outbox_load(d->outbox, notice, strlen(notice), &d->now));
		if (silence != NULL)
			assert_true(alert_silence_load(d->table, silence, strlen(silence)));
	}
	alert_each(d->table, restore_detector, d->detect);
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

	batch_reset(&d->batch, &d->now);
	d->batch.interval_ms = STEP_SECS * 1000;
	batch_add(&d->batch, METRIC_CPU_USAGE, cpu_usage(d->secs), NAN);
	batch_add(&d->batch, METRIC_CPU_LOAD_PER_CORE, load_per_core(d->secs), NAN);
	batch_add(&d->batch, METRIC_MEM_USAGE, memory_usage(d->secs), NAN);
	batch_add(&d->batch, METRIC_MEM_SWAP_USAGE, swap_usage(d->secs), NAN);
	batch_add_labelled(&d->batch, &d->link, METRIC_NET_LINK_UP, eth0, link_is_up(d->secs), NAN);
	d->batch.interval_ms = 60000;
	for (int i = 0; i < MOUNTS && d->secs % 60 == 0; i++)
		batch_add_labelled(&d->batch, &d->mount[i], METRIC_DISK_USAGE, mounts[i],
		    mount_usage(i, d->secs), NAN);
}

/* What an agent would send that knows no state: a message a violation and channel. */
static void
count_naive(struct day *d)
{
	for (size_t i = 0; i < d->findings.len; i++) {
		for (size_t c = 0; c < d->channel_count; c++)
			d->naive += d->findings.items[i].state == FINDING_FIRING &&
			            (d->channels[c].severities &
			                SEV_BIT(d->findings.items[i].severity)) != 0;
	}
}

static void
write_down(struct day *d, const struct notice *n)
{
	struct notify_context ctx = {
	    .hostname = "web-01", .version = "0.1.0", .now_wall_ms = d->now.wall_ms};
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

	while (outbox_next(d->outbox, &d->now, &job)) {
		struct outbox_receipt receipt = {.id = job.id,
		    .attempt = job.attempt,
		    .outcome = d->channels_down ? OUTBOX_TEMPORARY : OUTBOX_DELIVERED,
		    .text = "no connection"};

		if (!d->channels_down)
			write_down(d, job.notice);
		outbox_receipt(d->outbox, &receipt, &d->now);
	}
	save(d);
}

static void
silence_disks(struct day *d)
{
	struct alert_silence s = {.match = "disk{mountpoint=/home}",
	    .comment = "moving the old projects away",
	    .until_wall_ms = d->now.wall_ms + 3600 * 1000};

	assert_int_not_equal(alert_silence_add(d->table, &s, &d->now), 0);
}

static void
cycle(struct day *d)
{
	d->channels_down = d->secs >= AT(13, 0) && d->secs < AT(15, 0);
	if (d->secs == AT(20, 0))
		silence_disks(d);
	collect(d);
	findings_reset(&d->findings);
	detect_feed(d->detect, &d->batch, &d->findings);
	count_naive(d);
	alert_apply(d->table, &d->findings, d->series, &d->now, &d->notices);
	outbox_put(d->outbox, &d->notices, &d->now);
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
	assert_true(io_read_stream(fd, 1 << 20, &golden) >= 0);
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
	assert_int_equal(outbox_queued(d.outbox), 0);
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
	for (size_t i = 0; i < d->findings.len; i++) {
		if (d->findings.items[i].state == FINDING_PENDING)
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
	rng = clock_seed();
	print_message("seed %llu\n", (unsigned long long)rng);
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

	log_set_level((enum log_level)(LOGL_ERROR + 1));
	return cmocka_run_group_tests_name("incident", tests, NULL, NULL);
}
