/*
 * psi: percentages from the totals of the pressure files, of every version's form.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "src/collect/psi.c"
#include "fake_host.h"

static bool
parse(const char *text, struct psi *out)
{
	return psi_parse(text, strlen(text), out);
}

static void
test_parse(void **state)
{
	struct psi p;

	(void)state;
	assert_true(parse("some avg10=1.50 avg60=0.00 avg300=0.00 total=123456\n", &p));
	assert_true(p.has_some && !p.has_full);
	assert_int_equal(p.some_us, 123456);
	assert_true(parse("some avg10=0.00 avg60=0.00 avg300=0.00 total=5\n"
	                  "full avg10=0.00 avg60=0.00 avg300=0.00 total=4\n",
	    &p));
	assert_int_equal(p.full_us, 4);
	assert_false(parse("some avg10=0.00 avg60=0.00 avg300=0.00 total=5", &p));
	assert_false(parse("some total=\n", &p));
	assert_false(parse("some total=-1\n", &p));
	assert_false(parse("some xtotal=1\n", &p));
	assert_false(parse("", &p));
}

static void
test_collect(void **state)
{
	struct psi_source source = PSI_SOURCE("memory");
	struct now now = {.boot_ns = 10 * NS_PER_SEC};
	struct fake f;

	(void)state;
	fake_init(&f);
	batch_reset(&f.batch, &now);
	psi_collect(&source, &f.host, &f.batch, METRIC_MEM_PRESSURE_SOME, METRIC_MEM_PRESSURE_FULL);
	fake_write(&f, "proc/pressure/memory", "some total=1000000\nfull total=0\n");
	psi_collect(&source, &f.host, &f.batch, METRIC_MEM_PRESSURE_SOME, METRIC_MEM_PRESSURE_FULL);
	assert_int_equal(f.batch.len, 0);
	now.boot_ns += 10 * NS_PER_SEC;
	batch_reset(&f.batch, &now);
	fake_write(&f, "proc/pressure/memory", "some total=1500000\nfull total=100000\n");
	psi_collect(&source, &f.host, &f.batch, METRIC_MEM_PRESSURE_SOME, METRIC_MEM_PRESSURE_FULL);
	assert_near(fake_value(&f, METRIC_MEM_PRESSURE_SOME, NULL), 5);
	assert_near(fake_value(&f, METRIC_MEM_PRESSURE_FULL, NULL), 1);
	assert_near(fake_sample(&f, METRIC_MEM_PRESSURE_SOME, NULL)->raw, 1.5);
	fake_done(&f);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_parse),
	    cmocka_unit_test(test_collect),
	};

	return cmocka_run_group_tests_name("psi", tests, NULL, NULL);
}
