/*
 * Marks of the past and the last scan to a ranking. A process younger than a mark has a zero there,
 * which is the truth: it added all that it has. Where nobody grew, the largest are named instead,
 * and said to be that.
 */
#include "collect/procgrowth.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/num.h"

#define QUICK_NS (30 * NS_PER_SEC)     /* between marks of the first kind: four minutes back */
#define SLOW_NS (30 * 60 * NS_PER_SEC) /* of the second: half an hour to an hour back */
#define SLACK_NS (NS_PER_SEC)          /* a scan may come so much early */
#define AGE_LEAST_NS (10 * NS_PER_SEC) /* a younger mark says little */
#define MEMORY_BACK_NS                                                                          \
	(240 * NS_PER_SEC)               /* what fills memory began before the limit was passed \
	                                  */
#define MEMORY_LEAST (8.0 * 1024 * 1024) /* bytes: less growth than this explains no alert */
#define FDS_LEAST 256.0
#define CPU_LEAST 5.0 /* percent of a core */
#define PROCESSES_LEAST 10.0
#define THREADS_LEAST 50.0
/* Summed up at a time: hosts have some dozen names of programs. */
#define NAMES_MAX 256

/* Places of marks: the quick ones, then the slow ones. */
static const struct span {
	size_t first, count;
	int64_t every_ns;
} quick = {0, PROC_MARKS_QUICK, QUICK_NS},
  slow = {PROC_MARKS_QUICK, PROC_MARKS - PROC_MARKS_QUICK, SLOW_NS};

static void
take_mark(struct proctable *t, struct proctrack *track, size_t at, int64_t now_ns)
{
	t->marked_ns[at] = now_ns;
	for (size_t i = 0; i < t->now.len; i++) {
		struct process *p = proctable_listed(t, i);

		if (p != NULL)
			p->marks[at] = (struct proc_mark){
			    .rss_pages = (uint32_t)p->rss_pages, .ticks = (uint32_t)p->ticks};
	}
	for (size_t i = 0; i < PROCTRACK_MAX; i++)
		track->items[i].fd_marks[at] = (uint32_t)track->items[i].fds;
}

/* The place of the oldest of a span, which is the next to be written over. */
static size_t
oldest_of(const struct proctable *t, const struct span *span)
{
	size_t oldest = span->first;

	for (size_t i = span->first; i < span->first + span->count; i++) {
		if (t->marked_ns[i] < t->marked_ns[oldest])
			oldest = i;
	}
	return oldest;
}

static int64_t
newest_of(const struct proctable *t, const struct span *span)
{
	int64_t newest = 0;

	for (size_t i = span->first; i < span->first + span->count; i++)
		newest = num_max(newest, t->marked_ns[i]);
	return newest;
}

static void
mark_span(struct proctable *t, struct proctrack *track, const struct span *span, int64_t now_ns)
{
	int64_t newest = newest_of(t, span);

	if (newest == 0 || now_ns - newest + SLACK_NS >= span->every_ns)
		take_mark(t, track, oldest_of(t, span), now_ns);
}

void
procgrowth_mark(struct proctable *t, struct proctrack *track, int64_t now_ns)
{
	mark_span(t, track, &quick, now_ns);
	mark_span(t, track, &slow, now_ns);
}

/*
 * The mark nearest to a moment, of those that are old enough; else the one that is not, for they
 * are further apart. -1: there is none.
 */
static int
find_mark(const struct procgrowth *g, const struct span *span, int64_t when_ns)
{
	const int64_t *at = g->table->marked_ns;
	int best = -1, young = -1;

	for (int i = (int)span->first; i < (int)(span->first + span->count); i++) {
		if (at[i] == 0 || at[i] >= g->now_ns)
			continue;
		if (g->now_ns - at[i] < AGE_LEAST_NS)
			young = i;
		else if (best < 0 || llabs(at[i] - when_ns) < llabs(at[best] - when_ns))
			best = i;
	}
	return best >= 0 ? best : young;
}

static double
start_secs(const struct procgrowth *g, const struct process *p)
{
	return (double)p->starttime / (double)g->host->ticks_per_sec;
}

/* In percent of one core: over the time since the mark, or since its last scan if that is more. */
static double
cpu_growth(const struct procgrowth *g, const struct process *p, int mark)
{
	double ticks_per_sec = (double)g->host->ticks_per_sec, secs, percent = NAN;
	double age = (double)g->now_ns / NS_PER_SEC - start_secs(g, p);

	if (mark >= 0) {
		secs = fmin((double)(g->now_ns - g->table->marked_ns[mark]) / NS_PER_SEC, age);
		if (secs >= 1)
			percent = 100 * (double)((uint32_t)p->ticks - p->marks[mark].ticks) /
			          ticks_per_sec / secs;
	}
	return fmax(percent, p->cpu_percent); /* the one that is a number, if only one is */
}

static double
memory_growth(const struct procgrowth *g, const struct process *p, int mark)
{
	double before = mark < 0 ? 0 : (double)p->marks[mark].rss_pages;

	return ((double)p->rss_pages - before) * (double)g->host->page_bytes;
}

