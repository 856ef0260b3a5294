/*
 * The launcher with small fake roles, as real processes. Roles and launcher report on stderr, which
 * is a pipe to the test: what is expected there is what an operator would see.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#define LAUNCH_BACKOFF_MIN_MS 4
#define LAUNCH_BACKOFF_MAX_MS 16
#define LAUNCH_LOAD_MS 100
#define LAUNCH_STOP_AGENT_MS 60
#define LAUNCH_STOP_ALL_MS 120

#include <signal.h>

static int kill_if_killable(pid_t pid, int signum);

#include "src/priv/workers.c"
#include "src/priv/launch.c"
#define kill kill_if_killable
#include "src/priv/loader.c"
#undef kill
#include "src/priv/rolling_restart.c"

#include <dirent.h>
#include <fcntl.h>
#include <poll.h>
#include <sched.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/un.h>

#include "priv/link.h"

#define PATIENCE_MS 10000 /* a test that waits this long has failed */

enum mood { CALM, HUNG, STUBBORN, RUDE, BRIEF, DEAF };
enum loading { LOADS, REFUSES, HANGS, SITS_IN_THE_KERNEL, FLOODS, DIES, NO_SETTINGS };

/* Shared with all processes: how the fakes behave from their next look at it on. */
static struct board {
	volatile enum mood mood[ROLE_COUNT];
	volatile bool crashing[ROLE_COUNT]; /* each ends as soon as it is started */
	volatile enum loading loading;
	volatile int version, more[LAUNCH_BLOBS]; /* their sum is in a role's blob */
	char data_dir[64];
	char pid_file[80];
	char log_file[80];
} * board;

static struct {
	pid_t pid;
	int fd;
	char text[1 << 16]; /* all it said so far */
	size_t len, seen;
} out;

static volatile sig_atomic_t told_to_stop, told_to_report;

/* The loader of a file system that does not answer: no signal ends it. */
static int
kill_if_killable(pid_t pid, int signum)
{
	return board->loading == SITS_IN_THE_KERNEL ? 0 : kill(pid, signum);
}

static int
fake_load(void *arg, const int fds[LAUNCH_BLOBS])
{
	static char zeros[1 << 16];

	(void)arg;
	if (board->loading == REFUSES)
		return 2;
	if (board->loading == DIES)
		abort();
	while (board->loading == HANGS || board->loading == SITS_IN_THE_KERNEL)
		pause();
	for (int i = 0; board->loading == FLOODS && i < 20; i++)
		if (io_write_all(fds[0], zeros, sizeof(zeros)) != 0)
			return 0;
	for (int b = LAUNCH_BLOBS - 1; b >= 0; b--)
		if (dprintf(fds[b], "%s-v%d", role_name((enum role)b),
		        board->version + board->more[b]) < 0)
			return 1;
	return 0;
}

static bool
fake_settings(void *arg, const char *blob, size_t len, struct launch_settings *s)
{
	(void)arg;
	if (board->loading == NO_SETTINGS || len < 8 || strncmp(blob, "launcher-v", 10) != 0)
		return false;
	str_copy(s->user, sizeof(s->user), "nobody");
	str_copy(s->data_dir, sizeof(s->data_dir), board->data_dir);
	str_copy(s->pid_file, sizeof(s->pid_file), board->pid_file);
	str_copy(s->log_file, sizeof(s->log_file), board->log_file);
	return true;
}

static void
on_fake_signal(int signum)
{
	if (signum == SIGTERM)
		told_to_stop = 1;
	else
		told_to_report = 1;
}

static unsigned
count_fds(void)
{
	unsigned n = 0;

	for (int fd = 0; fd < 256; fd++)
		n += fcntl(fd, F_GETFD) >= 0;
	return n;
}

static const char *
find_status(const char *text, const char *name)
{
	const char *at = strstr(text, name);

	return at == NULL ? "?" : at + strlen(name) + 1;
}

