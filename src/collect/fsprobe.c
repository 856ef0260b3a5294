/*
 * Questions to children and their answers. Each child, a probe, is asked one thing at a time over a
 * pair of pipes. While all answer quickly one probe serves everyone in turn; when an answer is late
 * the probe is left to it and the others are asked on probes of their own, so that ten dead servers
 * take no longer to find than one. A child is given an alarm that ends it by itself; one whose call
 * cannot be interrupted is killed, abandoned and reaped when the kernel lets go of it.
 */
#include "collect/fsprobe.h"

#include <errno.h>
#include <limits.h>
#include <signal.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/io.h"
#include "base/log.h"
#include "base/mem.h"
#include "base/num.h"
#include "collect/await.h"
#include "collect/fsprobe_child.h"
#include "collect/fsprobe_process.h"

#define PROBES_MAX 16
#define PROBES_RESERVED 2 /* not for those that hang, or may */
#define STALE_WAIT_MS 2

struct fsprobe {
	struct fsprobe_conf conf;
	struct await await;
	struct fsprobe_process probes[PROBES_MAX];
	uint32_t round;
	bool said_failed;
};

_Static_assert(sizeof(struct fsprobe_answer) <= PIPE_BUF, "an answer is one atomic write");
_Static_assert(sizeof(struct fsprobe_question) <= PIPE_BUF, "and so is a question");

struct fsprobe *
fsprobe_new(const struct fsprobe_conf *conf)
{
	struct fsprobe *p = mem_zalloc(1, sizeof(*p));

	p->conf = *conf;
	p->await = (struct await)AWAIT_CLOSED;
	for (int i = 0; i < PROBES_MAX; i++)
		p->probes[i] = fsprobe_process_free;
	return p;
}

/* Lets the child go: a pipe that ends is its sign to leave. It is reaped by a later round. */
static void
close_probe(struct fsprobe *p, struct fsprobe_process *probe)
{
	await_remove(&p->await, probe->answer_fd);
	fsprobe_process_close(probe);
	probe->state = PROBE_DYING;
}

static void
kill_probe(struct fsprobe *p, struct fsprobe_process *probe)
{
	kill(probe->pid, SIGKILL);
	close_probe(p, probe);
}

/* The child of a free probe; false when there cannot be one. */
static bool
start_child(struct fsprobe *p, struct fsprobe_process *probe)
{
	if (fsprobe_process_start(probe, &p->conf) &&
	    await_add(&p->await, probe->answer_fd, (uint32_t)(probe - p->probes)))
		return true;
	if (!p->said_failed)
		log_warn_errno("no child to ask what may hang");
	p->said_failed = true;
	if (probe->pid > 0)
		kill_probe(p, probe);
	else
		fsprobe_process_reset(probe, p->conf.text_max);
	return false;
}

static void
set_stale(struct fsprobe_target *target)
{
	target->stale = true;
	target->good = false;
}

static void
take_text(struct fsprobe_target *target, const char *text, size_t len)
{
	if (len > target->text_cap) {
		target->text = mem_resize(target->text, len, 1);
		target->text_cap = len;
	}
	if (len > 0)
		memcpy(target->text, text, len);
	target->text_len = len;
}

static void
take_answer(struct fsprobe *p, struct fsprobe_process *probe, const struct fsprobe_answer *answer)
{
	struct fsprobe_target *target = probe->target;

	probe->state = PROBE_IDLE;
	probe->target = NULL;
	target->probe = 0;
	target->fresh = true;
	target->prompt = target->round == p->round;
	target->err = answer->err;
	if (answer->err == 0)
		target->value = answer->value;
	if (answer->err == 0 && probe->text != NULL)
		take_text(target, probe->text, num_min_size(answer->text_len, p->conf.text_max));
	target->good = true;
	target->stale = false;
}

static void
read_probe(struct fsprobe *p, struct fsprobe_process *probe)
{
	struct fsprobe_answer answer;
	ssize_t n = read(probe->answer_fd, &answer, sizeof(answer));

	if (n < 0)
		return; /* nothing yet */
	if (n == (ssize_t)sizeof(answer) && probe->state == PROBE_BUSY)
		take_answer(p, probe, &answer);
	else
		kill_probe(p, probe);
}

