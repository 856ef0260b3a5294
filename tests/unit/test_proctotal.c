/*
 * proctotal: sums over all processes, and none where some are kept from us.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "src/collect/process.c"
#include "src/collect/proctotal.c"

#include "fake_host.h"
#include "tests/unit/log_help.h"

#define MOUNT(options) "20 1 0:20 / /proc rw - proc proc " options "\n"

static void
write_process(const struct fake *f, int pid)
{
	char path[64], text[256];

	snprintf(path, sizeof(path), "proc/%d/stat", pid);
	snprintf(text, sizeof(text),
	    "%d (x) S 1 1 1 0 -1 0 0 0 0 0 5 0 0 0 20 0 3 0 10 4096 50 18446744073709551615\n",
	    pid);
	fake_write(f, path, text);
}

static void
collect_with(struct fake *f, const char *mountinfo, bool with_first)
{
	fake_init(f);
	fake_write(f, "proc/self/mountinfo", mountinfo);
	if (with_first)
		write_process(f, 1);
	write_process(f, 700);
	fake_open(f, &collector_process);
	fake_collect(f, 10);
	fake_collect(f, 20);
}

static void
what_hidepid_hides_is_absent_and_said_once(void **state)
{
	FILE *log = catch_log(LOGL_INFO);
	struct fake f;

	(void)state;
	collect_with(&f, MOUNT("rw,gid=27,hidepid=invisible"), false);
	assert_false(fake_has(&f, METRIC_PROC_COUNT, NULL));
	assert_false(fake_has(&f, METRIC_PROC_ZOMBIES, NULL));
	assert_false(fake_has(&f, METRIC_PROC_THREADS, NULL));
	assert_int_equal(
	    count_logged(log, "proc.count, proc.zombies and proc.threads are absent"), 1);
	fake_done(&f);
	release_log(log);
}

static void
a_list_that_is_whole_is_summed(void **state)
{
	static const struct {
		const char *mountinfo;
		bool with_first;
	} cases[] = {
	    {MOUNT("rw"), true},
	    {MOUNT("rw"), false}, /* a recording of some processes */
	    {MOUNT("rw,hidepid=2"), true},
	    {MOUNT("rw,hidepid=1"), false},
	    {MOUNT("rw,hidepid=2") "21 20 0:21 / /proc rw - proc proc rw\n", false},
	    {MOUNT("rw") "21 20 0:21 / /proc/x rw - proc proc rw,hidepid=2\n", false},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct fake f;

		collect_with(&f, cases[i].mountinfo, cases[i].with_first);
		assert_near(fake_value(&f, METRIC_PROC_COUNT, NULL), 1 + cases[i].with_first);
		assert_near(
		    fake_value(&f, METRIC_PROC_THREADS, NULL), 3 * (1 + cases[i].with_first));
		assert_near(fake_value(&f, METRIC_PROC_ZOMBIES, NULL), 0);
		fake_done(&f);
	}
}

/* Of those that may not be read it is known only that they are there. */
static void
who_may_not_be_read_is_only_counted(void **state)
{
	FILE *log = catch_log(LOGL_INFO);
	struct proctotal t = {.listed = 90, .zombies = 1, .threads = 2, .refused = 89};
	bool said = false;
	struct fake f;

	(void)state;
	fake_init(&f);
	for (int i = 0; i < 2; i++)
		proctotal_sample(&t, &f.host, &f.batch, &said);
	assert_near(fake_value(&f, METRIC_PROC_COUNT, NULL), 90);
	assert_false(fake_has(&f, METRIC_PROC_ZOMBIES, NULL));
	assert_false(fake_has(&f, METRIC_PROC_THREADS, NULL));
	assert_int_equal(count_logged(log, "89 processes may not be read"), 1);
	fake_done(&f);
	release_log(log);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(what_hidepid_hides_is_absent_and_said_once),
	    cmocka_unit_test(a_list_that_is_whole_is_summed),
	    cmocka_unit_test(who_may_not_be_read_is_only_counted),
	};

	return cmocka_run_group_tests_name("proctotal", tests, NULL, NULL);
}