static void
introduce(const struct role_ctx *ctx)
{
	char text[4096];

	if (io_read_at(AT_FDCWD, "/proc/self/status", text, sizeof(text)) < 0)
		text[0] = '\0';
	dprintf(2,
	    "+%s gen=%u pid=%d blob=%s fds=%u dir=%d ctl=%d secret=%d nnp=%.1s eff=%.16s bnd=%.16s "
	    "uid=%d "
	    "dump=%d\n",
	    role_name(ctx->role), ctx->generation, (int)getpid(), ctx->blob, count_fds(),
	    ctx->data_dir_fd >= 0, ctx->control_fd >= 0, getenv("A_SECRET") != NULL,
	    find_status(text, "NoNewPrivs:"), find_status(text, "CapEff:"),
	    find_status(text, "CapBnd:"), (int)getuid(), prctl(PR_GET_DUMPABLE));
}

static void
read_link(struct role_ctx *ctx, struct link *link, enum role peer, struct wire_msg *msg)
{
	enum link_event event;

	while ((event = link_recv(link, msg)) != LINK_NOTHING) {
		if (event == LINK_FRESH)
			dprintf(2, "%s meets %s gen=%u\n", role_name(ctx->role), role_name(peer),
			    link->peer);
		else if (event == LINK_VIOLATION)
			role_accuse(ctx, peer);
		else if (event == LINK_GONE)
			_exit(9);
	}
}

/* A role's loop, without libev, so that it can be misbehaved in any way. */
static int
fake_main(struct role_ctx *ctx)
{
	static const enum wire_dir in[ROLE_COUNT][ROLE_COUNT] = {
	    [ROLE_AGENT] = {0, WIRE_KEEPER_TO_AGENT, WIRE_COURIER_TO_AGENT},
	    [ROLE_KEEPER] = {WIRE_AGENT_TO_KEEPER, 0, 0},
	    [ROLE_COURIER] = {WIRE_AGENT_TO_COURIER, 0, 0},
	};
	static struct wire_msg msg;
	struct link links[ROLE_COUNT];
	struct sigaction sa = {.sa_handler = on_fake_signal};
	enum mood mood = board->mood[ctx->role];
	sigset_t block, none;

	sigemptyset(&none);
	sigemptyset(&block);
	sigaddset(&block, SIGTERM);
	sigaddset(&block, SIGUSR1);
	sigprocmask(SIG_SETMASK, &block, NULL);
	sigaction(SIGTERM, &sa, NULL);
	sigaction(SIGUSR1, &sa, NULL);
	priv_lock(ctx->role);
	board->mood[ctx->role] = CALM; /* the next one behaves */
	introduce(ctx);
	if (mood == BRIEF || board->crashing[ctx->role])
		return 3;
	for (int p = 0; p < ROLE_COUNT; p++)
		if (ctx->peer_fd[p] >= 0)
			link_init(&links[p], ctx->peer_fd[p], in[ctx->role][p], ctx->generation);
	if (mood == RUDE && send(ctx->peer_fd[ROLE_AGENT], "\xff garbage", 9, 0) > 0)
		dprintf(2, "%s is rude\n", role_name(ctx->role));
	for (;;) {
		struct pollfd fds[ROLE_COUNT + 1];

		for (int p = 0; p < ROLE_COUNT; p++)
			fds[p] = (struct pollfd){
			    .fd = mood == DEAF ? -1 : ctx->peer_fd[p], .events = POLLIN};
		fds[ROLE_COUNT] =
		    (struct pollfd){.fd = mood == HUNG ? -1 : ctx->lifeline_fd, .events = POLLIN};
		(void)ppoll(fds, ROLE_COUNT + 1, NULL, &none);
		if (told_to_stop && mood != STUBBORN) {
			dprintf(2, "-%s\n", role_name(ctx->role));
			return 0;
		}
		if (told_to_report)
			dprintf(2, "%s reports\n", role_name(ctx->role));
		told_to_report = 0;
		for (int p = 0; p < ROLE_COUNT; p++)
			if (ctx->peer_fd[p] >= 0 && mood != DEAF)
				read_link(ctx, &links[p], (enum role)p, &msg);
		if (mood != HUNG && !role_answer_ping(ctx))
			return 4;
	}
}

static const struct launch fakes = {
    .load = fake_load,
    .settings = fake_settings,
    .role_main = {fake_main, fake_main, fake_main},
};

