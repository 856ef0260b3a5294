/*
 * The table of vital signs: what fires is on top, what is there is shown, what is absent or zero is
 * not, what has no room is counted, and names are harmless.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "src/show/table.c"

#include "base/mem.h"
#include "tests/unit/subject_help.h"

#define GIB (1024.0 * 1024 * 1024)

struct scene {
	struct series_table *series;
	struct batch batch;
	struct latest latest;
	struct table_input in;
	struct conf_alert alerting;
	struct conf_channel channels[CHANNEL_COUNT];
	struct outbox *outbox;
	struct status_alerts alerts;
	struct alert_facts facts[130];
	struct buf out;
};

static int
begin(void **fixture)
{
	struct scene *s = mem_zalloc(1, sizeof(*s));
	struct now now = {.boot_ns = 100 * NS_PER_SEC, .wall_ms = 1700000000000};

	s->series = series_table_new(NULL);
	batch_init(&s->batch, s->series, 256);
	batch_reset(&s->batch, &now);
	latest_init(&s->latest, s->series);
	s->outbox = outbox_new(&s->alerting, s->channels, NULL, 1);
	buf_init(&s->out, mem_zalloc(1, TABLE_TEXT_MAX), TABLE_TEXT_MAX);
	s->in = (struct table_input){.latest = &s->latest,
	    .alerts = &s->alerts,
	    .outbox = s->outbox,
	    .now = now,
	    .hostname = "web-01",
	    .uptime_secs = NAN,
	    .rows = 30,
	    .columns = 80};
	*fixture = s;
	return 0;
}

static int
end(void **fixture)
{
	struct scene *s = *fixture;

	mem_free(s->out.data);
	outbox_free(s->outbox);
	latest_done(&s->latest);
	batch_done(&s->batch);
	series_table_free(s->series);
	mem_free(s);
	return 0;
}

static void
add(struct scene *s, enum metric_id metric, const char *const labels[], double value, double raw)
{
	batch_add_labelled(&s->batch, &(struct series_ref){0}, metric, labels, value, raw);
}

static void
add_mount(struct scene *s, const char *mountpoint, double usage)
{
	const char *labels[] = {mountpoint, "/dev/sda1", "ext4"};

	add(s, METRIC_DISK_USAGE, labels, usage, NAN);
	add(s, METRIC_DISK_AVAILABLE, labels, (100 - usage) * GIB, NAN);
}

static void
add_interface(struct scene *s, const char *name, double rate, double ever)
{
	add(s, METRIC_NET_RX_BYTES, &name, rate, ever);
	add(s, METRIC_NET_TX_BYTES, &name, rate, ever);
	add(s, METRIC_NET_LINK_UP, &name, ever > 0, NAN);
}

/* An alert that fires; the milder one comes later. told: by the console. */
static void
add_alert(
    struct scene *s, enum metric_id metric, const char *where, enum severity severity, double value)
{
	struct alert_facts *f = &s->facts[s->alerts.len];
	const char *labels[] = {where, "/dev/sda1", "ext4"};
	uint32_t id =
	    metric_label_count(metric) == 3 ? series_find(s->series, metric, labels) : SERIES_NONE;

	*f = (struct alert_facts){.fingerprint = s->alerts.len + 1,
	    .rule = "r",
	    .subject = metric_subject(metric),
	    .severity = severity,
	    .value = value,
	    .limit = 90,
	    .since = clock_at(s->in.now.boot_ns - 7 * 60 * NS_PER_SEC, &s->in.now)};
	if (where[0] != '\0')
		label_set_add(&f->subject.labels, "mountpoint", where);
	if (id != SERIES_NONE)
		f->subject.hash = series_at(s->series, id)->hash;
	s->alerts.items[s->alerts.len++] = (struct alert_view){.facts = f,
	    .state = ALERT_FIRING,
	    .told = 1u << CHANNEL_DISCORD,
	    .cause = metric == METRIC_CPU_USAGE ? "fuzz_notice 77%" : ""};
	s->alerts.firing++;
}

static const char *
draw(struct scene *s)
{
	latest_add(&s->latest, &s->batch);
	s->out.len = 0;
	s->out.data[0] = '\0';
	table_write(&s->in, &s->out);
	assert_false(s->out.full);
	return s->out.data;
}

