/*
 * Sums to samples. Two signs tell that processes are hidden: the options of the mount, beside what
 * we may see in spite of them; and a list without process 1, which every kernel's proc has. The
 * first alone misses a user namespace whose rights do not reach, the second a process of root's
 * user without CAP_SYS_PTRACE.
 */
#include "collect/proctotal.h"

#include <math.h>

#include "base/log.h"
#include "base/num.h"
#include "collect/hidepid.h"

/* The agent keeps no CAP_SYS_PTRACE: it could read all memory with it. */
#define MEND                                                                                    \
	"mount proc with gid= of a group that the agent's user is in (hidepid=ptraceable lets " \
	"no group off)"

bool
proctotal_is_hidden(const struct host *host, const struct pidlist *list)
{
	const struct hidepid *h = &host->covers.hidepid;
	bool sees_first = list->len > 0 && list->items[0].pid == 1;

	/* A recording is of what its maker saw. */
	if (!host->live)
		return !sees_first && hidepid_hides(h, false, false);
	if (!sees_first || h->level == HIDEPID_OFF)
		return !sees_first;
	return hidepid_hides(h, hidepid_may_trace(), hidepid_in_group(h));
}

static void
note_gap(const struct proctotal *t, struct gaps *gaps)
{
	struct gap gap = {.kind = GAP_HIDDEN, .what = "processes", .all = GAPS_UNCOUNTED};

	gap.metrics =
	    t->hidden ? "proc.count, proc.zombies, proc.threads" : "proc.zombies, proc.threads";
	if (!t->hidden) {
		gap.taken = t->listed - num_min_size(t->refused, t->listed);
		gap.all = t->listed;
	}
	gaps_note(gaps, &gap);
}

static void
say_kept_from_us(const struct proctotal *t, bool *said)
{
	if (*said)
		return;
	*said = true;
	if (t->hidden)
		log_warn("proc does not list the processes of other users (hidepid): proc.count, "
		         "proc.zombies and proc.threads are absent, and only processes of our own "
		         "user are tracked; " MEND);
	else
		log_warn("proc/PID/stat of %llu processes may not be read (hidepid, or a security "
		         "module): proc.zombies and proc.threads are absent, and these processes "
		         "are not tracked; " MEND,
		    (unsigned long long)t->refused);
}

void
proctotal_sample(const struct proctotal *t, struct host *host, struct batch *batch, bool *said)
{
	if (!t->hidden)
		batch_add(batch, METRIC_PROC_COUNT, (double)t->listed, NAN);
	if (t->hidden || t->refused > 0) {
		note_gap(t, &host->gaps);
		say_kept_from_us(t, said);
		return;
	}
	batch_add(batch, METRIC_PROC_ZOMBIES, (double)t->zombies, NAN);
	batch_add(batch, METRIC_PROC_THREADS, (double)t->threads, NAN);
}