static void
launch(void)
{
	int ends[2];

	assert_int_equal(pipe2(ends, O_CLOEXEC), 0);
	memset(&out, 0, sizeof(out));
	out.fd = ends[0];
	out.pid = fork();
	assert_true(out.pid >= 0);
	if (out.pid == 0) {
		dup2(ends[1], 2);
		close(ends[0]);
		close(ends[1]);
		setenv("A_SECRET", "hunter2", 1);
		_exit(launch_run(&fakes));
	}
	close(ends[1]);
}

/* Reads more of what was said; false at its end. */
static bool
hear_more(void)
{
	struct pollfd p = {.fd = out.fd, .events = POLLIN};
	ssize_t n;

	if (poll(&p, 1, PATIENCE_MS) <= 0)
		fail_msg("nothing more was said after:\n%s", out.text);
	n = read(out.fd, out.text + out.len, sizeof(out.text) - 1 - out.len);
	if (n > 0)
		out.len += (size_t)n;
	return n > 0;
}

/* Waits for a line with words after those found before; returns its start. */
static const char *
expect(const char *words)
{
	const char *at;

	while ((at = strstr(out.text + out.seen, words)) == NULL || strchr(at, '\n') == NULL)
		if (!hear_more())
			fail_msg("not said: \"%s\", but:\n%s", words, out.text);
	out.seen = (size_t)(at - out.text) + strlen(words);
	return at;
}

/* Forgets the place: the next expectation may be anywhere. */
static void
rewind_to_start(void)
{
	out.seen = 0;
}

static void
expect_all_started(void)
{
	static const char *const lines[] = {"+agent gen=1", "+keeper gen=2", "+courier gen=3",
	    "agent meets keeper gen=2", "agent meets courier gen=3", "keeper meets agent gen=1",
	    "courier meets agent gen=1"};

	for (size_t i = 0; i < sizeof(lines) / sizeof(lines[0]); i++) {
		rewind_to_start();
		expect(lines[i]);
	}
	out.seen = out.len;
}

static int
number_after(const char *line, const char *name)
{
	const char *at = strstr(line, name);

	assert_non_null(at);
	return (int)strtol(at + strlen(name), NULL, 10);
}

/* The exit status; all that was said until the end is in out. */
static int
wait_for_exit(void)
{
	int status;

	while (hear_more())
		continue;
	assert_int_equal(waitpid(out.pid, &status, 0), out.pid);
	out.pid = 0;
	assert_true(WIFEXITED(status));
	close(out.fd);
	return WEXITSTATUS(status);
}

static void
stop_and_expect_success(void)
{
	kill(out.pid, SIGTERM);
	assert_int_equal(wait_for_exit(), 0);
}

static int
set_up(void **state)
{
	(void)state;
	memset(board, 0, sizeof(*board));
	str_copy(board->data_dir, sizeof(board->data_dir), "/tmp/test_launch.XXXXXX");
	if (mkdtemp(board->data_dir) == NULL)
		return -1;
	snprintf(board->pid_file, sizeof(board->pid_file), "%s.pid", board->data_dir);
	return rmdir(board->data_dir);
}

static int
tear_down(void **state)
{
	char path[96];

	(void)state;
	if (out.pid > 0) { /* a test that failed */
		kill(out.pid, SIGKILL);
		waitpid(out.pid, NULL, 0);
		out.pid = 0;
	}
	snprintf(path, sizeof(path), "%s/lock", board->data_dir);
	unlink(path);
	rmdir(board->data_dir);
	unlink(board->pid_file);
	unlink(board->log_file);
	return 0;
}

static void
starts_and_stops_in_order(void **state)
{
	const char *agent, *keeper, *courier;

	(void)state;
	launch();
	expect_all_started();
	stop_and_expect_success();
	agent = strstr(out.text, "-agent");
	keeper = strstr(out.text, "-keeper");
	courier = strstr(out.text, "-courier");
	assert_non_null(agent);
	assert_true(keeper > agent && courier > agent);
	assert_null(strstr(out.text, "killing"));
}

