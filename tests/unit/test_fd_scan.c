/*
 * fd_scan: the part of its descriptors that each process uses, where the kernel counts them.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "src/collect/fd_scan.c"

#include "fake_host.h"

#include "base/mem.h"

struct scene {
	struct fake f;
	struct proctable table;
};

/* Processes 8, 16 and so on: the turn of each comes in the scans that are a multiple of eight. */
static void
begin(struct scene *s, size_t n)
{
	fake_init(&s->f);
	s->f.host.own_proc = true;
	s->f.host.release[0] = 6;
	s->f.host.release[1] = 2;
	proctable_init(&s->table, 0);
	s->table.now.items = mem_zalloc(n, sizeof(*s->table.now.items));
	s->table.now.len = n;
	for (size_t i = 0; i < n; i++) {
		uint32_t slot = proctable_add(&s->table);

		s->table.now.items[i] =
		    (struct pidlist_item){.pid = 8 * (int32_t)(i + 1), .slot = slot};
		proctable_at(&s->table, slot)->pid = 8 * (int32_t)(i + 1);
	}
}

static void
end(struct scene *s)
{
	proctable_done(&s->table);
	fake_done(&s->f);
}

/* The kernel's folder has the count for its size; here a file has. */
static void
set_fds(struct scene *s, int pid, size_t count, const char *limit)
{
	char path[64], text[128], bytes[2048];

	memset(bytes, 'x', sizeof(bytes));
	snprintf(path, sizeof(path), "proc/%d/fd", pid);
	fake_write_bytes(&s->f, path, bytes, count);
	if (limit == NULL)
		return;
	snprintf(path, sizeof(path), "proc/%d/limits", pid);
	snprintf(text, sizeof(text), "%s", "");
	if (*limit != '\0')
		snprintf(
		    text, sizeof(text), "Max open files            %s     4096    files\n", limit);
	fake_write(&s->f, path, text);
}

static void
test_percentages(void **state)
{
	static const struct {
		size_t count;
		const char *limit;
		int percent;
	} cases[] = {
	    {31, "32", 0},
	    {32, "32", 100},
	    {32, "64", 50},
	    {33, "32", 100},
	    {99, "100", 99},
	    {100, "100", 100},
	    {500, "1024", 48},
	    {1000, "4294967294", 0},
	    {1000, "4294967295", 0},
	    {1000, "9999999999", 0},
	    {1000, "unlimited", 0},
	    {1000, "0", 0},
	    {1000, "", 0},
	    {1000, "1", 100},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct scene s;

		begin(&s, 1);
		set_fds(&s, 8, cases[i].count, cases[i].limit);
		fd_scan_processes(&s.table, &s.f.host, PROCLOOK_EVERY);
		if (proctable_listed(&s.table, 0)->fd_percent != cases[i].percent)
			fail_msg("%zu of %s: %d", cases[i].count, cases[i].limit,
			    proctable_listed(&s.table, 0)->fd_percent);
		end(&s);
	}
}

/* Everyone's turn comes in one of eight scans; who is gone by then uses nothing. */
static void
test_turns(void **state)
{
	struct scene s;

	(void)state;
	begin(&s, 2);
	set_fds(&s, 8, 50, "100");
	set_fds(&s, 16, 60, "100");
	proctable_listed(&s.table, 0)->pid = 9;
	for (uint64_t scan = 1; scan <= PROCLOOK_EVERY; scan++) {
		fd_scan_processes(&s.table, &s.f.host, scan);
		assert_int_equal(
		    proctable_listed(&s.table, 1)->fd_percent, scan == PROCLOOK_EVERY ? 60 : 0);
	}
	assert_int_equal(proctable_listed(&s.table, 0)->fd_percent, 0);
	proctable_listed(&s.table, 0)->pid = 8;
	fd_scan_processes(&s.table, &s.f.host, 0);
	assert_int_equal(proctable_listed(&s.table, 0)->fd_percent, 50);
	/* The limit was read once. */
	set_fds(&s, 8, 80, "1000");
	fd_scan_processes(&s.table, &s.f.host, 0);
	assert_int_equal(proctable_listed(&s.table, 0)->fd_percent, 80);
	fake_remove(&s.f, "proc/8/fd");
	fd_scan_processes(&s.table, &s.f.host, 0);
	assert_int_equal(proctable_listed(&s.table, 0)->fd_percent, 0);
	/* What is listed but could not be read is no process of ours. */
	s.table.now.items[0].slot = PROCTABLE_NONE;
	fd_scan_processes(&s.table, &s.f.host, 0);
	end(&s);
}

static void
test_where_the_kernel_does_not_count(void **state)
{
	struct scene s;

	(void)state;
	begin(&s, 1);
	set_fds(&s, 8, 50, "100");
	s.f.host.release[1] = 1;
	fd_scan_processes(&s.table, &s.f.host, 0);
	assert_int_equal(proctable_listed(&s.table, 0)->fd_percent, 0);
	s.f.host.release[1] = 2;
	s.f.host.own_proc = false;
	fd_scan_processes(&s.table, &s.f.host, 0);
	assert_int_equal(proctable_listed(&s.table, 0)->fd_percent, 0);
	s.f.host.own_proc = true;
	fd_scan_processes(&s.table, &s.f.host, 0);
	assert_int_equal(proctable_listed(&s.table, 0)->fd_percent, 50);
	end(&s);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_percentages),
	    cmocka_unit_test(test_turns),
	    cmocka_unit_test(test_where_the_kernel_does_not_count),
	};

	return cmocka_run_group_tests_name("fd_scan", tests, NULL, NULL);
}
