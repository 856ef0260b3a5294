/*
 * aside: a file that hangs costs its own text, and its text is one of the cycle it is given out in.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "src/collect/aside.c"

#include "base/clock.h"
#include "tests/unit/fake_host.h"
#include "tests/unit/hanging_reader.h"
#include "tests/unit/log_help.h"

#define CAP 70000

struct world {
	struct fake fake;
	struct aside *aside;
	char text[CAP], path[600];
};

static void
init(struct world *w, int64_t deadline_ms)
{
	fake_init(&w->fake);
	w->aside = aside_new(CAP);
	hanging_reader_use(w->aside, deadline_ms);
}

static void
done(struct world *w)
{
	aside_free(w->aside);
	fake_done(&w->fake);
	set_log_level(LOGL_INFO);
}

static ssize_t
get(struct world *w, const char *name)
{
	snprintf(w->path, sizeof(w->path), "%s/proc/%s", w->fake.dir, name);
	return aside_read(w->aside, w->path, w->text);
}

static enum aside_state
state_of(const struct world *w, size_t i)
{
	enum aside_state state = ASIDE_SILENT;
	const char *path;

	assert_true(aside_file(w->aside, i, &path, &state));
	return state;
}

static void
look(struct world *w, int secs)
{
	aside_look(w->aside, secs * NS_PER_SEC);
}

static void
a_text_is_that_of_the_cycle(void **state)
{
	static struct world w;

	(void)state;
	init(&w, 5000);
	look(&w, 10);
	fake_write(&w.fake, "proc/a", "one\n");
	assert_int_equal(get(&w, "a"), 4);
	assert_string_equal(w.text, "one\n");
	fake_write(&w.fake, "proc/a", "");
	assert_int_equal(get(&w, "a"), 4);
	look(&w, 20);
	assert_int_equal(get(&w, "a"), 0);
	assert_string_equal(w.text, "");
	fake_remove(&w.fake, "proc/a");
	look(&w, 30);
	assert_int_equal(get(&w, "a"), -1);
	assert_int_equal(errno, ENOENT);
	/* It is absent, which is an answer. */
	assert_int_equal(state_of(&w, 0), ASIDE_ANSWERS);
	done(&w);
}

/* A folder stands for a server that is gone: EISDIR is as good an error as ENOTCONN. */
static void
one_that_answers_with_an_error_counts_as_silent(void **state)
{
	static struct world w;

	(void)state;
	init(&w, 5000);
	fake_write(&w.fake, "proc/sub/x", "");
	look(&w, 10);
	set_log_level(LOGL_ERROR);
	assert_int_equal(get(&w, "sub"), -1);
	look(&w, 20);
	assert_int_equal(get(&w, "sub"), -1);
	assert_int_equal(errno, EISDIR);
	assert_int_equal(state_of(&w, 0), ASIDE_SILENT);
	done(&w);
}

static void
a_long_text_is_whole_and_a_longer_one_cut(void **state)
{
	static char bytes[CAP + 10];
	static struct world w;

	(void)state;
	init(&w, 5000);
	look(&w, 10);
	memset(bytes, 'x', sizeof(bytes));
	fake_write_bytes(&w.fake, "proc/a", bytes, CAP - 1);
	assert_int_equal(get(&w, "a"), CAP - 1);
	assert_memory_equal(w.text, bytes, CAP - 1);
	fake_write_bytes(&w.fake, "proc/b", bytes, CAP + 10);
	assert_int_equal(get(&w, "b"), CAP - 1);
	assert_int_equal(w.text[CAP - 1], '\0');
	done(&w);
}

