/*
 * A loop of three calls between two pipes. It trusts the parent, of which it is a copy, and drops
 * all that it does not need: descriptors, signal handlers. The alarm's default action ends it in
 * the middle of a call that hangs, where the kernel allows that.
 */
#include "collect/fsprobe_child.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <unistd.h>

#include "base/io.h"

static void
reset_signals(void)
{
	sigset_t none;

	for (int sig = 1; sig < NSIG; sig++)
		signal(sig, SIG_DFL);
	signal(SIGINT, SIG_IGN); /* the terminal's, meant for the parent */
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
}

static void
close_from(int first)
{
	struct rlimit limit;

#ifdef SYS_close_range
	if (syscall(SYS_close_range, (unsigned)first, ~0u, 0) == 0)
		return;
#endif
	if (getrlimit(RLIMIT_NOFILE, &limit) != 0 || limit.rlim_cur > 65536)
		limit.rlim_cur = 65536;
	for (int fd = first; fd < (int)limit.rlim_cur; fd++)
		close(fd);
}

/* The two become 0 and 1, the root 2; everything else goes, the log as well. */
static bool
keep_only(int request_fd, int answer_fd, int root)
{
	int request = fcntl(request_fd, F_DUPFD, 3), answer = fcntl(answer_fd, F_DUPFD, 3);
	int kept = fcntl(root, F_DUPFD, 3); /* -1 of -1 */

	/* Of a descriptor that could not be had, dup2() fails as well. */
	if (dup2(request, 0) != 0 || dup2(answer, 1) != 1)
		return false;
	close_from(dup2(kept, 2) == 2 ? 3 : 2);
	return true;
}

static void
set_alarm(int64_t ms)
{
	struct itimerval timer = {.it_value = {.tv_sec = ms / 1000, .tv_usec = ms % 1000 * 1000}};

	setitimer(ITIMER_REAL, &timer, NULL);
}

/* From here on the alarm may end us. */
static void
answer_question(const struct fsprobe_conf *conf, const struct fsprobe_question *question,
    char *text, struct fsprobe_answer *out)
{
	ssize_t len = 0;

	memset(out, 0, sizeof(*out));
	set_alarm(conf->deadline_ms);
	if (conf->read != NULL)
		len = conf->read(question->path, text, conf->text_max);
	else
		out->err = conf->fn(conf->arg, 2, question->path, &question->row, &out->value);
	if (len < 0)
		out->err = errno;
	set_alarm(0);
	if (len > 0)
		out->text_len = (size_t)len;
}

_Noreturn void
fsprobe_child(
    const struct fsprobe_conf *conf, int request_fd, int answer_fd, char *text, pid_t parent)
{
	struct fsprobe_question question;
	ssize_t len;

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (getppid() != parent)
		_exit(0);
	prctl(PR_SET_NAME, "sysops-probe");
	reset_signals();
	if (!keep_only(request_fd, answer_fd, conf->root))
		_exit(1);
	while ((len = read(0, &question, sizeof(question))) > 0) {
		struct fsprobe_answer answer;

		answer_question(conf, &question, text, &answer);
		if (io_write_all(1, &answer, sizeof(answer)) != 0)
			break;
	}
	_exit(0);
}
