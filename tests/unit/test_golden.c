/*
 * Whole recorded roots through all collectors: every sample of the last frame of a host against
 * tests/golden/<host>.txt. GOLDEN_UPDATE=1 rewrites those. The numbers of the made-up hosts are
 * simple enough to be checked by hand, which the tests after it do.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "src/collect/collect.c"

#include <errno.h>
#include <fcntl.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/log.h"
#include "base/stream.h"
#include "frames.h"
#include "subject_help.h"
#include "tests/unit/log_help.h"

#define LINE_MAX_BYTES 700

static int
compare_lines(const void *a, const void *b)
{
	return strcmp(a, b);
}

/* One line a sample, sorted; labels made visible, for a hostile host has them all. */
static size_t
render(const struct run *r, char lines[][LINE_MAX_BYTES])
{
	for (size_t i = 0; i < r->batch.len; i++) {
		const struct sample *s = &r->batch.samples[i];
		const struct series *series = series_at(r->series, s->series);
		char labels[LABELS_TEXT_MAX];
		struct subject_ref ref = subject_of_series(series);
		struct subject subject;
		struct buf b;

		buf_init(&b, lines[i], LINE_MAX_BYTES);
		subject_describe(&ref, &subject);
		labels_text(&subject.labels, labels);
		buf_addf(&b, "%s{", metrics[series->metric].name);
		buf_add_visible(&b, labels, strlen(labels));
		buf_addf(&b, "} %.9g ", s->value);
		if (isnan(s->raw))
			buf_adds(&b, "-");
		else
			buf_addf(&b, "%.17g", s->raw);
		assert_false(b.full);
	}
	qsort(lines, r->batch.len, LINE_MAX_BYTES, compare_lines);
	return r->batch.len;
}

static void
write_golden(const char *path, char lines[][LINE_MAX_BYTES], size_t n)
{
	FILE *out = fopen(path, "w");

	assert_non_null(out);
	for (size_t i = 0; i < n; i++)
		fprintf(out, "%s\n", lines[i]);
	fclose(out);
}

/* Prints what is in one but not in the other; both are sorted. Returns how many differ. */
static int
compare_golden(const char *name, char *golden, char lines[][LINE_MAX_BYTES], size_t n)
{
	int differences = 0;
	size_t i = 0;
	char *end;

	while (*golden != '\0' || i < n) {
		int order;

		end = strchr(golden, '\n');
		if (end != NULL)
			*end = '\0';
		order = *golden == '\0' ? 1 : i == n ? -1 : strcmp(golden, lines[i]);
		if (order < 0)
			print_error("%s: -%s\n", name, golden);
		else if (order > 0)
			print_error("%s: +%s\n", name, lines[i]);
		differences += order != 0;
		i += order >= 0;
		if (order <= 0 && end != NULL)
			golden = end + 1;
		else if (end != NULL)
			*end = '\n';
		else if (order <= 0)
			golden = strchr(golden, '\0');
	}
	return differences;
}

static void
check_host(const char *name)
{
	char(*lines)[LINE_MAX_BYTES] = mem_zalloc(SAMPLES_MAX, LINE_MAX_BYTES);
	char path[256], *golden = NULL;
	struct run r;
	size_t n;
	int fd, differences = 0;

	run_frames(&r, name, count_frames(name));
	n = render(&r, lines);
	assert_true(n > 0);
	snprintf(path, sizeof(path), "tests/golden/%s.txt", name);
	if (getenv("GOLDEN_UPDATE") != NULL) {
		write_golden(path, lines, n);
	} else {
		fd = open(path, O_RDONLY | O_CLOEXEC);
		assert_true(fd >= 0);
		assert_true(stream_read_all(fd, 1 << 20, &golden) >= 0);
		close(fd);
		differences = compare_golden(name, golden, lines, n);
		mem_free(golden);
	}
	mem_free(lines);
	tear_down(&r);
	assert_int_equal(differences, 0);
}

static void
test_golden(void **state)
{
	set_log_level(LOGL_ERROR);
	check_host(*state);
	set_log_level(LOGL_INFO);
}