static void
one_that_hangs_is_known_by_the_deadline_and_comes_back(void **state)
{
	static struct world w;

	(void)state;
	init(&w, 5000);
	set_log_level(LOGL_ERROR);
	fake_write(&w.fake, "proc/slow.stuck", "");
	fake_write(&w.fake, "proc/fine", "fine");
	look(&w, 10);
	assert_int_equal(get(&w, "slow"), -1);
	assert_int_equal(errno, ETIMEDOUT);
	assert_int_equal(state_of(&w, 0), ASIDE_UNKNOWN);
	/* That is not waited for at once. */
	assert_int_equal(get(&w, "fine"), -1);
	look(&w, 11);
	assert_int_equal(state_of(&w, 0), ASIDE_UNKNOWN);
	assert_int_equal(get(&w, "fine"), 4);
	look(&w, 16);
	for (int i = 0; i < 3; i++) {
		assert_int_equal(get(&w, "slow"), -1);
		assert_int_equal(errno, ETIMEDOUT);
		assert_int_equal(state_of(&w, 0), ASIDE_SILENT);
		assert_int_equal(get(&w, "fine"), 4);
		assert_int_equal(state_of(&w, 1), ASIDE_ANSWERS);
		look(&w, 20 + i);
	}
	fake_remove(&w.fake, "proc/slow.stuck");
	for (int i = 0; state_of(&w, 0) != ASIDE_ANSWERS; i++)
		look(&w, 30 + i);
	assert_int_equal(get(&w, "slow"), -1);
	assert_int_equal(errno, ENOENT);
	done(&w);
}

static void
many_that_hang_are_waited_for_together(void **state)
{
	static struct world w;
	int64_t began = clock_monotonic_ns();

	(void)state;
	init(&w, 5000);
	set_log_level(LOGL_ERROR);
	look(&w, 10);
	for (int i = 0; i < 8; i++) {
		char name[32];

		snprintf(name, sizeof(name), "proc/%d.stuck", i);
		fake_write(&w.fake, name, "");
		snprintf(name, sizeof(name), "%d", i);
		assert_int_equal(get(&w, name), -1);
	}
	look(&w, 20);
	/* Twice what it waits for; the rest is the machine's. */
	assert_true(clock_monotonic_ns() - began < 4 * ASIDE_WAIT_MS * NS_PER_MS);
	done(&w);
}

/* It answers each time, but never in the cycle that asks: nothing of it is used, and that is said.
 */
static void
one_that_is_always_late_counts_as_silent(void **state)
{
	static struct world w;

	(void)state;
	init(&w, 5000);
	fake_write(&w.fake, "proc/slow.stuck", "");
	look(&w, 10);
	assert_int_equal(get(&w, "slow"), -1);
	look(&w, 11);
	assert_int_equal(state_of(&w, 0), ASIDE_UNKNOWN);
	look(&w, 12);
	assert_int_equal(get(&w, "slow"), -1);
	assert_int_equal(state_of(&w, 0), ASIDE_SILENT);
	done(&w);
}

static void
more_than_there_is_room_for_are_not_read(void **state)
{
	static struct world w;
	enum aside_state file_state;
	const char *path;

	(void)state;
	init(&w, 5000);
	set_log_level(LOGL_ERROR);
	look(&w, 10);
	for (int i = 0; i <= ASIDE_FILES_MAX; i++) {
		char name[32];

		snprintf(name, sizeof(name), "proc/%d", i);
		fake_write(&w.fake, name, "x");
		assert_int_equal(get(&w, name + 5), i < ASIDE_FILES_MAX ? 1 : -1);
	}
	assert_int_equal(errno, ETIMEDOUT);
	assert_int_equal(w.aside->len, ASIDE_FILES_MAX);
	assert_false(aside_file(w.aside, w.aside->len, &path, &file_state));
	aside_forget(w.aside);
	assert_false(aside_file(w.aside, 0, &path, &file_state));
	assert_int_equal(get(&w, "32"), 1);
	done(&w);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(a_text_is_that_of_the_cycle),
	    cmocka_unit_test(one_that_answers_with_an_error_counts_as_silent),
	    cmocka_unit_test(a_long_text_is_whole_and_a_longer_one_cut),
	    cmocka_unit_test(one_that_hangs_is_known_by_the_deadline_and_comes_back),
	    cmocka_unit_test(many_that_hang_are_waited_for_together),
	    cmocka_unit_test(one_that_is_always_late_counts_as_silent),
	    cmocka_unit_test(more_than_there_is_room_for_are_not_read),
	};

	return cmocka_run_group_tests_name("aside", tests, NULL, NULL);
}