/* Takes in what has come, waiting for something if told to. False when the time was up. */
static bool
take_answers(struct fsprobe *p, bool wait)
{
	uint32_t numbers[AWAIT_MAX];
	bool time_is_up;
	size_t n;

	if (p->await.epoll_fd < 0)
		return false;
	n = await_next(&p->await, wait, numbers, &time_is_up);
	for (size_t i = 0; i < n; i++)
		read_probe(p, &p->probes[numbers[i]]);
	return !time_is_up;
}

/*
 * Children that have left. One that ended by its alarm was stuck; when somebody else has reaped it
 * (a loop that waits for any child) the time since the question tells.
 */
static void
reap(struct fsprobe *p, int64_t boot_ns)
{
	for (int i = 0; i < PROBES_MAX; i++) {
		struct fsprobe_process *probe = &p->probes[i];
		int status = 0;
		pid_t pid;

		if (probe->state != PROBE_DYING)
			continue;
		pid = waitpid(probe->pid, &status, WNOHANG);
		if (pid == 0)
			continue;
		if (probe->target != NULL) {
			bool late = boot_ns - probe->asked_ns >= p->conf.deadline_ms * NS_PER_MS;

			if (pid < 0 ? late : WIFSIGNALED(status) && WTERMSIG(status) == SIGALRM)
				set_stale(probe->target);
			probe->target->probe = 0;
		}
		fsprobe_process_reset(probe, p->conf.text_max);
	}
}

static void
abandon_late(struct fsprobe *p, int64_t boot_ns)
{
	for (int i = 0; i < PROBES_MAX; i++) {
		struct fsprobe_process *probe = &p->probes[i];

		if (probe->target == NULL ||
		    boot_ns - probe->asked_ns < p->conf.deadline_ms * NS_PER_MS)
			continue;
		set_stale(probe->target);
		if (probe->state == PROBE_BUSY)
			kill_probe(p, probe);
	}
}

/* Returns its length. */
static size_t
put_question(struct fsprobe_question *question, const struct fsprobe_target *target)
{
	size_t len = strlen(target->path) + 1;

	memset(&question->row, 0, sizeof(question->row));
	question->row = target->row;
	memcpy(question->path, target->path, len);
	return offsetof(struct fsprobe_question, path) + len;
}

/* Asks on an idle probe, or on a new one when there may be one; false when there is none. */
static bool
ask(struct fsprobe *p, struct fsprobe_target *target, bool may_start, int64_t boot_ns)
{
	struct fsprobe_process *probe = fsprobe_process_find(p->probes, PROBES_MAX, PROBE_IDLE);
	struct fsprobe_question question;
	size_t len;

	if (probe == NULL && may_start) {
		probe = fsprobe_process_find(p->probes, PROBES_MAX, PROBE_FREE);
		if (probe != NULL && !start_child(p, probe))
			probe = NULL;
	}
	if (probe == NULL)
		return false;
	len = put_question(&question, target);
	if (write(probe->request_fd, &question, len) != (ssize_t)len) {
		kill_probe(p, probe);
		return false;
	}
	probe->state = PROBE_BUSY;
	probe->target = target;
	probe->asked_ns = boot_ns;
	target->probe = (unsigned)(probe - p->probes) + 1;
	target->round = p->round;
	return true;
}

/* Asked in this round and not answered yet. */
static size_t
count_waiting(const struct fsprobe *p)
{
	size_t waiting = 0;

	for (size_t i = 0; i < PROBES_MAX; i++)
		waiting +=
		    p->probes[i].state == PROBE_BUSY && p->probes[i].target->round == p->round;
	return waiting;
}

/* The last probes are for those that answer. */
static bool
may_ask(const struct fsprobe *p, const struct fsprobe_target *t)
{
	return t->good || fsprobe_process_count(p->probes, PROBES_MAX, PROBE_FREE) +
	                          fsprobe_process_count(p->probes, PROBES_MAX, PROBE_IDLE) >
	                      PROBES_RESERVED;
}

/*
 * Asks from *next on, those that answered last time first; returns how many. waiting: how many are
 * under way. Unless in a hurry one probe must do.
 */
