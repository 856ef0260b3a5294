/*
 * Real processes that crash: what they say of it, where the places named are, and that they die of
 * the same signal as without.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "src/base/crash.c"
#include "src/base/crash_report.c"

#include <ctype.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <time.h>

#define FUNCTION_MAX 512 /* bytes of a function here */

static volatile uintptr_t bad_address = 0x10;
static volatile int depth;

__attribute__((noinline)) static void
write_there(void)
{
	*(volatile int *)bad_address = 1;
	depth++;
}

__attribute__((noinline)) static void
call_write_there(void)
{
	write_there();
	depth++;
}

__attribute__((noinline)) static void
call_abort(void)
{
	depth++;
	abort();
}

__attribute__((noinline)) static int
recurse(int n)
{
	volatile char room[256];

	room[n % 256] = (char)n;
	return depth < 0 ? n : recurse(n + 1) + room[0];
}

static void
call_recurse(void)
{
	depth = recurse(1);
}

/* Nothing says so, but the stack ends before that. */
static void
crash_on_a_stack_that_ends_early(void)
{
	state.limits.stack_end += 32 << 20;
	write_there();
}

static void
crash_in_a_fork(void)
{
	int status;
	pid_t pid = fork();

	if (pid == 0)
		abort();
	if (waitpid(pid, &status, 0) == pid && WIFSIGNALED(status) && WTERMSIG(status) == SIGABRT)
		_exit(42);
}

/* Length of what the child said. */
static ssize_t
run(void (*fn)(void), struct crash_report *report, int *status)
{
	char bytes[2 * sizeof(*report)];
	int fds[2];
	ssize_t n;
	pid_t pid;

	memset(report, 0, sizeof(*report));
	assert_int_equal(pipe2(fds, O_CLOEXEC), 0);
	pid = fork();
	if (pid == 0) {
		crash_catch(fds[1]);
		fn();
		_exit(0);
	}
	close(fds[1]);
	assert_int_equal(waitpid(pid, status, 0), pid);
	n = read(fds[0], bytes, sizeof(bytes));
	close(fds[0]);
	if (n == (ssize_t)sizeof(*report)) {
		assert_true(crash_report_is_valid(bytes, (size_t)n));
		memcpy(report, bytes, sizeof(*report));
	}
	return n;
}

static bool
is_within(uint64_t address, uintptr_t function)
{
	return address >= function && address < function + FUNCTION_MAX;
}

static bool
is_listed(const struct crash_report *r, uintptr_t function)
{
	for (uint32_t i = 0; i < r->trace.count; i++) {
		if (is_within(r->trace.frames[i], function))
			return true;
	}
	return false;
}

static void
expect_death(void (*fn)(void), struct crash_report *r, int signum)
{
	int status;

	assert_int_equal(run(fn, r, &status), sizeof(*r));
	assert_true(WIFSIGNALED(status));
	assert_int_equal(WTERMSIG(status), signum);
	assert_int_equal(r->signum, signum);
}

static void
a_bad_write_names_its_place_and_callers(void **unused)
{
	struct crash_report r;

	(void)unused;
	expect_death(call_write_there, &r, SIGSEGV);
	assert_int_equal(r.has_address, 1);
	assert_int_equal(r.address, 0x10);
	assert_true(is_within(r.trace.frames[0], (uintptr_t)write_there));
	assert_true(is_within(r.trace.frames[1], (uintptr_t)call_write_there));
	assert_int_equal(r.trace.guessed & 1, 0);
}

static void
an_abort_names_its_caller(void **unused)
{
	struct crash_report r;

	(void)unused;
	expect_death(call_abort, &r, SIGABRT);
	assert_int_equal(r.has_address, 0);
	assert_int_equal(r.sender, 0);
	assert_true(is_listed(&r, (uintptr_t)call_abort));
}

