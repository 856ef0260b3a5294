/*
 * memory: what is available on new kernels, on old ones and beside ZFS, and swap.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "src/collect/memory.c"

#include "fake_host.h"
#include "tests/unit/log_help.h"

/* NAN: absent. */
static void
assert_same(double value, double right)
{
	if (isnan(right))
		assert_true(isnan(value));
	else
		assert_near(value, right);
}

static void
test_new_kernel(void **state)
{
	struct fake f;

	(void)state;
	fake_init(&f);
	fake_open(&f, &collector_memory);
	fake_write(&f, "proc/meminfo",
	    "MemTotal:        1000 kB\nMemFree:          100 kB\nMemAvailable:     250 kB\n"
	    "Buffers:           50 kB\nCached:           300 kB\nSwapCached:        9 kB\n"
	    "SwapTotal:        400 kB\nSwapFree:         100 kB\nShmem:            80 kB\n");
	fake_collect(&f, 10);
	assert_near(fake_value(&f, METRIC_MEM_USAGE, NULL), 75);
	assert_near(fake_value(&f, METRIC_MEM_AVAILABLE, NULL), 250 * 1024);
	assert_near(fake_value(&f, METRIC_MEM_USED, NULL), 750 * 1024);
	assert_near(fake_value(&f, METRIC_MEM_BUFFERS, NULL), 50 * 1024);
	assert_near(fake_value(&f, METRIC_MEM_CACHED, NULL), 300 * 1024);
	assert_near(fake_value(&f, METRIC_MEM_SWAP_USAGE, NULL), 75);
	fake_done(&f);
}

static void
test_before_memavailable(void **state)
{
	struct fake f;

	(void)state;
	fake_init(&f);
	fake_open(&f, &collector_memory);
	fake_write(&f, "proc/meminfo",
	    "MemTotal: 1000 kB\nMemFree: 100 kB\nBuffers: 50 kB\nCached: 330 kB\n"
	    "SwapTotal: 0 kB\nSwapFree: 0 kB\nShmem: 80 kB\n");
	fake_collect(&f, 10);
	assert_near(fake_value(&f, METRIC_MEM_USAGE, NULL), 60);
	assert_false(fake_has(&f, METRIC_MEM_SWAP_USAGE, NULL));
	/* Without one of the four it cannot be said. */
	fake_write(&f, "proc/meminfo",
	    "MemTotal: 1000 kB\nMemFree: 100 kB\nBuffers: 50 kB\nCached: 330 kB\n");
	fake_collect(&f, 20);
	assert_false(fake_has(&f, METRIC_MEM_USAGE, NULL));
	assert_false(fake_has(&f, METRIC_MEM_USED, NULL));
	assert_near(fake_value(&f, METRIC_MEM_CACHED, NULL), 330 * 1024);
	fake_done(&f);
}

static void
test_zfs(void **state)
{
	struct fake f;

	(void)state;
	fake_init(&f);
	fake_open(&f, &collector_memory);
	fake_write(
	    &f, "proc/meminfo", "MemTotal: 1000 kB\nMemFree: 100 kB\nMemAvailable: 100 kB\n");
	fake_write(&f, "proc/spl/kstat/zfs/arcstats",
	    "13 1 0x01 98 26656 3 4\nname                            type data\n"
	    "hits                            4    5\nc                               4    7\n"
	    "c_min                           4    102400\nc_max                           4    9\n"
	    "size                            4    512000\ncompressed_size                 4    "
	    "6\n");
	fake_collect(&f, 10);
	assert_near(fake_value(&f, METRIC_MEM_AVAILABLE, NULL), 500 * 1024);
	assert_near(fake_value(&f, METRIC_MEM_USAGE, NULL), 50);
	/* The cache is smaller than its minimum: nothing to give. */
	fake_write(&f, "proc/spl/kstat/zfs/arcstats", "size 4 5\nc_min 4 102400\n");
	fake_collect(&f, 20);
	assert_near(fake_value(&f, METRIC_MEM_USAGE, NULL), 90);
	/* Nonsense makes no more memory than there is. */
	fake_write(&f, "proc/spl/kstat/zfs/arcstats", "size 4 18446744073709551615\nc_min 4 0\n");
	fake_collect(&f, 30);
	assert_near(fake_value(&f, METRIC_MEM_USAGE, NULL), 0);
	fake_done(&f);
}

