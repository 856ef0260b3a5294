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

#include "base/mem.h"

/* From memory that ends where the text ends. */
static bool
parse(const char *text, struct psi *out)
{
	size_t len = strlen(text);
	char *copy = memcpy(mem_zalloc(len > 0 ? len : 1, 1), text, len);
	bool ok = psi_parse(copy, len, out);

	mem_free(copy);
	return ok;
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
	assert_false(parse("some total= 1\n", &p));
	assert_false(parse("some total=\t1\n", &p));
	assert_false(parse("some total=1x\n", &p));
	assert_false(parse("some\n\nfull\n", &p));
	assert_false(parse("some \n", &p));
	assert_false(parse("some total\n", &p));
	/* Of a line that occurs twice the first counts. */
	assert_true(parse("full total=1\nsome total=2\nfull total=3\nsome total=4\n", &p));
	assert_int_equal(p.full_us, 1);
	assert_int_equal(p.some_us, 2);
	assert_true(parse("some total=x\nfull avg10=0.00 total=7\n", &p));
	assert_true(!p.has_some && p.has_full);
	assert_int_equal(p.full_us, 7);
	assert_false(parse("", &p));
}

static void
test_collect(void **state)
{
	struct psi_source source = PSI_SOURCE("memory", "mem.x");
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

/* Two readings, ten seconds apart. */
static void
read_twice(
    struct fake *f, const char *first, const char *second, enum metric_id some, enum metric_id full)
{
	struct psi_source source = PSI_SOURCE("cpu", "cpu.x");
	struct now now = {.boot_ns = 10 * NS_PER_SEC};

	batch_reset(&f->batch, &now);
	fake_write(f, "proc/pressure/cpu", first);
	psi_collect(&source, &f->host, &f->batch, some, full);
	now.boot_ns += 10 * NS_PER_SEC;
	batch_reset(&f->batch, &now);
	fake_write(f, "proc/pressure/cpu", second);
	psi_collect(&source, &f->host, &f->batch, some, full);
}

/* A line that the kernel does not have, or that nobody wants, makes no sample. */
static void
test_what_there_is_and_is_wanted(void **state)
{
	static const char both[] = "some total=0\nfull total=0\n";
	struct fake f;

	(void)state;
	fake_init(&f);
	read_twice(&f, "some total=0\n", "some total=1000000\n", METRIC_MEM_PRESSURE_SOME,
	    METRIC_MEM_PRESSURE_FULL);
	assert_int_equal(f.batch.len, 1);
	assert_near(fake_value(&f, METRIC_MEM_PRESSURE_SOME, NULL), 10);
	read_twice(&f, "full total=0\n", "full total=1000000\n", METRIC_MEM_PRESSURE_SOME,
	    METRIC_MEM_PRESSURE_FULL);
	assert_int_equal(f.batch.len, 1);
	assert_near(fake_value(&f, METRIC_MEM_PRESSURE_FULL, NULL), 10);
	read_twice(&f, both, both, METRIC_MEM_PRESSURE_SOME, METRIC_COUNT);
	assert_int_equal(f.batch.len, 1);
	assert_near(fake_value(&f, METRIC_MEM_PRESSURE_SOME, NULL), 0);
	read_twice(&f, both, both, METRIC_COUNT, METRIC_MEM_PRESSURE_FULL);
	assert_int_equal(f.batch.len, 1);
	assert_near(fake_value(&f, METRIC_MEM_PRESSURE_FULL, NULL), 0);
	fake_done(&f);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_parse),
	    cmocka_unit_test(test_collect),
	    cmocka_unit_test(test_what_there_is_and_is_wanted),
	};

	return cmocka_run_group_tests_name("psi", tests, NULL, NULL);
}
