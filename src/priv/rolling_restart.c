/*
 * Stops workers, all or those whose configuration has changed, and starts these anew. A worker may
 * not want to stop, or be held by the kernel: every wait has an end, and one that is still there
 * after its SIGKILL is left to be reaped, and replaced, later.
 */
#include "priv/rolling_restart.h"

#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/wait.h>

#include "base/log.h"
#include "priv/lifeline.h"

#define REAP_MS 200 /* for the kernel to end what was killed */
#define BIT(role) (1u << (role))

/* Waits until these roles have ended, or until the deadline. Another that ends meanwhile is for
 * workers_reap(), which says why. */
static void
wait_for_end(struct workers *workers, unsigned roles, int64_t until_ns)
{
	for (;;) {
		int64_t left = until_ns - clock_now().boot_ns;
		struct timespec ts = {.tv_sec = left / NS_PER_SEC, .tv_nsec = left % NS_PER_SEC};
		bool running = false;

		for (int r = 0; r < ROLE_COUNT; r++) {
			pid_t pid = (roles & BIT(r)) != 0 ? workers->each[r].pid : 0;

			if (pid > 0 && waitpid(pid, NULL, WNOHANG) == pid)
				(void)workers_note_end(workers, pid);
			else
				running = running || pid > 0;
		}
		if (!running || left <= 0)
			return;
		(void)ppoll(NULL, 0, &ts, workers->wait_mask);
	}
}

static void
stop(struct workers *workers, unsigned roles)
{
	int64_t start_ns = clock_now().boot_ns;

	if ((roles & BIT(ROLE_AGENT)) != 0)
		workers_signal(workers, ROLE_AGENT, ROLE_STOP_SIGNAL);
	wait_for_end(workers, roles & BIT(ROLE_AGENT), start_ns + LAUNCH_STOP_AGENT_MS * NS_PER_MS);
	for (int r = ROLE_AGENT + 1; r < ROLE_COUNT; r++)
		if ((roles & BIT(r)) != 0)
			workers_signal(workers, (enum role)r, ROLE_STOP_SIGNAL);
	wait_for_end(workers, roles, start_ns + LAUNCH_STOP_ALL_MS * NS_PER_MS);
	for (int r = 0; r < ROLE_COUNT; r++) {
		if ((roles & BIT(r)) != 0 && workers->each[r].pid > 0) {
			workers_signal(workers, (enum role)r, SIGKILL);
			log_warn("%s does not stop: killing it", role_name((enum role)r));
		}
	}
	wait_for_end(workers, roles, start_ns + (LAUNCH_STOP_ALL_MS + REAP_MS) * NS_PER_MS);
}

void
rolling_restart_stop_all(struct workers *workers)
{
	stop(workers, BIT(ROLE_COUNT) - 1);
}

void
rolling_restart_one(struct workers *workers, enum role role)
{
	struct now now;

	stop(workers, BIT(role));
	now = clock_now();
	workers_start(workers, &now);
}

static bool
same_blob(const struct blob *a, const struct blob *b)
{
	return a->len == b->len && (a->len == 0 || memcmp(a->data, b->data, a->len) == 0);
}

/* Those that keep what they learnt: they are given the new configuration while they run. */
static unsigned
follow_in_place(
    const struct workers *workers, unsigned changed, const struct blob blobs[LAUNCH_BLOBS])
{
	const struct worker *agent = &workers->each[ROLE_AGENT];

	if ((changed & BIT(ROLE_AGENT)) == 0 || agent->pid == 0 || agent->lifeline < 0 ||
	    !lifeline_configure(agent->lifeline, blobs[ROLE_AGENT].data, blobs[ROLE_AGENT].len,
	        &workers->configured_at))
		return 0;
	return BIT(ROLE_AGENT);
}

bool
rolling_restart_changed(struct workers *workers, const struct blob blobs[LAUNCH_BLOBS])
{
	unsigned changed = 0;
	struct now now;

	for (int r = 0; r < ROLE_COUNT; r++)
		if (!same_blob(&workers->blobs[r], &blobs[r]))
			changed |= BIT(r);
	stop(workers, changed & ~follow_in_place(workers, changed, blobs));
	for (int b = 0; b < LAUNCH_BLOBS; b++) {
		blob_free(&workers->blobs[b]);
		workers->blobs[b] = blobs[b];
	}
	now = clock_now();
	if (changed != 0)
		workers_start(workers, &now);
	return changed != 0;
}
