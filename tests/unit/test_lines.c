/*
 * lines: a text of any length comes out whole, line by line, whatever the buffer.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "src/base/lines.c"

#include <stdio.h>
#include <sys/mman.h>

#include "tests/unit/random.h"

static int
file_of(const char *text, size_t len)
{
	int fd = memfd_create("lines", MFD_CLOEXEC);

	assert_true(fd >= 0);
	assert_int_equal(write(fd, text, len), len);
	return fd;
}

/* Lines of random lengths, some empty, the longest too long for the buffer. */
static void
test_any_text_through_any_buffer(void **state)
{
	static char text[20000], buf[300];
	const char *line, *line_end;
	struct lines l;

	(void)state;
	random_start();
	for (int round = 0; round < 300; round++) {
		size_t cap = 1 + draw(sizeof(buf)), len = 0, at = 0, too_long = 0;
		int fd, lines = (int)draw(60);

		for (int i = 0; i < lines; i++) {
			size_t n = draw(330);

			memset(text + len, 'a' + rand() % 26, n);
			len += n;
			text[len++] = '\n';
		}
		fd = file_of(text, len);
		lines_init(&l, fd, buf, cap);
		while (lines_next(&l, &line, &line_end)) {
			const char *end;

			while ((end = memchr(text + at, '\n', len - at)) - (text + at) >=
			       (ptrdiff_t)cap) {
				at = (size_t)(end + 1 - text);
				too_long++;
			}
			assert_int_equal(line_end - line, end - (text + at));
			assert_memory_equal(line, text + at, (size_t)(line_end - line));
			at = (size_t)(end + 1 - text);
		}
		for (const char *end; at < len; at = (size_t)(end + 1 - text), too_long++)
			end = memchr(text + at, '\n', len - at);
		assert_int_equal(l.too_long, too_long);
		assert_int_equal(l.err, 0);
		close(fd);
	}
}

static void
test_a_last_line_that_was_cut(void **state)
{
	const char *line, *line_end;
	char buf[16];
	struct lines l;
	int fd = file_of("one\ntw", 6);

	(void)state;
	lines_init(&l, fd, buf, sizeof(buf));
	assert_true(lines_next(&l, &line, &line_end));
	assert_memory_equal(line, "one", 3);
	assert_false(lines_next(&l, &line, &line_end));
	assert_false(lines_next(&l, &line, &line_end));
	close(fd);
	/* What is in the buffer already, and nothing else. */
	memcpy(buf, "1\n22\n3", 6);
	lines_init_read(&l, -1, buf, sizeof(buf), 6);
	assert_true(lines_next(&l, &line, &line_end) && line_end - line == 1);
	assert_true(lines_next(&l, &line, &line_end) && line_end - line == 2);
	assert_false(lines_next(&l, &line, &line_end));
	/* A descriptor that fails. */
	lines_init(&l, -2, buf, sizeof(buf));
	l.at_end = false;
	assert_false(lines_next(&l, &line, &line_end));
	assert_int_equal(l.err, EBADF);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_any_text_through_any_buffer),
	    cmocka_unit_test(test_a_last_line_that_was_cut),
	};

	return cmocka_run_group_tests_name("lines", tests, NULL, NULL);
}
