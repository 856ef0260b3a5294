/*
 * Questions to children and their answers. Each child, a lane, is asked one thing at a time over a
 * pair of pipes. While all answer quickly one lane serves everyone in turn; when an answer is late
 * the lane is left to it and the others are asked on lanes of their own, so that ten dead servers
 * take no longer to find than one. A child is given an alarm that ends it by itself; one whose call
 * cannot be interrupted is killed, abandoned and reaped when the kernel lets go of it.
 */
#include "collect/fsprobe.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/io.h"
#include "base/log.h"
#include "base/mem.h"
#include "collect/await.h"
#include "collect/fsprobe_child.h"

#define LANES 16
/* A stale target may not take the last lanes from those that have not failed yet. */
#define LANES_FOR_HEALTHY 2

enum lane_state { FREE, IDLE, BUSY, DYING };

struct lane {
	enum lane_state state;
	pid_t pid;
	int request_fd, answer_fd;
	int reader_fd; /* of the request pipe: kept open, writing to a dead child is no SIGPIPE */
	struct fsprobe_target *target; /* NULL: none, or forgotten */
	int64_t asked_ns;
};

struct fsprobe {
	struct fsprobe_conf conf;
	struct await await;
	struct lane lanes[LANES];
	uint32_t round;
	bool said_failed;
};

_Static_assert(sizeof(struct fsprobe_answer) <= PIPE_BUF, "an answer is one atomic write");

static const struct lane free_lane = {.request_fd = -1, .reader_fd = -1, .answer_fd = -1};

struct fsprobe *
fsprobe_new(const struct fsprobe_conf *conf)
{
	struct fsprobe *p = mem_zalloc(1, sizeof(*p));

	p->conf = *conf;
	p->await = (struct await)AWAIT_CLOSED;
	for (int i = 0; i < LANES; i++)
		p->lanes[i] = free_lane;
	return p;
}

int
fsprobe_fd(const struct fsprobe *p)
{
	return p->await.epoll_fd;
}

static void
close_pipes(struct lane *lane)
{
	io_close(&lane->request_fd);
	io_close(&lane->reader_fd);
	io_close(&lane->answer_fd);
}

/* Lets the child go: a pipe that ends is its sign to leave. It is reaped by a later round. */
static void
close_lane(struct fsprobe *p, struct lane *lane)
{
	if (lane->answer_fd >= 0)
		await_remove(&p->await, lane->answer_fd);
	close_pipes(lane);
	lane->state = DYING;
}

static void
kill_lane(struct fsprobe *p, struct lane *lane)
{
	kill(lane->pid, SIGKILL);
	close_lane(p, lane);
}

/* The child of a free lane; false when there cannot be one. */
static bool
start_child(struct fsprobe *p, struct lane *lane)
{
	int request[2] = {-1, -1}, answer[2] = {-1, -1};
	pid_t parent = getpid(), pid = -1;

	if (pipe2(request, O_CLOEXEC) == 0 && pipe2(answer, O_CLOEXEC) == 0)
		pid = fork();
	if (pid == 0)
		fsprobe_child(&p->conf, request[0], answer[1], parent);
	io_close(&answer[1]);
	*lane = (struct lane){.state = IDLE,
	    .pid = pid,
	    .request_fd = request[1],
	    .reader_fd = request[0],
	    .answer_fd = answer[0]};
	if (pid > 0 && io_set_nonblock(answer[0]) == 0 &&
	    await_add(&p->await, answer[0], (uint32_t)(lane - p->lanes)))
		return true;
	if (!p->said_failed)
		log_warn_errno("no child to ask file systems that may hang");
	p->said_failed = true;
	if (pid > 0) {
		kill_lane(p, lane);
	} else {
		close_pipes(lane);
		*lane = free_lane;
	}
	return false;
}

static struct lane *
find_lane(struct fsprobe *p, enum lane_state state)
{
	for (int i = 0; i < LANES; i++)
		if (p->lanes[i].state == state)
			return &p->lanes[i];
	return NULL;
}

static int
count_lanes(const struct fsprobe *p, enum lane_state state)
{
	int n = 0;

	for (int i = 0; i < LANES; i++)
		n += p->lanes[i].state == state;
	return n;
}

static void
set_stale(struct fsprobe_target *target)
{
	if (!target->stale)
		log_warn("file system %s does not answer", target->path);
	target->stale = true;
}

static void
take_answer(struct lane *lane, const struct fsprobe_answer *answer)
{
	struct fsprobe_target *target = lane->target;

	lane->state = IDLE;
	lane->target = NULL;
	if (target == NULL)
		return;
	target->lane = 0;
	target->fresh = true;
	target->ok = answer->ok;
	if (answer->ok)
		target->value = answer->value;
	if (target->stale)
		log_info("file system %s answers again", target->path);
	target->stale = false;
}

static void
read_lane(struct fsprobe *p, struct lane *lane)
{
	struct fsprobe_answer answer;
	ssize_t n = read(lane->answer_fd, &answer, sizeof(answer));

	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return;
	if (n == (ssize_t)sizeof(answer) && lane->state == BUSY)
		take_answer(lane, &answer);
	else
		kill_lane(p, lane);
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
		read_lane(p, &p->lanes[numbers[i]]);
	return !time_is_up;
}

/*
 * Children that have left. One that ended by its alarm was stuck; when somebody else has reaped it
 * (a loop that waits for any child) the time since the question tells.
 */
