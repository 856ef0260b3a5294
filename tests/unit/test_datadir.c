/*
 * What root opens in a folder that is the user's, and a data directory that cannot be written.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "src/priv/datadir.c"
#include "src/priv/logfile.c"
#include "src/priv/plainfile.c"

#include <errno.h>
#include <poll.h>
#include <sched.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/resource.h>
#include <sys/wait.h>

#include "base/clock.h"
#include "tests/unit/log_help.h"

#define PATIENCE_SECS 10

static const struct drop_user user = {.name = "somebody", .uid = 12345, .gid = 12345};
static char folder[64], victim[80], path[80];

static int
set_up(void **state)
{
	FILE *f;

	(void)state;
	snprintf(folder, sizeof(folder), "/tmp/test_datadir.XXXXXX");
	if (mkdtemp(folder) == NULL)
		return -1;
	snprintf(victim, sizeof(victim), "%s/victim", folder);
	snprintf(path, sizeof(path), "%s/path", folder);
	f = fopen(victim, "w");
	if (f == NULL || fputs("precious", f) < 0)
		return -1;
	return fclose(f);
}

static int
tear_down(void **state)
{
	(void)state;
	unlink(path);
	rmdir(path);
	unlink(victim);
	return rmdir(folder);
}

static void
skip_unless_root(void)
{
	if (geteuid() == 0)
		return;
	print_message("skip: not root, whom this is about\n");
	skip();
}

/* Both users of plainfile_open, and then the victim. */
static void
expect_refused(void)
{
	struct datadir d;
	struct stat st;

	datadir_prepare(&d, "", path, &user);
	assert_int_equal(d.pid_fd, -1);
	datadir_write_pid(&d);
	datadir_done(&d);
	assert_false(logfile_open(path, &user));
	assert_int_equal(stat(victim, &st), 0);
	assert_int_equal(st.st_size, 8);
	assert_int_equal(st.st_uid, 0);
}

static void
links_pipes_and_strangers_files_are_not_touched(void **state)
{
	(void)state;
	skip_unless_root();
	assert_int_equal(link(victim, path), 0);
	expect_refused();
	assert_int_equal(unlink(path), 0);
	assert_int_equal(symlink(victim, path), 0);
	expect_refused();
	assert_int_equal(unlink(path), 0);
	assert_int_equal(mkfifo(path, 0666), 0);
	expect_refused(); /* and is not waited for */
	assert_int_equal(unlink(path), 0);
	close(open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0666));
	assert_int_equal(chown(path, 4711, 4711), 0);
	expect_refused();
}

static void
files_of_root_and_of_the_user_are_written(void **state)
{
	static const uid_t owners[] = {0, 12345};

	(void)state;
	skip_unless_root();
	for (size_t i = 0; i < 2; i++) {
		struct datadir d;
		char text[16];

		assert_int_equal(rename(victim, path), 0);
		assert_int_equal(chown(path, owners[i], 0), 0);
		datadir_prepare(&d, "", path, &user);
		datadir_write_pid(&d);
		assert_true(io_read_at(AT_FDCWD, path, text, sizeof(text)) > 0);
		assert_int_equal(strtol(text, NULL, 10), getpid());
		assert_int_equal(rename(path, victim), 0);
		close(d.pid_fd);
	}
}

static void
a_new_directory_is_the_users_and_held_once(void **state)
{
	struct datadir d, other;
	uid_t was = geteuid();
	char lock[96];
	struct stat st;

	(void)state;
	assert_int_equal(chmod(folder, 0755), 0);
	datadir_prepare(&d, path, "", &user);
	assert_int_equal(stat(path, &st), 0);
	assert_int_equal(st.st_mode & 0777, 0700);
	assert_int_equal(st.st_uid, was == 0 ? user.uid : was);
	assert_int_equal(seteuid(st.st_uid), 0);
	assert_int_equal(datadir_lock(&d), DATADIR_OURS);
	datadir_prepare(&other, path, "", &user);
	assert_int_equal(datadir_lock(&other), DATADIR_TAKEN);
	datadir_done(&d);
	assert_int_equal(seteuid(was), 0);
	snprintf(lock, sizeof(lock), "%s/lock", path);
	unlink(lock);
}