static void
workers_have_only_what_is_theirs(void **state)
{
	const char *agent, *keeper, *courier;
	bool root = geteuid() == 0;

	(void)state;
	launch();
	expect_all_started();
	agent = strstr(out.text, "+agent");
	keeper = strstr(out.text, "+keeper");
	courier = strstr(out.text, "+courier");
	assert_true(
	    str_starts(strstr(agent, "blob="), "blob=agent-v0 fds=7 dir=0 ctl=1 secret=0 nnp=1"));
	assert_true(
	    str_starts(strstr(keeper, "blob="), "blob=keeper-v0 fds=6 dir=1 ctl=0 secret=0 nnp=1"));
	assert_true(str_starts(
	    strstr(courier, "blob="), "blob=courier-v0 fds=5 dir=0 ctl=0 secret=0 nnp=1"));
	assert_true(str_starts(strstr(keeper, "eff="), "eff=0000000000000000"));
	assert_true(str_starts(strstr(courier, "eff="), "eff=0000000000000000"));
	assert_int_equal(number_after(agent, "dump="), 0);
	if (root) {
		assert_int_not_equal(number_after(agent, "uid="), 0);
		assert_int_equal(strtoull(strstr(agent, "eff=") + 4, NULL, 16) &
		                     ~(DROP_CAP_DAC_READ_SEARCH | DROP_CAP_SYSLOG),
		    0);
		assert_int_equal(strtoull(strstr(agent, "bnd=") + 4, NULL, 16) &
		                     ~(DROP_CAP_DAC_READ_SEARCH | DROP_CAP_SYSLOG),
		    0);
	} else {
		print_message("skip: not root, dropping rights is not seen\n");
	}
	stop_and_expect_success();
}

static void
a_crashed_worker_comes_back_and_its_peer_knows(void **state)
{
	(void)state;
	launch();
	expect_all_started();
	rewind_to_start();
	kill(number_after(expect("+keeper"), "pid="), SIGSEGV);
	expect(") crashed: SIGSEGV sent by process ");
	expect("keeper ended (signal 11): starts again in 4 ms");
	expect("+keeper gen=4");
	rewind_to_start();
	expect("agent meets keeper gen=4");
	rewind_to_start();
	kill(number_after(expect("+agent"), "pid="), SIGKILL);
	expect("+agent gen=5");
	rewind_to_start();
	expect("keeper meets agent gen=5");
	rewind_to_start();
	expect("agent meets keeper gen=4");
	expect("agent meets keeper gen=4"); /* the new one, too */
	rewind_to_start();
	expect("courier meets agent gen=5");
	stop_and_expect_success();
}

static void
back_off_doubles_up_to_its_limit(void **state)
{
	static const char *const lines[] = {"in 4 ms", "in 8 ms", "in 16 ms", "in 16 ms"};

	(void)state;
	board->mood[ROLE_COURIER] = BRIEF;
	launch();
	for (size_t i = 0; i < 4; i++) {
		expect("courier ended (status 3): starts again ");
		expect(lines[i]);
		board->mood[ROLE_COURIER] = i < 3 ? BRIEF : CALM;
	}
	rewind_to_start();
	expect("agent meets courier");
	stop_and_expect_success();
}

static void
a_hung_worker_is_replaced(void **state)
{
	(void)state;
	board->mood[ROLE_AGENT] = HUNG;
	setenv("WATCHDOG_USEC", "300000", 1); /* a ping each 50 ms */
	launch();
	unsetenv("WATCHDOG_USEC");
	expect("agent does not answer: replacing it");
	expect("agent ended (signal 9)");
	expect("+agent gen=4");
	stop_and_expect_success();
	assert_null(strstr(out.text, "keeper does not answer"));
}

/* The service manager's end; its name is in the environment until close_manager. */
static int
open_manager(struct sockaddr_un *addr)
{
	int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);

	*addr = (struct sockaddr_un){.sun_family = AF_UNIX};
	snprintf(addr->sun_path, sizeof(addr->sun_path), "%s.notify", board->data_dir);
	assert_int_equal(bind(fd, (const struct sockaddr *)addr, sizeof(*addr)), 0);
	assert_int_equal(chmod(addr->sun_path, 0777), 0);
	setenv("NOTIFY_SOCKET", addr->sun_path, 1);
	setenv("WATCHDOG_USEC", "120000", 1); /* a ping each 20 ms */
	return fd;
}