static void
reap(struct fsprobe *p, int64_t boot_ns)
{
	for (int i = 0; i < LANES; i++) {
		struct lane *lane = &p->lanes[i];
		int status = 0;
		pid_t pid;

		if (lane->state != DYING)
			continue;
		pid = waitpid(lane->pid, &status, WNOHANG);
		if (pid == 0)
			continue;
		if (lane->target != NULL) {
			bool late = boot_ns - lane->asked_ns >= p->conf.deadline_ms * NS_PER_MS;

			if (pid < 0 ? late : WIFSIGNALED(status) && WTERMSIG(status) == SIGALRM)
				set_stale(lane->target);
			lane->target->lane = 0;
		}
		*lane = free_lane;
	}
}

static void
abandon_late(struct fsprobe *p, int64_t boot_ns)
{
	for (int i = 0; i < LANES; i++) {
		struct lane *lane = &p->lanes[i];

		if (lane->target == NULL ||
		    boot_ns - lane->asked_ns < p->conf.deadline_ms * NS_PER_MS)
			continue;
		set_stale(lane->target);
		if (lane->state == BUSY)
			kill_lane(p, lane);
	}
}

/* Asks on an idle lane, or on a new one when there may be one; false when there is none. */
static bool
ask(struct fsprobe *p, struct fsprobe_target *target, bool may_start, int64_t boot_ns)
{
	struct lane *lane = find_lane(p, IDLE);
	size_t len = strlen(target->path) + 1;

	if (lane == NULL && may_start) {
		lane = find_lane(p, FREE);
		if (lane != NULL && !start_child(p, lane))
			lane = NULL;
	}
	if (lane == NULL || len > FSPROBE_PATH_MAX)
		return false;
	if (write(lane->request_fd, target->path, len) != (ssize_t)len) {
		kill_lane(p, lane);
		return false;
	}
	lane->state = BUSY;
	lane->target = target;
	lane->asked_ns = boot_ns;
	target->lane = (unsigned)(lane - p->lanes) + 1;
	target->round = p->round;
	return true;
}

/* Those that have failed before are not waited for. */
static void
ask_stale(struct fsprobe *p, struct fsprobe_target *const targets[], size_t n, int64_t boot_ns)
{
	for (size_t i = 0; i < n; i++) {
		if (!targets[i]->stale || targets[i]->lane != 0)
			continue;
		if (count_lanes(p, FREE) + count_lanes(p, IDLE) <= LANES_FOR_HEALTHY ||
		    !ask(p, targets[i], true, boot_ns))
			return;
	}
}

/* Asked in this round and not answered yet. */
static size_t
count_waiting(const struct fsprobe *p, struct fsprobe_target *const targets[], size_t n)
{
	size_t waiting = 0;

	for (size_t i = 0; i < n; i++)
		waiting += targets[i]->lane != 0 && !targets[i]->stale &&
		           targets[i]->round == p->round &&
		           p->lanes[targets[i]->lane - 1].state == BUSY;
	return waiting;
}

/*
 * One after the other on one lane; when half of the time has gone, all the rest at once, each on a
 * lane of its own.
 */
static void
ask_others(struct fsprobe *p, struct fsprobe_target *const targets[], size_t n, int64_t boot_ns)
{
	bool hurry = false;
	size_t next = 0, waiting = 0;

	await_set_timer(&p->await, p->conf.wait_ms / 2);
	for (;;) {
		for (; next < n; next++) {
			struct fsprobe_target *t = targets[next];

			if (t->lane != 0 || t->stale || t->round == p->round)
				continue;
			if (!ask(p, t, hurry || waiting == 0, boot_ns))
				break;
			waiting++;
		}
		waiting = count_waiting(p, targets, n);
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

/* One child stays for the next round; none when there is nothing to ask. */
static void
retire_idle(struct fsprobe *p, int keep)
{
	for (int i = 0; i < LANES; i++)
		if (p->lanes[i].state == IDLE && keep-- <= 0)
			close_lane(p, &p->lanes[i]);
}

void
fsprobe_round(struct fsprobe *p, struct fsprobe_target *const targets[], size_t n, int64_t boot_ns)
{
	for (size_t i = 0; i < n; i++)
		targets[i]->fresh = false;
	p->round++;
	take_answers(p, false);
	reap(p, boot_ns);
	abandon_late(p, boot_ns);
	if (n > 0 && await_open(&p->await)) {
		ask_stale(p, targets, n, boot_ns);
		ask_others(p, targets, n, boot_ns);
	}
	retire_idle(p, n > 0);
}

void
fsprobe_forget(struct fsprobe *p, struct fsprobe_target *target)
{
	struct lane *lane;

	if (target->lane == 0)
		return;
	lane = &p->lanes[target->lane - 1];
	lane->target = NULL;
	target->lane = 0;
	if (lane->state == BUSY)
		kill_lane(p, lane);
}

void
fsprobe_free(struct fsprobe *p)
{
	if (p == NULL)
		return;
	for (int i = 0; i < LANES; i++) {
		struct lane *lane = &p->lanes[i];
		bool idle = lane->state == IDLE;

		if (lane->state == FREE)
			continue;
		kill_lane(p, lane);
		waitpid(lane->pid, NULL, idle ? 0 : WNOHANG);
	}
	await_close(&p->await);
	mem_free(p);
}
