/*
 * Stacks made by hand between pages that cannot be read: what is found on them, and that whatever
 * lies there, nothing else is read.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "src/base/backtrace.c"

#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

#define WORDS 512 /* a page of them */

static uintptr_t *stack;
static uintptr_t call_site; /* behind a call in this program */
static struct backtrace_limits limits;

__attribute__((noinline)) static void
note_call_site(void)
{
	call_site = (uintptr_t)__builtin_return_address(0);
	__asm__ volatile("" ::: "memory");
}

static int
set_up(void **state)
{
	char *pages;

	(void)state;
	note_call_site();
	pages = mmap(NULL, 3 * 4096, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (pages == MAP_FAILED || mprotect(pages + 4096, 4096, PROT_READ | PROT_WRITE) != 0)
		return -1;
	stack = (uintptr_t *)(void *)(pages + 4096);
	limits = (struct backtrace_limits){.text = call_site - 64,
	    .text_end = call_site + 64,
	    .stack_end = (uintptr_t)(stack + WORDS)};
	return 0;
}

static struct backtrace
walk(uintptr_t pc, const uintptr_t *sp, uintptr_t fp)
{
	const struct backtrace_registers r = {.pc = pc, .sp = (uintptr_t)sp, .fp = fp};
	struct backtrace out;

	backtrace_walk(&r, &limits, &out);
	return out;
}

static void
put_record(size_t at, size_t next, uintptr_t caller)
{
	stack[at] = (uintptr_t)(stack + next);
	stack[at + 1] = caller;
}

static void
frame_pointers_are_followed(void **state)
{
	struct backtrace b;

	(void)state;
	memset(stack, 0, 4096);
	put_record(10, 20, call_site);
	stack[15] = call_site; /* a variable: it is not looked at */
	put_record(20, 30, call_site);
	put_record(30, 0, call_site); /* down again: the end */
	b = walk(call_site + 1, stack, (uintptr_t)(stack + 10));
	assert_int_equal(b.count, 4);
	assert_int_equal(b.guessed, 0);
	assert_int_equal(b.frames[0], call_site + 1);
	for (int i = 1; i < 4; i++)
		assert_int_equal(b.frames[i], call_site);
}

/* A library that keeps no frames: stopped in it, and called through it. */
static void
libraries_are_crossed(void **state)
{
	const uintptr_t library = 0x1000;
	struct backtrace b;

	(void)state;
	memset(stack, 0, 4096);
	stack[3] = (uintptr_t)(stack + 10); /* where it saved the program's frame pointer */
	stack[5] = call_site;
	put_record(10, 77, library + 8); /* the program was called by a library */
	stack[12] = call_site;
	put_record(20, 30, call_site);
	b = walk(library, stack, 0x4141);
	assert_int_equal(b.frames[0], library);
	assert_int_equal(b.frames[1], call_site);
	assert_int_equal(b.guessed & 7, 6);
	b = walk(call_site, stack, (uintptr_t)(stack + 10));
	assert_int_equal(b.count, 4);
	assert_int_equal(b.frames[1], library + 8);
	assert_int_equal(b.guessed, 4 + 8);
}

/* Stopped before a function has made its record: the call has just put its return there. */
static void
the_caller_of_a_function_that_just_began_is_found(void **state)
{
	struct backtrace b;

	(void)state;
	memset(stack, 0, 4096);
	stack[2] = call_site;
	b = walk(call_site + 1, stack + 2, 8);
	assert_int_equal(b.frames[1], call_site);
	assert_int_equal(b.guessed & 3, 2);
	stack[1] = 8; /* the frame pointer has been saved, but not set */
	b = walk(call_site + 1, stack + 1, 8);
	assert_int_equal(b.frames[1], call_site);
}

/* The stack pointer of an overflow is where nothing is mapped. */
static void
nothing_below_the_start_is_read(void **state)
{
	struct backtrace b;

	(void)state;
	memset(stack, 0, 4096);
	put_record(10, 20, call_site);
	limits.stack_start = (uintptr_t)stack;
	b = walk(call_site, stack - 100, (uintptr_t)(stack + 10));
	limits.stack_start = 0;
	assert_int_equal(b.count, 2);
	assert_int_equal(b.frames[1], call_site);
}

static void
bad_registers_are_not_followed(void **state)
{
	static const uintptr_t bad[] = {0, 1, 7, 0x4141414141414141, UINTPTR_MAX, UINTPTR_MAX - 15};

	(void)state;
	memset(stack, 0, 4096);
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		assert_int_equal(walk(call_site, stack, bad[i]).count, 1);
		assert_int_equal(walk(bad[i], (const uintptr_t *)bad[i], bad[i]).count, 1);
		assert_int_equal(walk(call_site, stack, limits.stack_end - 8).count, 1);
		assert_int_equal(walk(call_site, stack + WORDS, limits.stack_end).count, 1);
	}
}

static uintptr_t
random_word(void)
{
	switch (rand() % 5) {
	case 0:
		return call_site;
	case 1:
	case 2:
		return (uintptr_t)(stack + rand() % (WORDS + 2));
	case 3:
		return (uintptr_t)stack + (uintptr_t)(rand() % 5000);
	default:
		return (uintptr_t)rand() << 32 | (uintptr_t)rand();
	}
}

static void
any_stack_ends_within_its_bounds(void **state)
{
	unsigned seed = (unsigned)time(NULL);

	(void)state;
	print_message("seed %u\n", seed);
	srand(seed);
	for (int round = 0; round < 2000; round++) {
		struct backtrace b;

		for (int i = 0; i < WORDS; i++)
			stack[i] = random_word();
		b = walk(random_word(), stack + rand() % (WORDS + 1), random_word());
		assert_in_range(b.count, 1, BACKTRACE_MAX);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(frame_pointers_are_followed),
	    cmocka_unit_test(libraries_are_crossed),
	    cmocka_unit_test(the_caller_of_a_function_that_just_began_is_found),
	    cmocka_unit_test(nothing_below_the_start_is_read),
	    cmocka_unit_test(bad_registers_are_not_followed),
	    cmocka_unit_test(any_stack_ends_within_its_bounds),
	};

#if !defined(__x86_64__) && !defined(__aarch64__)
	printf("skip: no stack is walked on this machine\n");
	return 0;
#endif
	return cmocka_run_group_tests(tests, set_up, NULL);
}