static unsigned
count_beats(int manager)
{
	char said[64];
	unsigned beats = 0;
	ssize_t n;

	while ((n = recv(manager, said, sizeof(said), 0)) > 0)
		beats += n == 10 && memcmp(said, "WATCHDOG=1", 10) == 0;
	return beats;
}

static void
close_manager(int manager, const struct sockaddr_un *addr)
{
	unsetenv("NOTIFY_SOCKET");
	unsetenv("WATCHDOG_USEC");
	unlink(addr->sun_path);
	close(manager);
}

static void
the_watchdog_starves_while_a_worker_that_matters_does_not_live(void **state)
{
	(void)state;
	for (int role = 0; role < ROLE_COUNT; role++) {
		struct sockaddr_un addr;
		int manager = open_manager(&addr);
		char line[64];

		board->crashing[role] = true;
		snprintf(line, sizeof(line), "%s ended (status 3)", role_name((enum role)role));
		launch();
		for (int i = 0; i < 20; i++) /* 16 ms apart */
			expect(line);
		if (role == ROLE_KEEPER)
			assert_int_not_equal(count_beats(manager), 0);
		else
			assert_int_equal(count_beats(manager), 0);
		board->crashing[role] = false;
		while (count_beats(manager) == 0)
			sched_yield();
		stop_and_expect_success();
		close_manager(manager, &addr);
	}
}

static void
a_worker_that_breaks_the_wire_is_replaced_and_its_peer_stays(void **state)
{
	(void)state;
	board->mood[ROLE_KEEPER] = RUDE;
	launch();
	expect("agent accuses the keeper");
	expect("keeper ended (signal 9)");
	expect("+keeper gen=4");
	rewind_to_start();
	expect("agent meets keeper gen=4");
	stop_and_expect_success();
	assert_null(strstr(out.text, "agent ended"));
}

static void
a_successor_does_not_get_its_predecessors_mail(void **state)
{
	(void)state;
	board->mood[ROLE_AGENT] = DEAF;
	board->mood[ROLE_KEEPER] = RUDE;
	launch();
	expect("keeper is rude");
	rewind_to_start();
	kill(number_after(expect("+agent"), "pid="), SIGKILL);
	expect("+agent gen=4");
	rewind_to_start();
	expect("agent meets keeper gen=2");
	stop_and_expect_success();
	assert_null(strstr(out.text, "accuses"));
}

static void
a_bad_configuration_is_not_reloaded(void **state)
{
	static const enum loading bad[] = {
	    REFUSES, HANGS, SITS_IN_THE_KERNEL, FLOODS, DIES, NO_SETTINGS};

	(void)state;
	launch();
	expect_all_started();
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		board->loading = bad[i];
		kill(out.pid, SIGHUP);
		expect("configuration not reloaded: the old one stays");
	}
	stop_and_expect_success();
	assert_null(strstr(out.text, "gen=4"));
	assert_null(strstr(out.text, "ended (s"));
}

static void
a_good_configuration_is_reloaded_in_place(void **state)
{
	(void)state;
	launch();
	expect_all_started();
	board->version = 7;
	kill(out.pid, SIGHUP);
	expect("configuration reloaded");
	rewind_to_start();
	expect("blob=agent-v7");
	rewind_to_start();
	expect("blob=keeper-v7");
	rewind_to_start();
	expect("blob=courier-v7");
	rewind_to_start();
	expect("agent meets courier gen=6");
	stop_and_expect_success();
	assert_null(strstr(out.text, "starts again"));
}

static void
a_reload_without_a_change_disturbs_nobody(void **state)
{
	(void)state;
	launch();
	expect_all_started();
	board->more[LAUNCH_BLOB_SELF] = 1;
	for (int i = 0; i < 3; i++) {
		kill(out.pid, SIGHUP);
		expect("configuration reloaded: nobody's part has changed");
	}
	assert_null(strstr(out.text, "gen=4"));
	assert_null(strstr(out.text, "-agent\n"));
	stop_and_expect_success();
}

