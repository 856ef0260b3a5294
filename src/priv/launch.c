/*
 * Runs the launcher: has the configuration loaded, takes the data directory, drops rights, then
 * loops over signals, workers that end, and pings. What it needs from the world it takes before it
 * drops its rights; what the world does not give is said once and done without.
 */
#include "priv/launch.h"

#include <signal.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/io.h"
#include "base/log.h"
#include "base/str.h"
#include "base/term.h"
#include "priv/control.h"
#include "priv/workers.h"
#include "priv/workers_hand.h"
#include "priv/datadir.h"
#include "priv/drop.h"
#include "priv/loader.h"
#include "priv/logfile.h"
#include "priv/rolling_restart.h"
#include "priv/sandbox.h"
#include "priv/sdnotify.h"

#define WATCHDOG_PINGS 6 /* in its time: replacing a worker that hangs costs four */

static volatile sig_atomic_t got_stop, got_reload, got_report;

struct launcher {
	const struct launch *launch;
	struct launch_settings settings;
	struct drop_user user;
	struct datadir dir;
	struct control control;
	int terminal_fd;    /* of the one whose foreground this is, or -1 */
	sigset_t wait_mask; /* of the signals that mean us, none is blocked in it */
	struct workers workers;
};

static void
on_signal(int signum)
{
	switch (signum) {
	case SIGTERM:
	case SIGINT:
		got_stop = 1;
		break;
	case SIGHUP:
		got_reload = 1;
		break;
	case SIGUSR1:
		got_report = 1;
		break;
	default: /* SIGCHLD has but to wake us */
		break;
	}
}

/*
 * A foreground program ends with its terminal. Only who started it ignoring SIGHUP, as nohup does,
 * wants it to outlive that.
 */
static int
find_terminal(void)
{
	struct sigaction before;

	if (sigaction(SIGHUP, NULL, &before) == 0 && before.sa_handler == SIG_IGN)
		return -1;
	return term_open_foreground();
}

/* Our signals are blocked but while waiting: none is lost between a look at a flag and the wait. */
static void
catch_signals(sigset_t *wait_mask)
{
	static const int ours[] = {SIGTERM, SIGINT, SIGHUP, SIGUSR1, SIGCHLD};
	static const int ignored[] = {SIGPIPE, SIGXFSZ};
	struct sigaction sa = {.sa_handler = on_signal};
	sigset_t block;

	got_stop = got_reload = got_report = 0;
	sigemptyset(&block);
	sigemptyset(wait_mask);
	/* Not ours; pending for a child that has just been forked, it ends it. */
	sigaddset(&block, ROLE_STOP_SIGNAL);
	sigaddset(wait_mask, ROLE_STOP_SIGNAL);
	for (size_t i = 0; i < sizeof(ours) / sizeof(ours[0]); i++) {
		sigaddset(&block, ours[i]);
		if (sigaction(ours[i], &sa, NULL) != 0)
			die_errno("signal %d", ours[i]);
	}
	sa.sa_handler = SIG_IGN;
	for (size_t i = 0; i < sizeof(ignored) / sizeof(ignored[0]); i++) {
		if (sigaction(ignored[i], &sa, NULL) != 0)
			die_errno("signal %d", ignored[i]);
	}
	if (sigprocmask(SIG_SETMASK, &block, NULL) != 0)
		die_errno("signals");
}

static bool
read_settings(const struct launch *l, const struct blob *blob, struct launch_settings *out)
{
	memset(out, 0, sizeof(*out));
	if (l->settings(l->arg, blob->data, blob->len, out))
		return true;
	log_error("the launcher's part of the configuration is refused");
	return false;
}

/* Everything that takes rights, then without them. False, with a message: cannot start. */
static bool
take_what_needs_rights(struct launcher *la)
{
	const struct launch_settings *s = &la->settings;
	enum datadir_state state;

	if (geteuid() == 0)
		drop_find_user(s->user, &la->user);
	if (s->log_file[0] != '\0' && !logfile_open(s->log_file, &la->user))
		log_warn_errno("agent.log_file: cannot open %s: the log stays on stderr, until a "
		               "reload can",
		    s->log_file);
	datadir_prepare(&la->dir, s->data_dir, s->pid_file, &la->user);
	drop_to_user(&la->user);
	la->workers.user_is_shared = drop_is_nobody();
	la->workers.caps = priv_drop_caps(DROP_CAP_DAC_READ_SEARCH | DROP_CAP_SYSLOG);
	priv_harden();
	state = datadir_lock(&la->dir);
	if (state == DATADIR_TAKEN) {
		io_close(&la->dir.pid_fd); /* the other's */
		return false;
	}
	datadir_write_pid(&la->dir);
	la->workers.data_dir_fd = la->dir.dir_fd;
	la->workers.data_dir_awaited = s->data_dir[0] != '\0' && state == DATADIR_NONE;
	control_open(&la->control, state == DATADIR_OURS ? s->data_dir : "");
	la->workers.control_fd = la->control.fd;
	return true;
}

static void
compare_setting(const char *name, const char *before, const char *after)
{
	if (!str_eq(before, after))
		log_warn("agent.%s has changed: it takes a restart to follow", name);
}

