/*
 * control: the socket where it belongs, for those it is for, and clients that misbehave.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <grp.h>
#include <poll.h>
#include <signal.h>
#include <sys/wait.h>

#include "src/agent/clients.c"
#include "src/priv/control.c"

#include "base/mem.h"
#include "tests/unit/log_help.h"

static char folder[] = "/tmp/test_control.XXXXXX";

/* The child that bound the socket has it open until it ends. */
static void
open_control(struct control *c, const char *dir)
{
	control_open(c, dir);
	while (waitpid(-1, NULL, 0) > 0)
		continue;
}

static int
make_folder(void **state)
{
	(void)state;
	set_log_level(LOGL_ERROR);
	unsetenv("RUNTIME_DIRECTORY");
	(void)signal(SIGPIPE, SIG_IGN);
	return mkdtemp(folder) == NULL ? -1 : 0;
}

static int
remove_folder(void **state)
{
	char path[PATH_MAX];

	(void)state;
	snprintf(path, sizeof(path), "%s/" CONTROL_NAME, folder);
	(void)unlink(path); /* the name of a socket outlives it */
	return rmdir(folder);
}

static void
path_in(const char *dir, char path[PATH_MAX])
{
	snprintf(path, PATH_MAX, "%s/" CONTROL_NAME, dir);
}

static void
test_its_life(void **state)
{
	char path[PATH_MAX];
	struct control c;
	struct stat st;
	int client, server;

	(void)state;
	path_in(folder, path);
	assert_int_equal(control_connect(folder, 1), -1);
	assert_int_equal(errno, ENOENT);
	open_control(&c, folder);
	assert_true(c.fd >= 0);
	assert_int_equal(lstat(path, &st), 0);
	assert_true(S_ISSOCK(st.st_mode));
	assert_int_equal(st.st_mode & 0777, 0660);
	assert_int_equal(control_accept(c.fd, false), -1);
	assert_int_equal(errno, EAGAIN);
	client = control_connect(folder, 1);
	assert_true(client >= 0);
	server = control_accept(c.fd, false);
	assert_true(server >= 0);
	assert_true((fcntl(server, F_GETFL) & O_NONBLOCK) != 0);
	assert_true((fcntl(server, F_GETFD) & FD_CLOEXEC) != 0);
	close(client);
	close(server);
	control_done(&c);
	assert_int_equal(control_connect(folder, 1), -1);
	assert_int_equal(errno, ECONNREFUSED); /* the name stays: a frozen disk stops nobody */
	control_done(&c);
	assert_int_equal(unlink(path), 0);
}

static void
test_what_an_earlier_life_left(void **state)
{
	char path[PATH_MAX];
	struct control c, next;
	int client;

	(void)state;
	path_in(folder, path);
	open_control(&c, folder);
	close(c.fd); /* killed */
	assert_int_equal(control_connect(folder, 1), -1);
	assert_int_equal(errno, ECONNREFUSED);
	open_control(&next, folder);
	assert_true(next.fd >= 0);
	client = control_connect(folder, 1);
	assert_true(client >= 0);
	close(client);
	control_done(&next);
	assert_int_equal(unlink(path), 0);
}

/* A file that is no socket is not ours to remove. */
static void
test_somebody_elses_file_stays(void **state)
{
	char path[PATH_MAX];
	struct control c;
	int fd;

	(void)state;
	path_in(folder, path);
	fd = open(path, O_CREAT | O_WRONLY, 0600);
	assert_true(fd >= 0);
	close(fd);
	open_control(&c, folder);
	assert_int_equal(c.fd, -1);
	control_done(&c);
	assert_int_equal(unlink(path), 0);
}

static void
test_the_run_directory_comes_first(void **state)
{
	char run[128], list[300], path[PATH_MAX];
	struct control c;

	(void)state;
	snprintf(run, sizeof(run), "%s/run", folder);
	snprintf(list, sizeof(list), "%s:/other", run);
	assert_int_equal(mkdir(run, 0700), 0);
	setenv("RUNTIME_DIRECTORY", list, 1);
	open_control(&c, folder);
	assert_string_equal(c.dir, run);
	control_done(&c);
	assert_int_equal(rmdir(run), 0); /* the name there went with the socket */
	open_control(&c, folder);        /* it is gone: the data directory serves */
	assert_string_equal(c.dir, folder);
	control_done(&c);
	unsetenv("RUNTIME_DIRECTORY");
	path_in(folder, path);
	assert_int_equal(unlink(path), 0);
	open_control(&c, "");
	assert_int_equal(c.fd, -1);
}

static void
test_a_path_too_long_for_an_address(void **state)
{
	char dir[300], path[PATH_MAX];
	struct control c;
	int client;

	(void)state;
	snprintf(dir, sizeof(dir), "%s/%0200d", folder, 7);
	assert_int_equal(mkdir(dir, 0700), 0);
	open_control(&c, dir);
	assert_true(c.fd >= 0);
	client = control_connect(dir, 1);
	assert_true(client >= 0);
	close(client);
	control_done(&c);
	path_in(dir, path);
	assert_int_equal(unlink(path), 0);
	assert_int_equal(rmdir(dir), 0);
}