/* Made by hand, as root; but what is in use, or another's, stays whose it is. */
static void
an_empty_directory_of_roots_is_given_to_the_user(void **state)
{
	static const struct {
		uid_t owner;
		mode_t mode;
		bool used, given;
	} rows[] = {{0, 0755, false, true}, {0, 0755, true, false}, {4711, 0755, false, false},
	    {0, 01777, false, false}, {0, 0777, false, false}};

	(void)state;
	skip_unless_root();
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		char inside[96];
		struct datadir d;
		struct stat st;

		snprintf(inside, sizeof(inside), "%s/of-others", path);
		assert_int_equal(mkdir(path, 0755), 0);
		assert_int_equal(chown(path, rows[i].owner, 0), 0);
		assert_int_equal(chmod(path, rows[i].mode), 0);
		if (rows[i].used)
			assert_int_equal(mkdir(inside, 0755), 0);
		datadir_prepare(&d, path, "", &user);
		assert_int_equal(stat(path, &st), 0);
		assert_int_equal(st.st_uid, rows[i].given ? user.uid : rows[i].owner);
		if (rows[i].used)
			assert_int_equal(rmdir(inside), 0);
		assert_int_equal(rmdir(path), 0);
	}
}

/* As datadir_prepare() leaves it. */
static struct datadir
at(const char *dir)
{
	return (struct datadir){
	    .path = dir, .dir_fd = -1, .lock_fd = -1, .pid_fd = -1, .pid_path = ""};
}

/* Somebody else could put there what we would take for our memory. */
static void
a_directory_that_others_can_write_is_not_used(void **state)
{
	static const struct {
		uid_t owner;
		mode_t mode;
	} bad[] = {{0, 0777}, {0, 01777}, {0, 0702}, {4711, 0700}};

	(void)state;
	skip_unless_root();
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		struct datadir d = at(path);
		char lock[96];

		assert_int_equal(mkdir(path, 0700), 0);
		assert_int_equal(chown(path, bad[i].owner, 0), 0);
		assert_int_equal(chmod(path, bad[i].mode), 0);
		assert_int_equal(datadir_lock(&d), DATADIR_NONE);
		assert_int_equal(d.dir_fd, -1);
		snprintf(lock, sizeof(lock), "%s/lock", path);
		assert_int_equal(access(lock, F_OK), -1);
		assert_int_equal(rmdir(path), 0);
	}
}

/* In a child with mounts of its own: 0 well, 77 not possible here. */
static int
lock_read_only(void)
{
	struct datadir d = at(folder), other = at(folder);

	if (unshare(CLONE_NEWNS) != 0 || mount("none", "/", NULL, MS_REC | MS_PRIVATE, NULL) != 0 ||
	    mount("none", folder, "tmpfs", 0, "mode=0700") != 0)
		return 77;
	if (datadir_lock(&d) != DATADIR_OURS)
		return 1;
	datadir_done(&d);
	/* The kernel lets go of the last writer a moment after it closed its files. */
	while (mount("none", folder, NULL, MS_REMOUNT | MS_RDONLY, NULL) != 0) {
		if (errno != EBUSY)
			return 77;
		poll(NULL, 0, 1);
	}
	if (datadir_lock(&d) != DATADIR_OURS)
		return 2;
	return datadir_lock(&other) == DATADIR_TAKEN ? 0 : 3;
}

static void
a_read_only_directory_is_held_too(void **state)
{
	pid_t pid = fork();
	int status;

	(void)state;
	if (pid == 0)
		_exit(lock_read_only());
	assert_int_equal(waitpid(pid, &status, 0), pid);
	if (WIFEXITED(status) && WEXITSTATUS(status) == 77) {
		print_message("skip: no mounts of one's own here\n");
		skip();
	}
	assert_int_equal(status, 0);
}