static size_t
ask_next(struct fsprobe *p, struct fsprobe_target *const targets[], size_t n, size_t *next,
    size_t waiting, bool hurry, int64_t boot_ns)
{
	size_t asked = 0;

	for (; *next < 2 * n; ++*next) {
		struct fsprobe_target *t = targets[*next % n];

		if (t->good != (*next < n) || t->probe != 0 || t->stale || t->round == p->round)
			continue;
		if (!may_ask(p, t) || !ask(p, t, hurry || waiting + asked == 0, boot_ns))
			break;
		asked++;
	}
	return asked;
}

/*
 * One after the other on one probe; when half of the time has gone, all the rest at once, each on a
 * probe of its own.
 */
static void
ask_and_wait(struct fsprobe *p, struct fsprobe_target *const targets[], size_t n, int64_t boot_ns)
{
	bool hurry = false;
	size_t next = 0;

	await_set_timer(&p->await, p->conf.wait_ms / 2);
	for (;;) {
		size_t waiting = count_waiting(p);

		waiting += ask_next(p, targets, n, &next, waiting, hurry, boot_ns);
		if (waiting == 0)
			break;
		if (take_answers(p, true))
			continue;
		if (hurry)
			break;
		hurry = true;
		await_set_timer(&p->await, p->conf.wait_ms - p->conf.wait_ms / 2);
	}
	await_set_timer(&p->await, 0);
}

/* Those that hung get a short moment, together; each round another one is the first. */
static void
ask_stale(struct fsprobe *p, struct fsprobe_target *const targets[], size_t n, int64_t boot_ns)
{
	size_t asked = 0;

	for (size_t i = 0; i < n; i++) {
		struct fsprobe_target *t = targets[(i + p->round) % n];

		if (t->stale && t->probe == 0 && may_ask(p, t))
			asked += ask(p, t, true, boot_ns);
	}
	if (asked == 0)
		return;
	await_set_timer(&p->await, STALE_WAIT_MS);
	while (take_answers(p, true))
		;
	await_set_timer(&p->await, 0);
}

/* One child stays for the next round; none when there is nothing to ask. */
static void
retire_idle(struct fsprobe *p, int keep)
{
	for (int i = 0; i < PROBES_MAX; i++)
		if (p->probes[i].state == PROBE_IDLE && keep-- <= 0)
			close_probe(p, &p->probes[i]);
}

/* What is too long to be asked, the kernel would not take either. */
static void
begin_round(const struct fsprobe *p, struct fsprobe_target *t)
{
	t->fresh = t->prompt = strlen(t->path) >= FSPROBE_PATH_MAX;
	if (!t->fresh)
		return;
	t->err = ENAMETOOLONG;
	t->round = p->round;
}

void
fsprobe_round(struct fsprobe *p, struct fsprobe_target *const targets[], size_t n, int64_t boot_ns)
{
	p->round++;
	for (size_t i = 0; i < n; i++)
		begin_round(p, targets[i]);
	take_answers(p, false);
	reap(p, boot_ns);
	abandon_late(p, boot_ns);
	if (n > 0 && await_open(&p->await)) {
		ask_and_wait(p, targets, n, boot_ns);
		ask_stale(p, targets, n, boot_ns);
	}
	retire_idle(p, n > 0);
}

void
fsprobe_forget(struct fsprobe *p, struct fsprobe_target *target)
{
	struct fsprobe_process *probe;

	if (target->probe == 0)
		return;
	probe = &p->probes[target->probe - 1];
	probe->target = NULL;
	target->probe = 0;
	if (probe->state == PROBE_BUSY)
		kill_probe(p, probe);
}

void
fsprobe_free(struct fsprobe *p)
{
	if (p == NULL)
		return;
	for (int i = 0; i < PROBES_MAX; i++) {
		struct fsprobe_process *probe = &p->probes[i];
		bool idle = probe->state == PROBE_IDLE;

		if (probe->state == PROBE_FREE)
			continue;
		kill_probe(p, probe);
		waitpid(probe->pid, NULL, idle ? 0 : WNOHANG);
		fsprobe_process_reset(probe, p->conf.text_max);
	}
	await_close(&p->await);
	mem_free(p);
}
