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

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_new_kernel),
	    cmocka_unit_test(test_before_memavailable),
	    cmocka_unit_test(test_zfs),
	    cmocka_unit_test(test_rates),
	    cmocka_unit_test(test_nonsense),
	};

	return cmocka_run_group_tests_name("memory", tests, NULL, NULL);
}