static double
fd_growth(const struct procgrowth *g, const struct process *p, int mark)
{
	const struct tracked *k;
	double before = 0;

	if (p->tracked == PROC_UNTRACKED)
		return mark < 0 ? proctrack_count_fds(g->host, p) : NAN;
	k = &g->track->items[p->tracked];
	if (!k->fds_known)
		return NAN;
	if (mark >= 0 && start_secs(g, p) <= (double)g->table->marked_ns[mark] / NS_PER_SEC)
		before = (double)k->fd_marks[mark];
	return (double)k->fds - before;
}

/* Waiting for a disk, or something that looks like one, at the last scan. */
static double
waiting(const struct procgrowth *g, const struct process *p, int mark)
{
	(void)g;
	(void)mark;
	return p->state == 'D' ? 1 : NAN;
}

static double
one(const struct procgrowth *g, const struct process *p, int mark)
{
	(void)g;
	(void)p;
	(void)mark;
	return 1;
}

static double
threads(const struct procgrowth *g, const struct process *p, int mark)
{
	(void)g;
	(void)mark;
	return p->threads;
}

static double
dead(const struct procgrowth *g, const struct process *p, int mark)
{
	(void)g;
	(void)mark;
	return p->state == 'Z' ? 1 : NAN;
}

static const struct measure {
	double (*of)(const struct procgrowth *g, const struct process *p, int mark);
	double least; /* in sum: less is nothing to speak of */
	int64_t back_ns;
	bool slow, size; /* then look further back; then name the largest */
	bool dead;       /* zombies count */
} measures[] = {
    [GROWTH_CPU] = {cpu_growth, CPU_LEAST, 0, false, false, false},
    [GROWTH_MEMORY] = {memory_growth, MEMORY_LEAST, MEMORY_BACK_NS, true, true, false},
    [GROWTH_FD] = {fd_growth, FDS_LEAST, MEMORY_BACK_NS, true, true, false},
    [GROWTH_WAITING] = {waiting, 1, 0, false, false, false},
    [GROWTH_PROCESSES] = {one, PROCESSES_LEAST, 0, false, false, true},
    [GROWTH_THREADS] = {threads, THREADS_LEAST, 0, false, false, false},
    [GROWTH_ZOMBIES] = {dead, 1, 0, false, false, true},
};

/* Sums by name: of many more names, the small ones give their places to those that come. */
struct names {
	size_t len;
	struct process_growth sums[NAMES_MAX];
};

static size_t
place_of(const struct names *names, const char *name)
{
	size_t smallest = 0;

	for (size_t i = 0; i < names->len; i++) {
		if (strcmp(names->sums[i].name, name) == 0)
			return i;
		if (names->sums[i].amount < names->sums[smallest].amount)
			smallest = i;
	}
	return names->len < NAMES_MAX ? names->len : smallest;
}

static void
add_to_name(struct names *names, const struct process *p, double amount)
{
	char name[PIDSTAT_NAME_MAX];
	struct process_growth *sum;
	size_t at;

	pidstat_label(p->name, name);
	at = place_of(names, name);
	sum = &names->sums[at];
	if (at == names->len || strcmp(sum->name, name) != 0) {
		*sum = (struct process_growth){.pid = p->pid};
		memcpy(sum->name, name, sizeof(name));
		names->len += at == names->len;
	}
	if (amount > sum->most)
		sum->pid = p->pid;
	sum->most = fmax(sum->most, amount);
	sum->processes++;
	sum->amount += amount;
}

static size_t
pick(struct process_growth *all, size_t len, double least, bool grown, struct process_growth *out,
    size_t n)
{
	size_t picked = 0;

	while (picked < n) {
		struct process_growth *best = NULL;

		for (size_t i = 0; i < len; i++) {
			if (all[i].processes > 0 && all[i].amount >= least &&
			    (best == NULL || all[i].amount > best->amount))
				best = &all[i];
		}
		if (best == NULL)
			break;
		out[picked] = *best;
		out[picked++].grown = grown;
		best->processes = 0;
	}
	return picked;
}

static size_t
rank(const struct procgrowth *g, const struct growth_query *query, int mark, bool grown,
    struct process_growth *out, size_t n)
{
	const struct measure *m = &measures[query->kind];
	struct names names;

	names.len = 0;
	for (size_t i = 0; i < g->table->now.len; i++) {
		const struct process *p = proctable_listed(g->table, i);
		double amount;

		if (p == NULL || (p->state == 'Z' && !m->dead) ||
		    (query->pid != 0 && p->pid != query->pid))
			continue;
		amount = m->of(g, p, mark);
		if (amount > 0)
			add_to_name(&names, p, amount);
	}
	return pick(names.sums, names.len, m->least, grown, out, n);
}

size_t
procgrowth_rank(const struct procgrowth *g, const struct growth_query *query,
    struct process_growth *out, size_t n)
{
	const struct measure *m = &measures[query->kind];
	int mark = find_mark(g, &quick, query->since_ns - m->back_ns);
	size_t found = 0;

	if (mark >= 0 || !m->size)
		found = rank(g, query, mark, true, out, n);
	if (found == 0 && m->slow && (mark = find_mark(g, &slow, 0)) >= 0)
		found = rank(g, query, mark, true, out, n);
	if (found == 0 && m->size)
		found = rank(g, query, -1, false, out, n);
	return found;
}