/* The line that the text is in; fails when there is none. */
static const char *
line_of(struct scene *s, const char *text)
{
	static char line[512];
	char *at = strstr(s->out.data, text), *from = at;

	if (at == NULL)
		fail_msg("no \"%s\" in:\n%s", text, s->out.data);
	while (from > s->out.data && from[-1] != '\n')
		from--;
	snprintf(line, sizeof(line), "%.*s", (int)strcspn(from, "\n"), from);
	return line;
}

/* Lines, none of them wider than it may be. */
static int
check_size(struct scene *s)
{
	char line[2048];
	int lines = 0;

	for (const char *p = s->out.data; *p != '\0'; lines++) {
		size_t len = strcspn(p, "\n");

		snprintf(line, sizeof(line), "%.*s", (int)len, p);
		if (line_columns(line) > s->in.columns)
			fail_msg("%d columns: %s", line_columns(line), line);
		p += len + 1;
	}
	if (s->in.rows > 0)
		assert_true(lines <= s->in.rows);
	return lines;
}

static void
an_empty_host_has_only_a_head(void **fixture)
{
	const char *text = draw(*fixture);

	assert_non_null(strstr(text, "web-01"));
	assert_ptr_equal(strchr(text, '\n') + 1, text + strlen(text));
	assert_null(strchr(text, '\033'));
	assert_null(strstr(text, "nan"));
	assert_null(strstr(text, "ALERT"));
}

static void
present_values_are_shown_in_their_units(void **fixture)
{
	struct scene *s = *fixture;
	const char *text;

	batch_add(&s->batch, METRIC_CPU_USAGE, 12.34, NAN);
	batch_add(&s->batch, METRIC_CPU_USER, 8, NAN);
	batch_add(&s->batch, METRIC_CPU_STEAL, 0, NAN);
	batch_add(&s->batch, METRIC_MEM_USAGE, 45.2, NAN);
	batch_add(&s->batch, METRIC_MEM_USED, 2.4 * GIB, NAN);
	batch_add(&s->batch, METRIC_MEM_AVAILABLE, 3.0 * GIB, NAN);
	text = draw(s);
	assert_non_null(strstr(text, "CPU   █▎░░░░░░░░  12.3%"));
	assert_non_null(strstr(text, "user 8.0%"));
	assert_null(strstr(text, "steal")); /* zero is not worth a word */
	assert_non_null(strstr(text, "2.4 GiB of 5.4 GiB  no swap"));
	assert_null(strstr(text, "nan"));
}

/* What matters of a host in trouble is there in 60 columns and 14 rows, the worst on top. */
static void
make_trouble(struct scene *s)
{
	static const char *const mounts[] = {
	    "/", "/home", "/srv", "/var", "/opt", "/mnt/backup", "/data1", "/data2"};
	static const double usages[] = {20.4, 30, 40, 97, 10, 99.8, 98.5, 50};
	const char *disk = "sda";

	for (size_t i = 0; i < 8; i++)
		add_mount(s, mounts[i], usages[i]);
	batch_add(&s->batch, METRIC_CPU_USAGE, 99.8, NAN);
	batch_add(&s->batch, METRIC_CPU_LOAD_1M, 3.47, NAN);
	batch_add(&s->batch, METRIC_CPU_LOAD_5M, 3.45, NAN);
	batch_add(&s->batch, METRIC_CPU_LOAD_15M, 2.54, NAN);
	batch_add(&s->batch, METRIC_MEM_USAGE, 10, NAN);
	batch_add(&s->batch, METRIC_NET_TCP_CONNECTIONS, 57, NAN);
	batch_add(&s->batch, METRIC_PROC_COUNT, 231, NAN);
	add(s, METRIC_DISK_IO_TIME, &disk, 80, NAN);
	add_interface(s, "eth0", 0, 1000);
	add_interface(s, "eth1", 0, 0);
	add_interface(s, "tun0", 0, 0);
	add_alert(s, METRIC_DISK_USAGE, "/mnt/backup", SEV_CRITICAL, 99.8);
	add_alert(s, METRIC_DISK_USAGE, "/data1", SEV_CRITICAL, 98.5);
	add_alert(s, METRIC_DISK_USAGE, "/var", SEV_CRITICAL, 97);
	add_alert(s, METRIC_CPU_USAGE, "", SEV_WARN, 99.8);
	s->in.uptime_secs = 42 * 60;
	s->in.interval_secs = 10;
	s->in.by_cpu[0] = (struct process_view){1, "fuzz_notice", 77, 3e8};
	s->in.by_rss[0] = s->in.by_cpu[0];
	s->in.cpu_count = s->in.rss_count = 1;
}