/* Another user, in no group of ours, finds the door open and nobody there. */
static void
test_strangers_are_turned_away(void **state)
{
	struct control c;
	char byte;
	pid_t pid;
	int status;

	(void)state;
	if (geteuid() != 0) {
		print_message("skip: another user takes root\n");
		skip();
	}
	open_control(&c, folder);
	assert_int_equal(chmod(folder, 0755), 0);
	path_in(folder, c.dir);
	assert_int_equal(chmod(c.dir, 0666), 0);
	assert_int_equal(setegid(12345), 0);
	pid = fork();
	if (pid == 0) {
		int fd;

		if (setegid(0) != 0 || setgroups(0, NULL) != 0 ||
		    setresgid(54321, 54321, 54321) != 0 || setresuid(54321, 54321, 54321) != 0)
			_exit(3);
		fd = control_connect(folder, 5);
		_exit(fd < 0 ? 2 : read(fd, &byte, 1) == 0 ? 0 : 1);
	}
	assert_int_equal(poll(&(struct pollfd){.fd = c.fd, .events = POLLIN}, 1, 5000), 1);
	set_log_level(LOGL_ERROR);
	/* Root itself would let root in: who is asked about is the peer. */
	assert_int_equal(control_accept(c.fd, false), -1);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(status, 0);
	assert_int_equal(setegid(0), 0);
	str_copy(c.dir, sizeof(c.dir), folder);
	control_done(&c);
}

/* A member of our group has it among as many as a directory service gives. */
static void
test_who_is_in_many_groups_is_let_in(void **state)
{
	static gid_t groups[3000];
	struct control c;
	int accepted, status;
	pid_t pid;

	(void)state;
	if (geteuid() != 0) {
		print_message("skip: groups take root\n");
		skip();
	}
	for (size_t i = 0; i < 3000; i++)
		groups[i] = i == 2999 ? 12345 : (gid_t)(100000 + i);
	control_open(&c, folder);
	assert_int_equal(chmod(folder, 0755), 0);
	path_in(folder, c.dir);
	assert_int_equal(chmod(c.dir, 0666), 0);
	assert_int_equal(setegid(12345), 0);
	pid = fork();
	if (pid == 0) {
		if (setegid(0) != 0 || setgroups(3000, groups) != 0 ||
		    setresgid(54321, 54321, 54321) != 0 || setresuid(54321, 54321, 54321) != 0)
			_exit(3);
		_exit(control_connect(folder, 5) < 0 ? 2 : 0);
	}
	assert_int_equal(poll(&(struct pollfd){.fd = c.fd, .events = POLLIN}, 1, 5000), 1);
	accepted = control_accept(c.fd, false);
	assert_true(accepted >= 0);
	close(accepted);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(status, 0);
	assert_int_equal(setegid(0), 0);
	str_copy(c.dir, sizeof(c.dir), folder);
	control_done(&c);
}

/* The agent's side in a child, so that this side may be as slow as it likes. */
static const char *
answer_at_length(void *arg, const struct request *request, struct buf *out)
{
	(void)arg;
	if (request->kind != REQUEST_STATUS_JSON)
		return "not today";
	while (!out->full)
		buf_adds(out, "0123456789abcdef");
	return NULL;
}

static pid_t
serve(const struct control *c)
{
	pid_t pid = fork();

	if (pid == 0) {
		struct loop *loop = loop_new();
		struct clients *clients = mem_zalloc(1, sizeof(*clients));

		clients_init(clients, loop, c->fd, false, answer_at_length, NULL);
		loop_run(loop);
		_exit(0);
	}
	return pid;
}

static size_t
talk(const char *text, size_t len, char *answer_text, size_t cap)
{
	int fd = control_connect(folder, 20);
	size_t got = 0;
	ssize_t n;

	assert_true(fd >= 0);
	assert_int_equal(io_write_all(fd, text, len), 0);
	while (got < cap && (n = read(fd, answer_text + got, cap - got)) > 0)
		got += (size_t)n;
	close(fd);
	return got;
}

static void
test_clients(void **state)
{
	static char text[CLIENTS_ANSWER_MAX + 1];
	char longest[REQUEST_MAX];
	int idle[CLIENTS_MAX];
	struct control c;
	pid_t pid;

	(void)state;
	open_control(&c, folder);
	pid = serve(&c);
	assert_int_equal(talk("status\tjson\n", 12, text, sizeof(text)), CLIENTS_ANSWER_MAX - 1);
	assert_memory_equal(text, "ok\n0123", 7);
	text[talk("silence\tlist\nstatus\tjson\n", 25, text, sizeof(text))] = '\0';
	assert_string_equal(text, "error not today\n");
	text[talk("\x1b[2J\n", 5, text, sizeof(text))] = '\0';
	assert_true(str_starts(text, "error the request is not"));
	memset(longest, 'x', sizeof(longest));
	text[talk(longest, sizeof(longest), text, sizeof(text))] = '\0';
	assert_string_equal(text, "error the request is too long\n");
	for (int i = 0; i < CLIENTS_MAX; i++)
		idle[i] = control_connect(folder, 1);
	for (int i = 0; i < CLIENTS_MAX; i++)
		close(idle[i]); /* went away without a word */
	text[talk("silence\tlist\n", 13, text, sizeof(text))] = '\0';
	assert_string_equal(text, "error not today\n");
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
	control_done(&c);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_its_life),
	    cmocka_unit_test(test_what_an_earlier_life_left),
	    cmocka_unit_test(test_somebody_elses_file_stays),
	    cmocka_unit_test(test_the_run_directory_comes_first),
	    cmocka_unit_test(test_a_path_too_long_for_an_address),
	    cmocka_unit_test(test_strangers_are_turned_away),
	    cmocka_unit_test(test_who_is_in_many_groups_is_let_in),
	    cmocka_unit_test(test_clients),
	};

	return cmocka_run_group_tests_name("control", tests, make_folder, remove_folder);
}