/* The value of a metric whose first label is label (or which has none); NAN when absent. */
static double
value(const struct run *r, enum metric_id metric, const char *label)
{
	for (size_t i = 0; i < r->batch.len; i++) {
		const struct series *s = series_at(r->series, r->batch.samples[i].series);

		if (s->metric == metric && strcmp(series_label(s, 0), label) == 0)
			return r->batch.samples[i].value;
	}
	return NAN;
}

struct expected {
	enum metric_id metric;
	const char *label;
	double value; /* NAN: absent */
};

static void
check_values(const char *name, const struct expected *expected, size_t n)
{
	struct run r;
	int wrong = 0;

	set_log_level(LOGL_ERROR);
	run_frames(&r, name, count_frames(name));
	for (size_t i = 0; i < n; i++) {
		const struct expected *e = &expected[i];
		double is = value(&r, e->metric, e->label);

		if (isnan(is) && isnan(e->value))
			continue;
		if (fabs(is - e->value) <= 1e-9 * fmax(1, fabs(e->value)))
			continue;
		print_error("%s: %s{%s} is %.12g, not %.12g\n", name, metrics[e->metric].name,
		    e->label, is, e->value);
		wrong++;
	}
	tear_down(&r);
	set_log_level(LOGL_INFO);
	assert_int_equal(wrong, 0);
}

#define CHECK(name, ...)                                           \
	check_values(name, (const struct expected[]){__VA_ARGS__}, \
	    sizeof((const struct expected[]){__VA_ARGS__}) / sizeof(struct expected))

/*
 * In ten seconds each of four cores: 250 ticks user (75 of them guest), 125 system, 500 idle,
 * 100 iowait, 25 softirq: 1000.
 */
static void
test_cpu_by_hand(void **state)
{
	(void)state;
	CHECK("linux-3.10", {METRIC_CPU_USAGE, "", 40}, {METRIC_CPU_USER, "", 25},
	    {METRIC_CPU_SYSTEM, "", 15}, {METRIC_CPU_IOWAIT, "", 10}, {METRIC_CPU_STEAL, "", 0},
	    {METRIC_CPU_CORE_USAGE, "3", 40}, {METRIC_CPU_LOAD_5M, "", 2},
	    {METRIC_CPU_LOAD_PER_CORE, "", 0.5}, {METRIC_CPU_INTERRUPTS, "", 5000},
	    {METRIC_CPU_CONTEXT_SWITCHES, "", 8000}, {METRIC_CPU_PROCS_RUNNING, "", 3},
	    {METRIC_CPU_PRESSURE_SOME, "", NAN});
	/* 300 user, 100 system, 400 idle, 200 steal; 1.5 s of pressure in 10 s. */
	CHECK("linux-5.4", {METRIC_CPU_USAGE, "", 60}, {METRIC_CPU_USER, "", 30},
	    {METRIC_CPU_STEAL, "", 20}, {METRIC_CPU_PRESSURE_SOME, "", 15});
	/* core 3 was away, so the total is of others; the rest: 400 user, 200 system, 1360 idle. */
	CHECK("linux-5.15", {METRIC_CPU_USAGE, "", NAN}, {METRIC_CPU_IOWAIT, "", NAN},
	    {METRIC_CPU_CORE_USAGE, "2", 100 * (1 - 1360.0 / 1960)},
	    {METRIC_CPU_CORE_USAGE, "3", NAN}, {METRIC_CPU_PRESSURE_SOME, "", 5});
}

