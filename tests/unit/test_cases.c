/*
 * Hosts that once gave a wrong answer: SYSOPS_CASES names the folder, each with frame0/ and frame1/
 * half a second later.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <dirent.h>

#include "src/collect/cpu.c"
#include "src/collect/memory.c"
#include "src/collect/network.c"
#include "src/collect/tcp.c"

#include "base/buf.h"
#include "tests/unit/fake_host.h"
#include "tests/unit/log_help.h"

static const char *
cases_dir(void)
{
	const char *dir = getenv("SYSOPS_CASES");

	return dir != NULL ? dir : "../shared/cases";
}

/* All files below from go to the same place of the fake. */
static void
copy_tree(const struct fake *f, const char *from, const char *to)
{
	DIR *dir = opendir(from);
	struct dirent *entry;

	assert_non_null(dir);
	while ((entry = readdir(dir)) != NULL) {
		char source[512], target[256], text[16384];
		struct buf path;
		struct stat st;
		ssize_t len;

		if (entry->d_name[0] == '.')
			continue;
		buf_init(&path, source, sizeof(source));
		buf_addf(&path, "%s/%s", from, entry->d_name);
		assert_false(path.full);
		buf_init(&path, target, sizeof(target));
		buf_addf(&path, "%s%s%s", to, *to == '\0' ? "" : "/", entry->d_name);
		assert_false(path.full);
		assert_int_equal(stat(source, &st), 0);
		if (S_ISDIR(st.st_mode)) {
			copy_tree(f, source, target);
			continue;
		}
		len = io_read_at(AT_FDCWD, source, text, sizeof(text));
		assert_true(len >= 0);
		fake_write_bytes(f, target, text, (size_t)len);
	}
	closedir(dir);
}

/* After both frames of the case. */
static void
play(struct fake *f, const char *name, const struct collector *row)
{
	char path[512];

	if (access(cases_dir(), R_OK) != 0) {
		print_message("skip: no cases in %s (SYSOPS_CASES)\n", cases_dir());
		skip();
	}
	fake_init(f);
	for (int frame = 0; frame < 2; frame++) {
		snprintf(path, sizeof(path), "%s/%s/frame%d", cases_dir(), name, frame);
		if (access(path, R_OK) == 0)
			copy_tree(f, path, "");
		if (frame == 0)
			fake_open(f, row);
		fake_collect(f, 1000 + 0.5 * frame);
	}
}

static void
a_steal_counter_that_runs_backwards_costs_itself(void **state)
{
	struct fake f;

	(void)state;
	play(&f, "c01-steal-backwards", &collector_cpu);
	assert_near(fake_value(&f, METRIC_CPU_USAGE, NULL), 60);
	assert_near(fake_value(&f, METRIC_CPU_USER, NULL), 50);
	assert_near(fake_value(&f, METRIC_CPU_SYSTEM, NULL), 10);
	assert_false(fake_has(&f, METRIC_CPU_STEAL, NULL));
	fake_done(&f);
}

static void
cores_that_went_are_no_work(void **state)
{
	struct fake f;

	(void)state;
	play(&f, "c02-idle-backwards", &collector_cpu);
	assert_false(fake_has(&f, METRIC_CPU_USAGE, NULL));
	assert_near(fake_value(&f, METRIC_CPU_CORE_USAGE, "0"), 10);
	fake_done(&f);
}

static void
the_hosts_arc_is_no_memory_of_a_guest(void **state)
{
	struct fake f;

	(void)state;
	play(&f, "c05-arc-in-lxc", &collector_memory);
	assert_true(fabs(fake_value(&f, METRIC_MEM_USAGE, NULL) - 87) < 1);
	fake_done(&f);
}

static void
huge_pages_set_apart_are_not_used(void **state)
{
	struct fake f;

	(void)state;
	play(&f, "c06-hugepages", &collector_memory);
	assert_near(
	    fake_value(&f, METRIC_MEM_USAGE, NULL), 100 * (36700160.0 - 17825792) / 36700160);
	assert_near(fake_value(&f, METRIC_MEM_USED, NULL), (36700160.0 - 17825792) * 1024);
	assert_near(fake_value(&f, METRIC_MEM_HUGEPAGES, NULL), 720.0 * 1048576 * 1024);
	assert_near(fake_value(&f, METRIC_MEM_HUGEPAGES_FREE, NULL), 720.0 * 1048576 * 1024);
	fake_done(&f);
}

static void
what_a_malformed_file_costs_is_named(void **state)
{
	FILE *log = catch_log(LOGL_WARN);
	struct fake f;

	(void)state;
	play(&f, "c10b-netstat-no-values", &collector_tcp);
	assert_false(fake_has(&f, METRIC_NET_LISTEN_OVERFLOWS, NULL));
	assert_int_equal(count_logged(log, "proc/1/net/netstat is not of the form"), 1);
	assert_int_equal(count_logged(log, ": net.listen_overflows_rate"), 1);
	fake_done(&f);
	release_log(log);
}

static void
the_hosts_load_is_not_shared_by_a_guests_cpus(void **state)
{
	struct fake f;

	(void)state;
	play(&f, "c20-lxc-load", &collector_cpu);
	assert_true(fake_has(&f, METRIC_CPU_USAGE, NULL));
	assert_true(fake_has(&f, METRIC_CPU_LOAD_5M, NULL));
	assert_false(fake_has(&f, METRIC_CPU_LOAD_PER_CORE, NULL));
	fake_done(&f);
}

static void
a_counter_that_leaps_or_falls_costs_itself(void **state)
{
	struct fake f;

	(void)state;
	play(&f, "c11-netdev", &collector_network);
	assert_false(fake_has(&f, METRIC_NET_RX_BYTES, "tap1i0"));
	assert_near(fake_value(&f, METRIC_NET_TX_BYTES, "tap1i0"), 0);
	assert_false(fake_has(&f, METRIC_NET_RX_BYTES, "ppp0"));
	assert_false(fake_has(&f, METRIC_NET_RX_PACKETS, "ppp0"));
	assert_near(fake_value(&f, METRIC_NET_TX_PACKETS, "ppp0"), 4);
	assert_false(fake_has(&f, METRIC_NET_RX_BYTES, "eth0"));
	assert_near(fake_value(&f, METRIC_NET_RX_PACKETS, "eth0"), 20);
	assert_near(fake_value(&f, METRIC_NET_TX_BYTES, "eth0"), 200);
	assert_near(fake_value(&f, METRIC_NET_RX_BYTES, "eth0:1"), 4000);
	fake_done(&f);
}

static void
names_that_swap_are_other_devices(void **state)
{
	struct fake f;

	(void)state;
	play(&f, "c18-names-swapped", &collector_network);
	for (int i = 0; i < NETWORK_COUNTERS; i++)
		assert_int_equal(fake_count(&f, metric_of[i]), 0);
	fake_done(&f);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(a_steal_counter_that_runs_backwards_costs_itself),
	    cmocka_unit_test(cores_that_went_are_no_work),
	    cmocka_unit_test(the_hosts_arc_is_no_memory_of_a_guest),
	    cmocka_unit_test(huge_pages_set_apart_are_not_used),
	    cmocka_unit_test(what_a_malformed_file_costs_is_named),
	    cmocka_unit_test(the_hosts_load_is_not_shared_by_a_guests_cpus),
	    cmocka_unit_test(a_counter_that_leaps_or_falls_costs_itself),
	    cmocka_unit_test(names_that_swap_are_other_devices),
	};

	return cmocka_run_group_tests_name("cases", tests, NULL, NULL);
}
