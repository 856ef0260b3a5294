/*
 * await: names what is readable, and the timer ends a wait.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <fcntl.h>

#include "src/collect/await.c"

static void
test_await(void **state)
{
	struct await a = AWAIT_CLOSED;
	uint32_t numbers[AWAIT_MAX];
	int p[2], q[2];
	bool up;

	(void)state;
	assert_int_equal(pipe2(p, O_CLOEXEC), 0);
	assert_int_equal(pipe2(q, O_CLOEXEC), 0);
	assert_true(await_open(&a) && await_open(&a));
	assert_true(await_add(&a, p[0], 7) && await_add(&a, q[0], 9));
	assert_int_equal(await_next(&a, false, numbers, &up), 0);
	assert_false(up);
	assert_int_equal(write(q[1], "x", 1), 1);
	assert_int_equal(await_next(&a, true, numbers, &up), 1);
	assert_int_equal(numbers[0], 9);
	assert_false(up);
	await_remove(&a, q[0]);
	await_set_timer(&a, 1);
	assert_int_equal(await_next(&a, true, numbers, &up), 0);
	assert_true(up);
	/* An end of file is news, too. */
	close(p[1]);
	assert_int_equal(await_next(&a, true, numbers, &up), 1);
	assert_int_equal(numbers[0], 7);
	await_close(&a);
	assert_int_equal(a.epoll_fd, -1);
	close(p[0]);
	close(q[0]);
	close(q[1]);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_await),
	};

	return cmocka_run_group_tests_name("await", tests, NULL, NULL);
}