static void
follow_log_file(struct launcher *la, const char *path)
{
	if (!logfile_open(path, &la->user)) {
		log_warn_errno("agent.log_file: cannot open %s, the old one stays", path);
		return;
	}
	str_copy(la->settings.log_file, sizeof(la->settings.log_file), path);
	workers_hand_log(&la->workers);
}

/* The new blobs, or nothing changes. */
static bool
load_again(struct launcher *la, struct blob blobs[LAUNCH_BLOBS])
{
	struct launch_settings s;

	if (loader_run(la->launch, &la->wait_mask, &got_stop, blobs) != 0)
		return false;
	if (!read_settings(la->launch, &blobs[LAUNCH_BLOB_SELF], &s)) {
		for (int b = 0; b < LAUNCH_BLOBS; b++)
			blob_free(&blobs[b]);
		return false;
	}
	compare_setting("user", la->settings.user, s.user);
	compare_setting("data_dir", la->settings.data_dir, s.data_dir);
	compare_setting("pid_file", la->settings.pid_file, s.pid_file);
	if (s.log_file[0] == '\0')
		compare_setting("log_file", la->settings.log_file, s.log_file);
	else
		follow_log_file(la, s.log_file);
	return true;
}

static void
reload(struct launcher *la)
{
	struct blob blobs[LAUNCH_BLOBS];
	bool changed;

	sdnotify_reloading();
	seek_hasten(&la->dir.seek);
	seek_hasten(&la->control.seek);
	if (!load_again(la, blobs)) {
		if (!got_stop)
			log_error("configuration not reloaded: the old one stays");
		sdnotify_send("READY=1");
		return;
	}
	la->workers.configured_at = clock_now();
	changed = rolling_restart_changed(&la->workers, blobs);
	workers_signal(&la->workers, ROLE_AGENT, SIGHUP); /* new or not: a wish to try again */
	log_info("configuration reloaded%s", changed ? "" : ": nobody's part has changed");
	sdnotify_send("READY=1");
}

/* What could not be had at start. */
static void
take_what_came_late(struct launcher *la, const struct now *now)
{
	if (datadir_retry(&la->dir, now->boot_ns)) {
		la->workers.data_dir_fd = la->dir.dir_fd;
		la->workers.data_dir_awaited = false;
		rolling_restart_one(&la->workers, ROLE_KEEPER);
		seek_hasten(&la->control.seek);
	}
	if (control_retry(
	        &la->control, la->dir.dir_fd >= 0 ? la->settings.data_dir : "", now->boot_ns)) {
		la->workers.control_fd = la->control.fd;
		workers_hand_control(&la->workers);
	}
}

static void
supervise(struct launcher *la)
{
	struct now now = clock_now();

	workers_start(&la->workers, &now);
	sdnotify_send("READY=1");
	while (!got_stop) {
		now = clock_now();
		workers_reap(&la->workers, &now);
		take_what_came_late(la, &now);
		if (workers_tick(&la->workers, &now))
			sdnotify_send("WATCHDOG=1");
		if (got_report) {
			got_report = 0;
			workers_signal(&la->workers, ROLE_AGENT, SIGUSR1);
		}
		if (got_reload) {
			got_reload = 0;
			if (term_is_gone(la->terminal_fd)) {
				log_info("the terminal is gone: stopping");
				break;
			}
			reload(la);
		} else if (!got_stop) {
			workers_wait(&la->workers, &now);
		}
	}
	sdnotify_send("STOPPING=1");
	rolling_restart_stop_all(&la->workers);
}

static int64_t
ping_period_ms(void)
{
	int64_t ms = (sdnotify_watchdog_ms() + WATCHDOG_PINGS - 1) / WATCHDOG_PINGS;

	return ms > 0 && ms < LAUNCH_PING_MS ? ms : LAUNCH_PING_MS;
}

static int
run(struct launcher *la)
{
	struct now now;
	int status = 1;

	if (take_what_needs_rights(la)) {
		now = clock_now();
		la->workers.launched_at = la->workers.configured_at = now;
		la->workers.ping_ms = ping_period_ms();
		la->workers.ping_ns = now.boot_ns + la->workers.ping_ms * NS_PER_MS;
		supervise(la);
		status = 0;
	}
	control_done(&la->control);
	datadir_done(&la->dir);
	oomscore_done(&la->workers.oomscore);
	workers_done(&la->workers);
	return status;
}

static int
load_and_run(struct launcher *la)
{
	const struct launch *launch = la->launch;
	int status;

	workers_init(&la->workers, launch, &la->wait_mask);
	oomscore_init(&la->workers.oomscore); /* before priv_harden() takes /proc/self away */
	catch_signals(&la->wait_mask);
	priv_harden();
	status = loader_run(launch, &la->wait_mask, &got_stop, la->workers.blobs);
	if (status != 0)
		return got_stop ? 0 : status;
	if (!read_settings(launch, &la->workers.blobs[LAUNCH_BLOB_SELF], &la->settings)) {
		workers_done(&la->workers);
		return 1;
	}
	return run(la);
}

int
launch_run(const struct launch *launch)
{
	struct launcher la = {.launch = launch,
	    .dir = {.path = "", .dir_fd = -1, .lock_fd = -1, .pid_fd = -1},
	    .control = {.fd = -1}};
	int status;

	la.terminal_fd = find_terminal();
	status = load_and_run(&la);
	io_close(&la.terminal_fd);
	return status;
}