static void
a_reload_replaces_only_those_whose_part_has_changed(void **state)
{
	(void)state;
	for (int role = 0; role < ROLE_COUNT; role++) {
		char line[64];

		memset((void *)(uintptr_t)board->more, 0, sizeof(board->more));
		launch();
		expect_all_started();
		board->more[role] = 5;
		kill(out.pid, SIGHUP);
		expect("configuration reloaded\n");
		rewind_to_start();
		snprintf(line, sizeof(line), "+%s gen=4", role_name((enum role)role));
		assert_non_null(strstr(expect(line), "-v5"));
		for (int other = 0; other < ROLE_COUNT; other++) {
			snprintf(line, sizeof(line), "-%s\n", role_name((enum role)other));
			assert_true((strstr(out.text, line) != NULL) == (other == role));
		}
		stop_and_expect_success();
		assert_null(strstr(out.text, "gen=5"));
	}
}

static void
a_restart_gets_the_accepted_configuration_not_a_newer_file(void **state)
{
	(void)state;
	launch();
	expect_all_started();
	board->version = 8;
	rewind_to_start();
	kill(number_after(expect("+agent"), "pid="), SIGKILL);
	assert_non_null(strstr(expect("+agent gen=4"), "blob=agent-v0"));
	stop_and_expect_success();
}

static void
stubborn_workers_do_not_hold_up_the_end(void **state)
{
	(void)state;
	for (int r = 0; r < ROLE_COUNT; r++)
		board->mood[r] = STUBBORN;
	launch();
	expect_all_started();
	stop_and_expect_success();
	assert_non_null(strstr(out.text, "agent does not stop: killing it"));
	assert_true(LAUNCH_STOP_ALL_MS < 2000);
}

static void
nothing_outlives_a_killed_launcher(void **state)
{
	int status, ended = 0;

	(void)state;
	assert_int_equal(prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0), 0);
	for (int r = 0; r < ROLE_COUNT; r++)
		board->mood[r] = HUNG; /* the lifeline's end is not seen either */
	launch();
	expect_all_started();
	kill(out.pid, SIGKILL);
	alarm(PATIENCE_MS / 1000);
	while (waitpid(-1, &status, 0) > 0)
		ended++;
	out.pid = 0;
	alarm(0);
	prctl(PR_SET_CHILD_SUBREAPER, 0, 0, 0, 0);
	/* The launcher, three workers, and perhaps a short-lived child that it had not reaped yet.
	 */
	assert_in_range(ended, 4, 5);
	assert_int_equal(errno, ECHILD);
	close(out.fd);
}

static void
only_one_launcher_has_the_data_directory(void **state)
{
	char pid_text[32];
	pid_t first;
	int first_fd;

	(void)state;
	launch();
	expect_all_started();
	first = out.pid;
	first_fd = out.fd;
	launch();
	assert_int_equal(wait_for_exit(), 1);
	assert_non_null(strstr(out.text, "is in use: another sysops-agent runs"));
	assert_null(strstr(out.text, "+agent"));
	assert_true(io_read_at(AT_FDCWD, board->pid_file, pid_text, sizeof(pid_text)) > 0);
	assert_int_equal(strtol(pid_text, NULL, 10), first);
	out.pid = first;
	out.fd = first_fd;
	stop_and_expect_success();
	if (io_read_at(AT_FDCWD, board->pid_file, pid_text, sizeof(pid_text)) >= 0)
		assert_string_equal(pid_text, ""); /* its folder may not be the user's */
}

static void
no_data_directory_is_no_reason_to_stay_down(void **state)
{
	char path[64];

	(void)state;
	memcpy(path, board->data_dir, sizeof(path));
	str_copy(board->data_dir, sizeof(board->data_dir), "/proc/no/such/place");
	launch();
	expect("cannot use data_dir /proc/no/such/place");
	assert_non_null(strstr(expect("+keeper"), "dir=0"));
	stop_and_expect_success();
	memcpy(board->data_dir, path, sizeof(path));
}

static void
a_bad_configuration_at_start_is_the_exit_status(void **state)
{
	static const struct {
		enum loading loading;
		int status;
	} cases[] = {{REFUSES, 2}, {HANGS, 2}, {FLOODS, 2}, {DIES, 1}, {NO_SETTINGS, 1}};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		board->loading = cases[i].loading;
		launch();
		assert_int_equal(wait_for_exit(), cases[i].status);
		assert_null(strstr(out.text, "+agent"));
		assert_true(access(board->data_dir, F_OK) != 0);
	}
}

