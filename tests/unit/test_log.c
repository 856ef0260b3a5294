/*
 * The log towards a reader that does not read: no call may wait. An alarm ends a test that does.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "src/base/io.c"
#include "src/base/log.c"

#include <signal.h>

#define PATIENCE_SECS 10

enum kind { PIPE, SOCKET, KINDS };

static struct {
	int reader, writer;
} ends;

static void
open_ends(enum kind kind)
{
	int fds[2];

	if (kind == PIPE)
		assert_int_equal(pipe(fds), 0);
	else
		assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, fds), 0);
	ends.reader = fds[0];
	ends.writer = fds[1];
	assert_int_equal(io_set_nonblock(ends.reader), 0);
}

static void
close_ends(void)
{
	close(ends.reader);
	close(ends.writer);
}

static void
fill(void)
{
	static const char junk[PIPE_BUF];
	size_t left = sizeof(junk);

	while (left > 0)
		if (io_write_now(ends.writer, junk, left) < left)
			left /= 2;
}

/* All that lies there, NUL-terminated, without the NULs of fill(). */
static void
empty(char *text, size_t cap)
{
	static char piece[1 << 16];
	size_t len = 0;
	ssize_t n;

	while ((n = read(ends.reader, piece, sizeof(piece))) > 0)
		for (ssize_t i = 0; i < n; i++)
			if (piece[i] != '\0' && len + 1 < cap)
				text[len++] = piece[i];
	text[len] = '\0';
}

static void
a_full_log_delays_nobody_and_says_what_it_lost(void **state_)
{
	char text[4096];

	(void)state_;
	for (int kind = 0; kind < KINDS; kind++) {
		open_ends((enum kind)kind);
		log_init(ends.writer, LOGL_INFO, false, "test");
		fill();
		for (int i = 0; i < 1000; i++)
			log_warn("not heard");
		empty(text, sizeof(text));
		assert_null(strstr(text, "not heard"));
		log_warn("heard");
		log_warn("again");
		empty(text, sizeof(text));
		assert_non_null(strstr(text, "1000 lines were lost"));
		assert_non_null(strstr(strstr(text, "1000 lines were lost"), "heard"));
		assert_null(strstr(strstr(text, "1000 lines were lost") + 20, "lost"));
		close_ends();
	}
}

/* A line longer than what a pipe takes at once is cut; what follows begins a line of its own. */
static void
a_cut_line_does_not_swallow_the_next(void **state_)
{
	static char lots[65536];
	char text[16384], *at;

	(void)state_;
	open_ends(PIPE);
	log_init(ends.writer, LOGL_INFO, false, "test");
	assert_int_equal(io_write_now(ends.writer, lots, 65536 - PIPE_BUF), 65536 - PIPE_BUF);
	memset(lots, 1, 2000); /* escaped, each takes four bytes */
	log_warn("%.2000s", lots);
	memset(lots, 0, 2000);
	empty(text, sizeof(text));
	assert_int_equal(strlen(text), PIPE_BUF);
	log_warn("next");
	empty(text, sizeof(text));
	assert_int_equal(text[0], '\n');
	at = strstr(text, "1 lines were lost");
	assert_non_null(at);
	at = strchr(at, '\n');
	assert_non_null(strstr(at, "next"));
	close_ends();
}

static void
a_reader_that_went_away_is_survived(void **state_)
{
	(void)state_;
	for (int kind = 0; kind < KINDS; kind++) {
		open_ends((enum kind)kind);
		log_init(ends.writer, LOGL_INFO, false, "test");
		close(ends.reader);
		log_warn("to nobody");
		assert_int_equal(io_write_now(ends.writer, "x", 1), 0);
		close(ends.writer);
	}
}

/*
 * A server's error, a file's name: whatever it turns around, hides or breaks is spelled. In JSON
 * the reader's own unescaping gives it back.
 */
static void
no_text_turns_a_line_of_the_log_around(void **state_)
{
	static const struct {
		const char *raw, *text, *json;
	} rows[] = {
	    {"a\xe2\x80\xae"
	     "b",
	        "a\\u202eb", "a\\u202eb"}, /* right to left, from here on */
	    {"a\xe2\x81\xa7"
	     "b",
	        "a\\u2067b", "a\\u2067b"}, /* the same, isolated */
	    {"a\xd8\x9c"
	     "b",
	        "a\\u061cb", "a\\u061cb"}, /* of Arabic */
	    {"a\xe2\x80\xa8"
	     "b",
	        "a\\u2028b", "a\\u2028b"}, /* another line */
	    {"a\xe2\x80\x8b"
	     "b",
	        "a\\u200bb", "a\\u200bb"}, /* of no width */
	    {"a\xf3\xa0\x81\x81"
	     "b",
	        "a\\ue0041b", "a\\udb40\\udc41b"}, /* of a hidden text */
	    {"a\xc2\x9b"
	     "b",
	        "a\\x9bb", "a\\u009bb"}, /* a terminal's command */
	    {"a\x1b[2Jb", "a\\x1b[2Jb", "a\\u001b[2Jb"},
	    {"\xea\xb0\x80 \xf0\x9f\x98\x80", "\xea\xb0\x80 \xf0\x9f\x98\x80",
	        "\xea\xb0\x80 \xf0\x9f\x98\x80"}, /* these are only read */
	};
	char text[4096];

	(void)state_;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		for (int json = 0; json < 2; json++) {
			open_ends(PIPE);
			log_init(ends.writer, LOGL_INFO, json != 0, "test");
			log_warn("%s", rows[i].raw);
			empty(text, sizeof(text));
			assert_non_null(strstr(text, json != 0 ? rows[i].json : rows[i].text));
			close_ends();
		}
	}
}

static void
a_file_takes_all(void **state_)
{
	static char lots[100000];
	char name[] = "/tmp/test_log.XXXXXX";
	int fd = mkstemp(name);

	(void)state_;
	assert_true(fd >= 0);
	unlink(name);
	assert_int_equal(io_write_now(fd, lots, sizeof(lots)), sizeof(lots));
	assert_int_equal(lseek(fd, 0, SEEK_END), sizeof(lots));
	close(fd);
	assert_int_equal(io_write_now(fd, lots, 1), 0);
}

/* The other holders of the pipe keep a descriptor that blocks, as they expect. */
static void
only_our_own_pipe_becomes_non_blocking(void **state_)
{
	int others;

	(void)state_;
	open_ends(PIPE);
	others = dup(ends.writer);
	io_own_nonblock(ends.writer);
	assert_true((fcntl(ends.writer, F_GETFL) & O_NONBLOCK) != 0);
	assert_true((fcntl(others, F_GETFL) & O_NONBLOCK) == 0);
	fill();
	close(others);
	close_ends();
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(a_full_log_delays_nobody_and_says_what_it_lost),
	    cmocka_unit_test(a_cut_line_does_not_swallow_the_next),
	    cmocka_unit_test(a_reader_that_went_away_is_survived),
	    cmocka_unit_test(no_text_turns_a_line_of_the_log_around),
	    cmocka_unit_test(a_file_takes_all),
	    cmocka_unit_test(only_our_own_pipe_becomes_non_blocking),
	};

	alarm(PATIENCE_SECS);
	return cmocka_run_group_tests_name("log", tests, NULL, NULL);
}