static void
what_matters_has_room_on_every_terminal(void **fixture)
{
	static const int sizes[][2] = {{60, 14}, {80, 17}, {120, 29}, {60, 29}, {200, 60}};
	struct scene *s = *fixture;

	make_trouble(s);
	for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
		const char *text;

		s->in.columns = sizes[i][0];
		s->in.rows = sizes[i][1];
		text = draw(s);
		check_size(s);
		assert_non_null(strstr(line_of(s, "web-01"), "4 ALERTS"));
		assert_non_null(strstr(line_of(s, "web-01"), "up 42 min"));
		assert_true(strncmp(strchr(text, '\n') + 1, "! CRIT /mnt/backup 99.8%", 24) == 0);
		assert_non_null(strstr(line_of(s, "! CRIT /mnt/backup"), "7m  told discord"));
		line_of(s, "! CRIT /data1");
		line_of(s, "! CRIT /var");
		line_of(s, "! WARN CPU usage 99.8%");
		assert_non_null(strstr(line_of(s, "CPU   "), "load 3.47 3.45 2.54"));
		line_of(s, "DISK  ██████████  99.8%  204.8 MiB free  /mnt/backup");
		line_of(s, "NET   eth0  in 0 B/s  out 0 B/s  (2 unused)");
		line_of(s, "cpu: fuzz_notice 77.0%");
		line_of(s, "mem: fuzz_notice 286.1 MiB");
	}
	/* With room for all of it all of it is there. */
	line_of(s, "! WARN CPU usage 99.8%  fuzz_notice 77%");
	line_of(s, "/opt");
	assert_null(strstr(s->out.data, "more"));
}

/* Three of eight disks are full: they are those with a line, and the rest is told of. */
/* Columns of half a wall, and names of three bytes for two of them: whole lines are left out. */
static void
what_finds_no_room_is_left_out_by_whole_lines(void **fixture)
{
	static const char name[] = "/\xea\xb0\x80\xea\xb0\x80\xea\xb0\x80\xea\xb0\x80";
	struct scene *s = *fixture;

	s->in.columns = 480;
	s->in.rows = 135;
	for (int i = 0; i < 120; i++)
		add_alert(s, METRIC_DISK_USAGE, name, SEV_WARN, 85);
	buf_clear(&s->out);
	latest_add(&s->latest, &s->batch);
	table_write(&s->in, &s->out);
	assert_true(s->out.full);
	assert_int_equal(s->out.data[s->out.len - 1], '\n');
	assert_non_null(strstr(line_of(s, "web-01"), "120 ALERTS"));
}

static void
the_fullest_disks_are_shown_first(void **fixture)
{
	struct scene *s = *fixture;

	make_trouble(s);
	s->in.rows = 17;
	draw(s);
	assert_int_equal(check_size(s), 17);
	line_of(s, "98.5%    1.5 GiB free  /data1");
	line_of(s, "97.0%    3.0 GiB free  /var");
	assert_non_null(strstr(s->out.data, "and 5 more, up to 50.0%"));
}

/* More fires than there is room for: the worst are there, the others counted, and the host as well.
 */
static void
many_alerts_leave_room_for_the_host(void **fixture)
{
	struct scene *s = *fixture;

	make_trouble(s);
	for (int i = 0; i < 30; i++)
		add_alert(s, METRIC_DISK_INODE_USAGE, "/mnt/backup", SEV_WARN, 85);
	s->in.rows = 15;
	draw(s);
	check_size(s);
	line_of(s, "34 ALERTS");
	line_of(s, "! CRIT /mnt/backup");
	line_of(s, "and 29 more");
	line_of(s, "CPU   ");
	line_of(s, "mem: fuzz");
}