static void
signals_reach_whom_they_are_for(void **state)
{
	(void)state;
	launch();
	expect_all_started();
	kill(out.pid, SIGUSR1);
	expect("agent reports");
	rewind_to_start();
	kill(number_after(expect("+agent"), "pid="), SIGINT); /* the terminal's Ctrl-C */
	kill(out.pid, SIGINT);
	assert_int_equal(wait_for_exit(), 0);
	assert_null(strstr(out.text, "ended (s"));
}

static void
the_log_file_is_everyones_stderr_and_can_be_rotated(void **state)
{
	static char text[1 << 14];
	char moved[96];

	(void)state;
	snprintf(board->log_file, sizeof(board->log_file), "%s.log", board->data_dir);
	snprintf(moved, sizeof(moved), "%s.1", board->log_file);
	launch();
	while (hear_more()) /* all let go of the old stderr */
		continue;
	while (io_read_at(AT_FDCWD, board->log_file, text, sizeof(text)) < 0 ||
	       strstr(text, "courier meets agent") == NULL)
		sched_yield();
	assert_int_equal(rename(board->log_file, moved), 0);
	assert_int_equal(symlink("/dev/null", board->log_file), 0); /* not followed */
	kill(out.pid, SIGHUP);
	while (io_read_at(AT_FDCWD, moved, text, sizeof(text)) < 0 ||
	       strstr(text, "the old one stays") == NULL)
		sched_yield();
	assert_int_equal(unlink(board->log_file), 0);
	kill(out.pid, SIGHUP);
	while (io_read_at(AT_FDCWD, board->log_file, text, sizeof(text)) < 0 ||
	       strstr(text, "configuration reloaded") == NULL)
		sched_yield();
	kill(out.pid, SIGTERM);
	assert_int_equal(wait_for_exit(), 0);
	assert_true(io_read_at(AT_FDCWD, board->log_file, text, sizeof(text)) > 0);
	for (int r = 0; r < ROLE_COUNT; r++) { /* the workers follow, though none was replaced */
		assert_non_null(strstr(text, (const char *[]){"-agent", "-keeper", "-courier"}[r]));
		assert_null(strstr(text, (const char *[]){"+agent", "+keeper", "+courier"}[r]));
	}
	unlink(moved);
}

static void
on_alarm(int signum)
{
	static const char text[] = "a process outlived its launcher\n";

	(void)signum;
	if (write(2, text, sizeof(text) - 1) < 0)
		_exit(2);
	_exit(1);
}

int
main(void)
{
#define ROW(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)
	const struct CMUnitTest tests[] = {
	    ROW(starts_and_stops_in_order),
	    ROW(workers_have_only_what_is_theirs),
	    ROW(a_crashed_worker_comes_back_and_its_peer_knows),
	    ROW(back_off_doubles_up_to_its_limit),
	    ROW(a_hung_worker_is_replaced),
	    ROW(the_watchdog_starves_while_a_worker_that_matters_does_not_live),
	    ROW(a_worker_that_breaks_the_wire_is_replaced_and_its_peer_stays),
	    ROW(a_successor_does_not_get_its_predecessors_mail),
	    ROW(a_bad_configuration_is_not_reloaded),
	    ROW(a_good_configuration_is_reloaded_in_place),
	    ROW(a_reload_without_a_change_disturbs_nobody),
	    ROW(a_reload_replaces_only_those_whose_part_has_changed),
	    ROW(a_restart_gets_the_accepted_configuration_not_a_newer_file),
	    ROW(stubborn_workers_do_not_hold_up_the_end),
	    ROW(nothing_outlives_a_killed_launcher),
	    ROW(only_one_launcher_has_the_data_directory),
	    ROW(no_data_directory_is_no_reason_to_stay_down),
	    ROW(a_bad_configuration_at_start_is_the_exit_status),
	    ROW(signals_reach_whom_they_are_for),
	    ROW(the_log_file_is_everyones_stderr_and_can_be_rotated),
	};

	signal(SIGALRM, on_alarm);
	board =
	    mmap(NULL, sizeof(*board), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (board == MAP_FAILED)
		return 1;
	return cmocka_run_group_tests_name("launch", tests, NULL, NULL);
}
