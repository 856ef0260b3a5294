/*
 * Reduces a forked copy of the launcher to what is its own. Nothing here trusts that the launcher
 * was started tidily: descriptors, signals and variables of unknown origin are closed, reset and
 * wiped. Kernels before close_range (5.9) are served through /proc/self/fd.
 */
#include "priv/child.h"

#include <assert.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/log.h"
#include "base/mem.h"
#include "base/str.h"

#ifndef SYS_close_range
#define SYS_close_range 436
#endif
#define FDS_MAX 65536 /* where neither close_range nor /proc tells */

static const struct variable {
	const char *name;
	bool courier_only;
} variables[] = {
    {"TZ", false},
    {"TERM", false},
    {"NO_COLOR", false},
    {"LANG", false},
    {"LC_ALL", false},
    {"http_proxy", true},
    {"https_proxy", true},
    {"HTTPS_PROXY", true},
    {"all_proxy", true},
    {"ALL_PROXY", true},
    {"no_proxy", true},
    {"NO_PROXY", true},
    {"SSL_CERT_FILE", true},
    {"SSL_CERT_DIR", true},
    {"LOCALDOMAIN", true},
    {"RES_OPTIONS", true},
};

void
child_reset_signals(void)
{
	static const int ignored[] = {SIGINT, SIGTERM, SIGHUP, SIGUSR1, SIGPIPE, SIGXFSZ};
	sigset_t none;

	for (int sig = 1; sig < NSIG; sig++)
		(void)signal(sig, SIG_DFL); /* refused for KILL, STOP and the C library's own */
	for (size_t i = 0; i < sizeof(ignored) / sizeof(ignored[0]); i++)
		(void)signal(ignored[i], SIG_IGN);
	sigemptyset(&none);
	if (sigprocmask(SIG_SETMASK, &none, NULL) != 0)
		die_errno("signal mask");
}

void
child_follow(pid_t parent)
{
	if (prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0) != 0)
		die_errno("follow the launcher");
	if (getppid() != parent)
		_exit(1);
}

void
child_leave_terminal(bool output)
{
	int fd = open("/dev/null", O_RDWR | O_CLOEXEC);

	if (fd < 0 || dup2(fd, STDIN_FILENO) < 0 || (output && dup2(fd, STDOUT_FILENO) < 0))
		log_warn_errno("/dev/null");
	if (fd > STDERR_FILENO)
		close(fd);
}

static int
compare_fds(const void *a, const void *b)
{
	const int *x = a, *y = b;

	return (*x > *y) - (*x < *y);
}

/* Slow path: all of /proc/self/fd, or all numbers there may be, within first and last. */
static void
close_one_by_one(unsigned first, unsigned last)
{
	DIR *dir = opendir("/proc/self/fd");
	struct rlimit limit = {FDS_MAX, FDS_MAX};

	if (dir != NULL) {
		const struct dirent *entry;

		while ((entry = readdir(dir)) != NULL) {
			const char *p = entry->d_name;
			uint64_t fd;

			if (str_u64(&p, p + strlen(p), &fd) && fd >= first && fd <= last &&
			    fd != (uint64_t)dirfd(dir))
				close((int)fd);
		}
		closedir(dir);
		return;
	}
	(void)getrlimit(RLIMIT_NOFILE, &limit);
	for (unsigned fd = first; fd <= last && fd < limit.rlim_cur && fd < FDS_MAX; fd++)
		close((int)fd);
}

static void
close_between(unsigned first, unsigned last)
{
	if (first <= last && syscall(SYS_close_range, first, last, 0) != 0)
		close_one_by_one(first, last);
}

void
child_keep_fds(const int *keep, size_t n)
{
	unsigned next = STDERR_FILENO + 1;
	int sorted[CHILD_FDS_MAX];

	assert(n <= CHILD_FDS_MAX);
	memcpy(sorted, keep, n * sizeof(*keep));
	qsort(sorted, n, sizeof(*sorted), compare_fds);
	for (size_t i = 0; i < n; i++) {
		if (sorted[i] < (int)next)
			continue;
		if (sorted[i] > (int)next)
			close_between(next, (unsigned)sorted[i] - 1);
		next = (unsigned)sorted[i] + 1;
	}
	close_between(next, ~0u);
}

static bool
is_kept(enum role role, const char *entry)
{
	for (size_t i = 0; i < sizeof(variables) / sizeof(variables[0]); i++) {
		size_t n = strlen(variables[i].name);

		if (strncmp(entry, variables[i].name, n) == 0 && entry[n] == '=')
			return !variables[i].courier_only || role == ROLE_COURIER;
	}
	return false;
}

void
child_reduce_environment(enum role role)
{
	char **kept = environ;

	if (environ == NULL)
		return;
	for (char **entry = environ; *entry != NULL; entry++) {
		if (is_kept(role, *entry))
			*kept++ = *entry;
		else
			mem_wipe(*entry, strlen(*entry));
	}
	*kept = NULL;
}