/* Rates of nothing, disks that rest, interfaces that were never used. */
static void
what_says_nothing_is_counted(void **fixture)
{
	static const char *const disks[] = {"sda", "sdb", "sdc"};
	struct scene *s = *fixture;

	for (int i = 0; i < 3; i++) {
		add(s, METRIC_DISK_IO_TIME, &disks[i], i == 1 ? 30 : 0, NAN);
		add(s, METRIC_DISK_WRITE_BYTES, &disks[i], i == 1 ? GIB : 0, NAN);
	}
	add_mount(s, "/dev/shm", 0);
	add_interface(s, "eth1", 0, 0);
	batch_add(&s->batch, METRIC_NET_TCP_CONNECTIONS, 0, NAN);
	draw(s);
	line_of(s, "IO    ███░░░░░░░  30.0% sdb  write 1.0 GiB/s  (2 idle)");
	line_of(s, "NET   1 unused");
	line_of(s, "DISK  1 empty");
	assert_null(strstr(s->out.data, "TCP"));
}

static void
names_cannot_drive_the_terminal(void **fixture)
{
	struct scene *s = *fixture;
	const char *text;

	add_mount(s, "/\033[2J\nx", 10);
	latest_add(&s->latest, &s->batch);
	add_alert(s, METRIC_DISK_USAGE, "/\033[2J\nx", SEV_WARN, 10);
	str_copy(s->facts[0].message, sizeof(s->facts[0].message), "\033[2J");
	s->facts[0].value = NAN;
	s->alerts.items[0].cause = "\033[2J";
	s->in.hostname = "\033[2J";
	text = draw(s);
	check_size(s);
	assert_null(strchr(text, '\033'));
	assert_non_null(strstr(text, "DISK  █░░░░░░░░░  10.0%   90.0 GiB free  /\\x1b[2J\\x0ax"));
	assert_non_null(strstr(text, "! WARN /\\x1b[2J\\x0ax \\x1b[2J"));
}

static void
old_values_disappear(void **fixture)
{
	struct scene *s = *fixture;

	batch_add(&s->batch, METRIC_CPU_USAGE, 50, NAN);
	assert_non_null(strstr(draw(s), "CPU"));
	for (int i = 0; i < 3; i++) { /* three of its intervals */
		s->in.now.boot_ns += 10 * NS_PER_SEC;
		batch_reset(&s->batch, &s->in.now);
		assert_non_null(strstr(draw(s), "CPU"));
	}
	batch_reset(&s->batch, &s->in.now);
	s->in.now.boot_ns += 10 * NS_PER_SEC;
	batch_reset(&s->batch, &s->in.now);
	assert_null(strstr(draw(s), "CPU"));
}

static void
limits_colour_values(void **fixture)
{
	struct conf_detect limits_of = {0};
	struct scene *s = *fixture;

	for (int i = 0; i < LIMIT_COUNT; i++) {
		limits_of.warn[i] = 80;
		limits_of.critical[i] = 90;
	}
	s->in.limits = &limits_of;
	s->in.colour = true;
	batch_add(&s->batch, METRIC_CPU_USAGE, 85, NAN);
	batch_add(&s->batch, METRIC_MEM_USAGE, 95, NAN);
	draw(s);
	assert_non_null(strstr(s->out.data, "\033[33m████████▌░  85.0%"));
	assert_non_null(strstr(s->out.data, "\033[1;31m█████████▌  95.0%"));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test_setup_teardown(an_empty_host_has_only_a_head, begin, end),
	    cmocka_unit_test_setup_teardown(present_values_are_shown_in_their_units, begin, end),
	    cmocka_unit_test_setup_teardown(what_matters_has_room_on_every_terminal, begin, end),
	    cmocka_unit_test_setup_teardown(
	        what_finds_no_room_is_left_out_by_whole_lines, begin, end),
	    cmocka_unit_test_setup_teardown(the_fullest_disks_are_shown_first, begin, end),
	    cmocka_unit_test_setup_teardown(many_alerts_leave_room_for_the_host, begin, end),
	    cmocka_unit_test_setup_teardown(what_says_nothing_is_counted, begin, end),
	    cmocka_unit_test_setup_teardown(names_cannot_drive_the_terminal, begin, end),
	    cmocka_unit_test_setup_teardown(old_values_disappear, begin, end),
	    cmocka_unit_test_setup_teardown(limits_colour_values, begin, end),
	};

	return cmocka_run_group_tests_name("table", tests, NULL, NULL);
}