static void
test_memory_by_hand(void **state)
{
	(void)state;
	/* 1000000 free + 200000 buffers + 3000000 cached - 200000 shared of 8000000 kB. */
	CHECK("linux-3.10", {METRIC_MEM_USAGE, "", 50}, {METRIC_MEM_AVAILABLE, "", 4096000000},
	    {METRIC_MEM_USED, "", 4096000000}, {METRIC_MEM_BUFFERS, "", 204800000},
	    {METRIC_MEM_SWAP_USAGE, "", 25}, {METRIC_MEM_SWAP_IN, "", 20},
	    {METRIC_MEM_SWAP_OUT, "", 50}, {METRIC_MEM_MAJOR_FAULTS, "", 3},
	    {METRIC_MEM_OOM_KILLS, "", NAN}, {METRIC_KERNEL_OOM_KILLS, "", NAN});
	/* 1600000 kB, and 7168000000 - 1024000000 bytes of ARC, of 16000000 kB. */
	CHECK("linux-5.4", {METRIC_MEM_AVAILABLE, "", 1638400000.0 + 6144000000.0},
	    {METRIC_MEM_USAGE, "", 52.5}, {METRIC_MEM_SWAP_USAGE, "", 0},
	    {METRIC_MEM_PRESSURE_SOME, "", 1}, {METRIC_MEM_PRESSURE_FULL, "", 0.5});
	/* One kill in 20 s; 8 s of pressure, 4 s of full. */
	CHECK("linux-5.15", {METRIC_MEM_USAGE, "", 90}, {METRIC_MEM_SWAP_USAGE, "", 90},
	    {METRIC_MEM_OOM_KILLS, "", 0.05}, {METRIC_MEM_PRESSURE_SOME, "", 40},
	    {METRIC_MEM_PRESSURE_FULL, "", 20}, {METRIC_MEM_SWAP_OUT, "", 800});
}

static void
test_disk_by_hand(void **state)
{
	(void)state;
	/* 100 reads of 500 ms in all, 50 writes of 1000; 20480 and 10240 sectors; busy for 3 s. */
	CHECK("linux-3.10", {METRIC_DISK_READ_BYTES, "sda", 1048576},
	    {METRIC_DISK_WRITE_BYTES, "sda", 524288}, {METRIC_DISK_READ_OPS, "sda", 10},
	    {METRIC_DISK_WRITE_OPS, "sda", 5}, {METRIC_DISK_IO_TIME, "sda", 30},
	    {METRIC_DISK_AWAIT, "sda", 10}, {METRIC_DISK_READ_BYTES, "loop0", NAN},
	    {METRIC_DISK_PRESSURE_SOME, "", NAN}, {METRIC_DISK_USAGE, "/", 60},
	    {METRIC_DISK_INODE_USAGE, "/", 10}, {METRIC_DISK_AVAILABLE, "/boot", 153600000},
	    /* 300000 used, 150000 left: root's reserve is no one's. */
	    {METRIC_DISK_USAGE, "/boot", 200.0 / 3});
	CHECK("linux-5.4", {METRIC_DISK_PRESSURE_SOME, "", 4}, {METRIC_DISK_AWAIT, "vda", 5},
	    {METRIC_DISK_READ_ONLY, "/", 0}, {METRIC_DISK_USAGE, "/mnt/nas", 90},
	    {METRIC_DISK_INODE_USAGE, "/mnt/nas", NAN});
	/* The disk was replaced: no rate. The file system went read-only. */
	CHECK("linux-5.15", {METRIC_DISK_READ_BYTES, "sdb", NAN},
	    {METRIC_DISK_READ_BYTES, "sda", 2097152}, {METRIC_DISK_AWAIT, "sda", 20},
	    {METRIC_DISK_READ_ONLY, "/", 1}, {METRIC_DISK_INODE_USAGE, "/", 99},
	    {METRIC_DISK_USAGE, "/media/usb stick", 10});
}