static void
a_stack_overflow_is_reported(void **unused)
{
	struct crash_report r;

	(void)unused;
	expect_death(call_recurse, &r, SIGSEGV);
	assert_int_equal(r.trace.count, BACKTRACE_MAX);
	for (int i = 0; i < BACKTRACE_MAX; i++)
		assert_true(is_within(r.trace.frames[i], (uintptr_t)recurse));
}

static void
a_stack_that_cannot_be_read_is_no_second_crash(void **unused)
{
	struct crash_report r;

	(void)unused;
	expect_death(crash_on_a_stack_that_ends_early, &r, SIGSEGV);
	assert_int_equal(r.address, 0x10);
	assert_true(is_within(r.trace.frames[0], (uintptr_t)write_there));
}

static void
a_process_forked_from_it_says_nothing(void **unused)
{
	struct crash_report r;
	int status;

	(void)unused;
	assert_int_equal(run(crash_in_a_fork, &r, &status), 0);
	assert_true(WIFEXITED(status));
	assert_int_equal(WEXITSTATUS(status), 42);
}

static int
take_base(struct dl_phdr_info *info, size_t size, void *arg)
{
	(void)size;
	*(uintptr_t *)arg = info->dlpi_addr;
	return 1;
}

static void
the_text_has_the_build_and_relative_places(void **unused)
{
	static const char start[] = "SIGSEGV at address 0x10, build ";
	char text[CRASH_REPORT_TEXT_MAX];
	struct crash_report r;
	uintptr_t base = 0;
	const char *p;
	struct buf b;

	(void)unused;
	expect_death(call_write_there, &r, SIGSEGV);
	buf_init(&b, text, sizeof(text));
	crash_report_describe(&r, &b);
	assert_memory_equal(text, start, sizeof(start) - 1);
	p = text + sizeof(start) - 1;
	assert_int_equal(strspn(p, "0123456789abcdef"), 40);
	assert_memory_equal(p + 40, ", frames ", 9);
	p += 49;
	dl_iterate_phdr(take_base, &base);
	assert_int_equal(strtoull(p, NULL, 16), r.trace.frames[0] - base);
	p = strstr(p + 1, "0x");
	assert_int_equal(strtoull(p, NULL, 16), r.trace.frames[1] - base);
}

static void
a_made_up_report_is_refused_or_harmless(void **unused)
{
	unsigned seed = (unsigned)time(NULL);
	struct crash_report r = {.signum = SIGSEGV};

	(void)unused;
	print_message("seed %u\n", seed);
	srand(seed);
	assert_true(crash_report_is_valid(&r, sizeof(r)));
	assert_false(crash_report_is_valid(&r, sizeof(r) - 1));
	r.trace.count = BACKTRACE_MAX + 1;
	assert_false(crash_report_is_valid(&r, sizeof(r)));
	r = (struct crash_report){.signum = SIGTERM};
	assert_false(crash_report_is_valid(&r, sizeof(r)));
	for (int round = 0; round < 200; round++) {
		char text[CRASH_REPORT_TEXT_MAX];
		struct buf b;

		for (size_t i = 0; i < sizeof(r); i++)
			((unsigned char *)&r)[i] = (unsigned char)rand();
		r.signum = SIGBUS;
		buf_init(&b, text, sizeof(text));
		crash_report_describe(&r, &b);
		assert_false(b.full);
		for (size_t i = 0; i < b.len; i++)
			assert_true(isprint((unsigned char)text[i]));
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(a_bad_write_names_its_place_and_callers),
	    cmocka_unit_test(an_abort_names_its_caller),
	    cmocka_unit_test(a_stack_overflow_is_reported),
	    cmocka_unit_test(a_stack_that_cannot_be_read_is_no_second_crash),
	    cmocka_unit_test(a_process_forked_from_it_says_nothing),
	    cmocka_unit_test(the_text_has_the_build_and_relative_places),
	    cmocka_unit_test(a_made_up_report_is_refused_or_harmless),
	};

#if !defined(__x86_64__) && !defined(__aarch64__)
	printf("skip: no stack is walked on this machine\n");
	return 0;
#endif
	return cmocka_run_group_tests(tests, NULL, NULL);
}