static void
test_rates(void **state)
{
	struct fake f;

	(void)state;
	fake_init(&f);
	fake_open(&f, &collector_memory);
	fake_write(&f, "proc/vmstat", "pswpin 100\npswpout 200\npgmajfault 300\noom_kill 0\n");
	fake_collect(&f, 10);
	assert_int_equal(f.batch.len, 0);
	fake_write(&f, "proc/vmstat", "pswpin 150\npswpout 190\npgmajfault 310\n");
	fake_collect(&f, 20);
	assert_near(fake_value(&f, METRIC_MEM_SWAP_IN, NULL), 5);
	assert_false(fake_has(&f, METRIC_MEM_SWAP_OUT, NULL));
	assert_near(fake_value(&f, METRIC_MEM_MAJOR_FAULTS, NULL), 1);
	assert_false(fake_has(&f, METRIC_MEM_OOM_KILLS, NULL));
	fake_done(&f);
}

static void
test_nonsense(void **state)
{
	struct fake f;

	(void)state;
	fake_init(&f);
	fake_open(&f, &collector_memory);
	set_log_level(LOGL_ERROR);
	fake_write(&f, "proc/meminfo", "\377\376garbage");
	fake_collect(&f, 10);
	assert_int_equal(f.batch.len, 0);
	fake_write(&f, "proc/meminfo",
	    "MemTotal: 0 kB\nMemAvailable: 5 kB\nSwapTotal: 5 kB\nSwapFree: 6 kB\nBuffers: -1 "
	    "kB\n");
	fake_collect(&f, 20);
	assert_false(fake_has(&f, METRIC_MEM_USAGE, NULL));
	assert_false(fake_has(&f, METRIC_MEM_SWAP_USAGE, NULL));
	assert_false(fake_has(&f, METRIC_MEM_BUFFERS, NULL));
	set_log_level(LOGL_INFO);
	fake_done(&f);
}

/* What is available is between nothing and all; without a total there is no upper end. */
static void
test_available(void **state)
{
	struct memory_info info = {.have = MEMORY_AVAILABLE | MEMORY_TOTAL, .total_kb = 100};
	const unsigned old = MEMORY_FREE | MEMORY_BUFFERS | MEMORY_CACHED | MEMORY_SHMEM;
	double bytes;

	(void)state;
	info.available_kb = 100;
	assert_true(memory_available(&info, 0, &bytes) && bytes == 100 * 1024);
	assert_true(memory_available(&info, 1, &bytes) && bytes == 100 * 1024);
	info.available_kb = 0;
	assert_true(memory_available(&info, 0, &bytes) && bytes == 0);
	assert_true(memory_available(&info, 7, &bytes) && bytes == 7);
	info.have = MEMORY_AVAILABLE;
	info.available_kb = 200;
	assert_true(memory_available(&info, 0, &bytes) && bytes == 200 * 1024);
	info = (struct memory_info){
	    .have = old, .free_kb = 1, .buffers_kb = 2, .cached_kb = 30, .shmem_kb = 4};
	assert_true(memory_available(&info, 0, &bytes) && bytes == 29 * 1024);
	info.have |= MEMORY_AVAILABLE | MEMORY_TOTAL; /* the host's beside a guest's total */
	info.available_kb = 2000;
	info.total_kb = 100;
	assert_true(memory_available(&info, 0, &bytes) && bytes == 29 * 1024);
	info.have = old;
	info.shmem_kb = 33;
	assert_true(memory_available(&info, 0, &bytes) && bytes == 0);
	info.shmem_kb = 50;
	assert_true(memory_available(&info, 5, &bytes) && bytes == 5);
	for (unsigned bit = 1; bit <= old; bit *= 2) {
		info.have = old & ~bit;
		if ((old & bit) != 0)
			assert_false(memory_available(&info, 0, &bytes));
	}
}

static void
test_swap(void **state)
{
	static const struct {
		const char *text;
		double percent; /* NAN: none */
	} cases[] = {{"SwapTotal: 400 kB\nSwapFree: 400 kB\n", 0},
	    {"SwapTotal: 400 kB\nSwapFree: 0 kB\n", 100},
	    {"SwapTotal: 1 kB\nSwapFree: 0 kB\n", 100},
	    {"SwapTotal: 400 kB\nSwapFree: 401 kB\n", NAN},
	    {"SwapTotal: 0 kB\nSwapFree: 0 kB\n", NAN}, {"SwapTotal: 400 kB\n", NAN},
	    {"SwapFree: 4 kB\n", NAN}};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct fake f;

		fake_init(&f);
		fake_open(&f, &collector_memory);
		fake_write(&f, "proc/meminfo", cases[i].text);
		fake_collect(&f, 10);
		if (isnan(cases[i].percent))
			assert_false(fake_has(&f, METRIC_MEM_SWAP_USAGE, NULL));
		else
			assert_near(fake_value(&f, METRIC_MEM_SWAP_USAGE, NULL), cases[i].percent);
		fake_done(&f);
	}
}