static void
test_network_by_hand(void **state)
{
	(void)state;
	CHECK("linux-3.10", {METRIC_NET_RX_BYTES, "eth0", 1250000},
	    {METRIC_NET_RX_PACKETS, "eth0", 1000}, {METRIC_NET_RX_ERRORS, "eth0", 1},
	    {METRIC_NET_RX_DROPS, "eth0", 0.5}, {METRIC_NET_TX_BYTES, "eth0", 100000},
	    {METRIC_NET_TX_PACKETS, "eth0", 500}, {METRIC_NET_TX_ERRORS, "eth0", 0.2},
	    {METRIC_NET_TX_DROPS, "eth0", 0.1}, {METRIC_NET_RX_BYTES, "lo", NAN},
	    {METRIC_NET_LINK_UP, "eth0", 1}, {METRIC_NET_LINK_UP, "virbr0", 0},
	    {METRIC_NET_TCP_CONNECTIONS, "", 42}, {METRIC_NET_TCP_TIME_WAIT, "", 15},
	    {METRIC_NET_TCP_RETRANSMITS, "", 5}, {METRIC_NET_LISTEN_OVERFLOWS, "", 2},
	    {METRIC_NET_CONNTRACK_USAGE, "", 25});
	/* One was plugged in again; of one, a counter began anew. Below: one goes past 2^32. */
	CHECK("linux-5.15", {METRIC_NET_RX_BYTES, "enx001", NAN}, {METRIC_NET_LINK_UP, "enx001", 1},
	    {METRIC_NET_RX_BYTES, "wlp2s0", 15000}, {METRIC_NET_TX_BYTES, "wlp2s0", NAN},
	    {METRIC_NET_TX_PACKETS, "wlp2s0", 0.1}, {METRIC_NET_RX_BYTES, "enp3s0", 50000},
	    {METRIC_NET_TX_BYTES, "enp3s0", 90000});
	CHECK("linux-5.4", {METRIC_NET_RX_BYTES, "ens3", 10000}, {METRIC_NET_RX_DROPS, "ens3", 4});
	CHECK("container", {METRIC_NET_RX_BYTES, "eth0", 60}, {METRIC_NET_LINK_UP, "eth0", NAN});
}

/* What is damaged is absent; what is not, is there. */
static void
test_hostile_by_hand(void **state)
{
	(void)state;
	CHECK("hostile", {METRIC_CPU_USAGE, "", NAN}, {METRIC_CPU_CORE_USAGE, "1", 50},
	    {METRIC_CPU_PROCS_BLOCKED, "", 4}, {METRIC_CPU_PROCS_RUNNING, "", NAN},
	    {METRIC_CPU_INTERRUPTS, "", NAN}, {METRIC_CPU_LOAD_1M, "", NAN},
	    {METRIC_CPU_PRESSURE_SOME, "", NAN}, {METRIC_MEM_USAGE, "", NAN},
	    {METRIC_MEM_SWAP_USAGE, "", NAN}, {METRIC_MEM_BUFFERS, "", NAN},
	    {METRIC_NET_RX_BYTES, "eth0", 50}, {METRIC_NET_RX_ERRORS, "eth0", NAN},
	    {METRIC_NET_TX_BYTES, "eth0", NAN}, {METRIC_NET_TX_PACKETS, "eth0", 0},
	    {METRIC_NET_LINK_UP, "eth0", NAN}, {METRIC_NET_RX_BYTES, "eth9", NAN},
	    {METRIC_NET_TCP_CONNECTIONS, "", NAN}, {METRIC_NET_CONNTRACK_USAGE, "", NAN},
	    {METRIC_FD_USED, "", NAN}, {METRIC_KERNEL_ENTROPY, "", NAN},
	    {METRIC_KERNEL_UPTIME, "", NAN}, {METRIC_KERNEL_FS_ERRORS, "", NAN},
	    {METRIC_KERNEL_HARDWARE_ERRORS, "", NAN}, {METRIC_KERNEL_OOM_KILLS, "", 3});
}

#define HOST(name)                                                \
	{                                                         \
		"golden " name, test_golden, NULL, NULL, (char[]) \
		{                                                 \
			name                                      \
		}                                                 \
	}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    HOST("linux-3.10"),
	    HOST("linux-4.18"),
	    HOST("linux-5.4"),
	    HOST("linux-5.15"),
	    HOST("linux-6.18"),
	    HOST("container"),
	    HOST("hostile"),
	    cmocka_unit_test(test_cpu_by_hand),
	    cmocka_unit_test(test_memory_by_hand),
	    cmocka_unit_test(test_disk_by_hand),
	    cmocka_unit_test(test_network_by_hand),
	    cmocka_unit_test(test_hostile_by_hand),
	};

	return cmocka_run_group_tests_name("golden", tests, NULL, NULL);
}