/*
 * In a child that is another user, who may have no more processes: 0 well. What is wrong is told
 * with its reason, and is right as soon as there may be more.
 */
static int
lock_without_processes(void)
{
	struct rlimit none, many;
	struct datadir d;
	FILE *log;

	if (getrlimit(RLIMIT_NPROC, &many) != 0)
		return 1;
	none = (struct rlimit){1, many.rlim_max};
	if (chown(folder, user.uid, user.gid) != 0 ||
	    setresgid(user.gid, user.gid, user.gid) != 0 ||
	    setresuid(user.uid, user.uid, user.uid) != 0 || setrlimit(RLIMIT_NPROC, &none) != 0)
		return 1;
	log = catch_log(LOGL_WARN);
	datadir_prepare(&d, path, "", &user);
	if (datadir_lock(&d) != DATADIR_NONE || count_logged(log, "does not answer") != 0 ||
	    count_logged(log, "Resource temporarily unavailable") != 2)
		return 2;
	if (datadir_retry(&d, 0) || setrlimit(RLIMIT_NPROC, &many) != 0)
		return 3;
	seek_hasten(&d.seek);
	while (!datadir_retry(&d, 0))
		poll(NULL, 0, 1);
	return d.dir_fd >= 0 && d.lock_fd >= 0 ? 0 : 4;
}

static void
no_process_to_be_had_is_not_a_disk_that_does_not_answer(void **state)
{
	char lock[96];
	int status;
	pid_t pid;

	(void)state;
	skip_unless_root();
	pid = fork();
	if (pid == 0)
		_exit(lock_without_processes());
	assert_int_equal(waitpid(pid, &status, 0), pid);
	snprintf(lock, sizeof(lock), "%s/lock", path);
	unlink(lock);
	assert_int_equal(status, 0);
}

/* Nothing is said of a second look, and nothing is missed. */
static void
what_is_missing_at_start_is_found_later_and_said_once(void **state)
{
	struct datadir d = at(path);
	char inside[96], lock[128];
	FILE *log = catch_log(LOGL_INFO);

	(void)state;
	snprintf(inside, sizeof(inside), "%s/data", path);
	d.path = inside;
	assert_int_equal(datadir_lock(&d), DATADIR_NONE);
	for (int64_t now_ns = 0; now_ns < 100 * NS_PER_SEC; now_ns += 10 * NS_PER_SEC) {
		assert_false(datadir_retry(&d, now_ns));
		poll(NULL, 0, 1);
	}
	assert_int_equal(count_logged(log, "(ENOENT)"), 1);
	assert_int_equal(mkdir(path, 0700), 0);
	while (!datadir_retry(&d, 200 * NS_PER_SEC)) {
		poll(NULL, 0, 1);
		seek_hasten(&d.seek);
	}
	assert_int_equal(count_logged(log, "can be used now"), 1);
	datadir_done(&d);
	release_log(log);
	snprintf(lock, sizeof(lock), "%s/lock", inside);
	unlink(lock);
	assert_int_equal(rmdir(inside), 0);
}

int
main(void)
{
#define ROW(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)
	const struct CMUnitTest tests[] = {
	    ROW(links_pipes_and_strangers_files_are_not_touched),
	    ROW(files_of_root_and_of_the_user_are_written),
	    ROW(a_new_directory_is_the_users_and_held_once),
	    ROW(an_empty_directory_of_roots_is_given_to_the_user),
	    ROW(a_directory_that_others_can_write_is_not_used),
	    ROW(a_read_only_directory_is_held_too),
	    ROW(no_process_to_be_had_is_not_a_disk_that_does_not_answer),
	    ROW(what_is_missing_at_start_is_found_later_and_said_once),
	};

	alarm(PATIENCE_SECS);
	return cmocka_run_group_tests_name("datadir", tests, NULL, NULL);
}