/* Without a total, or with one of 0, there is no percentage. */
static void
test_no_total(void **state)
{
	struct fake f;

	(void)state;
	fake_init(&f);
	fake_open(&f, &collector_memory);
	fake_write(&f, "proc/meminfo", "MemAvailable: 7 kB\n");
	fake_collect(&f, 10);
	assert_int_equal(f.batch.len, 1);
	assert_near(fake_value(&f, METRIC_MEM_AVAILABLE, NULL), 7 * 1024);
	fake_write(&f, "proc/meminfo", "MemTotal: 0 kB\nMemAvailable: 0 kB\n");
	fake_collect(&f, 20);
	assert_int_equal(f.batch.len, 1);
	fake_write(&f, "proc/meminfo", "MemTotal: 1 kB\nMemAvailable: 0 kB\n");
	fake_collect(&f, 30);
	assert_near(fake_value(&f, METRIC_MEM_USAGE, NULL), 100);
	assert_near(fake_value(&f, METRIC_MEM_USED, NULL), 1024);
	fake_done(&f);
}

/* Pages of all sizes where the kernel says so; a text that cannot be true takes nothing away. */
static void
test_hugepages(void **state)
{
	static const struct {
		const char *text;
		double usage, all, free; /* NAN: none */
	} cases[] = {
	    {"HugePages_Total: 3\nHugePages_Free: 1\nHugepagesize: 100 kB\n", 50, 300, 100},
	    {"HugePages_Total: 1\nHugePages_Free: 1\nHugepagesize: 100 kB\nHugetlb: 400 kB\n",
	        100 * 250. / 600, 400, 100},
	    {"HugePages_Total: 0\nHugePages_Free: 0\nHugepagesize: 100 kB\nHugetlb: 300 kB\n", 50,
	        300, NAN},
	    {"HugePages_Total: 0\nHugePages_Free: 0\nHugepagesize: 100 kB\nHugetlb: 0 kB\n", 65,
	        NAN, NAN},
	    {"HugePages_Total: 3\nHugePages_Free: 4\nHugepagesize: 100 kB\n", 50, 300, NAN},
	    {"HugePages_Total: 3\nHugePages_Free: 1\n", 65, NAN, NAN},
	    {"HugePages_Total: 11\nHugePages_Free: 1\nHugepagesize: 100 kB\n", 65, NAN, NAN},
	    {"HugePages_Total: 18446744073709551615\nHugePages_Free: 1\nHugepagesize: "
	     "18446744073709551615 kB\n",
	        65, NAN, NAN},
	    {"Hugetlb: 800 kB\n", 0, 800, NAN},
	    {"Hugetlb: 1000 kB\n", NAN, 1000, NAN},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct fake f;
		char text[512];

		fake_init(&f);
		fake_open(&f, &collector_memory);
		snprintf(text, sizeof(text), "MemTotal: 1000 kB\nMemAvailable: 350 kB\n%s",
		    cases[i].text);
		fake_write(&f, "proc/meminfo", text);
		fake_collect(&f, 10);
		assert_same(fake_value(&f, METRIC_MEM_USAGE, NULL), cases[i].usage);
		assert_same(fake_value(&f, METRIC_MEM_HUGEPAGES, NULL), cases[i].all * 1024);
		assert_same(fake_value(&f, METRIC_MEM_HUGEPAGES_FREE, NULL), cases[i].free * 1024);
		fake_done(&f);
	}
}

/* lxcfs leaves the huge pages of its host in the guest's meminfo. */
static void
test_hugepages_of_a_host(void **state)
{
	struct fake f;

	(void)state;
	fake_init(&f);
	fake_open(&f, &collector_memory);
	fake_write(&f, "proc/1/mountinfo",
	    "20 1 0:20 / /proc rw - proc proc rw\n"
	    "21 20 0:30 /proc/meminfo /proc/meminfo rw - fuse.lxcfs lxcfs rw\n");
	fake_write(&f, "proc/meminfo",
	    "MemTotal: 1000 kB\nMemAvailable: 350 kB\nHugePages_Total: 3\nHugePages_Free: 1\n"
	    "Hugepagesize: 100 kB\nHugetlb: 300 kB\n");
	fake_collect(&f, 10);
	assert_near(fake_value(&f, METRIC_MEM_USAGE, NULL), 65);
	assert_false(fake_has(&f, METRIC_MEM_HUGEPAGES, NULL));
	assert_false(fake_has(&f, METRIC_MEM_HUGEPAGES_FREE, NULL));
	fake_done(&f);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_new_kernel),
	    cmocka_unit_test(test_before_memavailable),
	    cmocka_unit_test(test_zfs),
	    cmocka_unit_test(test_rates),
	    cmocka_unit_test(test_nonsense),
	    cmocka_unit_test(test_available),
	    cmocka_unit_test(test_swap),
	    cmocka_unit_test(test_no_total),
	    cmocka_unit_test(test_hugepages),
	    cmocka_unit_test(test_hugepages_of_a_host),
	};

	return cmocka_run_group_tests_name("memory", tests, NULL, NULL);
}
