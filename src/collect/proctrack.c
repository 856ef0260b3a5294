/*
 * Chooses the tracked processes and reads their status, io, limits and fd below /proc/PID. Being
 * denied another user's io or fd is the ordinary case: it is not asked again. The count of
 * descriptors is a stat() since Linux 6.2; before, the folder is read, which is dear, so only every
 * third scan, and the count is repeated in between: a series must not look gone. Before 5.11
 * reading io waits while the process starts a program, which it may do for as long as a server is
 * dead: there is none.
 */
#include "collect/proctrack.h"

#include <errno.h>
#include <fcntl.h>
#include <math.h>
#include <stdio.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/log.h"
#include "base/mem.h"
#include "base/str.h"
#include "collect/pidstatus.h"

#define PATTERNS_MAX 48
#define FILE_MAX 4096 /* io and limits are under 2 KB */
#define COUNT_EVERY 3
#define COUNT_MOST 65536 /* then a process has no count for good */
#define LIMIT_EVERY 10
/* To displace a tracked process another must have this much more. */
#define RSS_LEAD 1.25
#define CPU_LEAD 1.5
#define CPU_LEAD_PERCENT 0.5
#define CPU_LEAST_PERCENT 0.5 /* an idle process is no top consumer */
#define FDS_MAX 8             /* tracked for their descriptors */
#define FDS_PERCENT 50
#define FDS_KEEP_PERCENT 40

enum { RSS, CPU, THREADS, FD_COUNT, FD_USAGE, IO_READ, IO_WRITE, SWITCHES, ROWS };

static const enum metric_id rows[ROWS] = {
    [RSS] = METRIC_PROC_RSS,
    [CPU] = METRIC_PROC_CPU,
    [THREADS] = METRIC_PROC_THREAD_COUNT,
    [FD_COUNT] = METRIC_PROC_FD_COUNT,
    [FD_USAGE] = METRIC_PROC_FD_USAGE,
    [IO_READ] = METRIC_PROC_IO_READ,
    [IO_WRITE] = METRIC_PROC_IO_WRITE,
    [SWITCHES] = METRIC_PROC_CTXT_SWITCHES,
};

void
proctrack_init(struct proctrack *t, const struct strings *patterns, int64_t top_n)
{
	size_t most;

	*t = (struct proctrack){.patterns = patterns,
	    .patterns_max = patterns->len > 0 ? PATTERNS_MAX : 0,
	    .items = mem_zalloc(PROCTRACK_MAX, sizeof(*t->items))};
	most = (PROCTRACK_MAX - t->patterns_max - FDS_MAX) / 2;
	t->top_max = top_n < 0 ? 0 : (size_t)top_n;
	if (t->top_max > most) {
		t->top_max = most;
		log_warn("collector.process.track_top_n is cut to %zu: at most %d processes are "
		         "tracked",
		    most, PROCTRACK_MAX);
	}
}

void
proctrack_done(struct proctrack *t)
{
	mem_free(t->items);
}

bool
proctrack_matches(const struct proctrack *t, const char name[PIDSTAT_NAME_MAX])
{
	return str_glob_any(t->patterns->items, t->patterns->len, name);
}

static void
begin(struct proctrack *t, struct process *p)
{
	size_t i = 0;

	while (i < PROCTRACK_MAX && t->items[i].process != NULL)
		i++;
	if (i == PROCTRACK_MAX)
		return;
	t->items[i] = (struct tracked){.process = p};
	snprintf(t->items[i].pid, sizeof(t->items[i].pid), "%d", (int)p->pid);
	pidstat_label(p->name, t->items[i].name);
	p->tracked = (uint8_t)i;
}

void
proctrack_end(struct proctrack *t, struct process *p)
{
	if (p->tracked == PROC_UNTRACKED)
		return;
	t->items[p->tracked].process = NULL;
	p->tracked = PROC_UNTRACKED;
}

/* Scores of those in the top list already are raised: equals do not change places forever. */
static double
rss_score(const struct process *p)
{
	double score = (double)p->rss_pages;

	if (p->rss_pages == 0)
		return NAN;
	return (p->why & PROC_BY_RSS) != 0 ? score * RSS_LEAD : score;
}

static double
cpu_score(const struct process *p)
{
	if ((p->why & PROC_BY_CPU) != 0)
		return p->cpu_score * CPU_LEAD + CPU_LEAD_PERCENT;
	return p->cpu_score < CPU_LEAST_PERCENT ? NAN : (double)p->cpu_score;
}

static double
fds_score(const struct process *p)
{
	bool was = (p->why & PROC_BY_FDS) != 0;

	if (p->fd_percent < (was ? FDS_KEEP_PERCENT : FDS_PERCENT))
		return NAN;
	return was ? 100 + p->fd_percent : p->fd_percent;
}

/* Ranks everyone; of the reasons of the last time only a pattern's stays. Returns how many. */
static size_t
rank(struct proctable *table, struct proctop *rss, struct proctop *cpu, struct proctop *fds)
{
	size_t matching = 0;

	for (size_t i = 0; i < table->now.len; i++) {
		struct process *p = proctable_listed(table, i);

		if (p == NULL)
			continue;
		if (p->state == 'Z') {
			p->why = 0;
			continue;
		}
		proctop_offer(rss, rss_score(p), table->now.items[i].slot);
		proctop_offer(cpu, cpu_score(p), table->now.items[i].slot);
		proctop_offer(fds, fds_score(p), table->now.items[i].slot);
		p->why &= p->matches ? PROC_BY_PATTERN : 0;
		matching += p->why != 0;
	}
	return matching;
}

static void
mark(struct proctable *table, const struct proctop *top, unsigned why)
{
	for (size_t i = 0; i < top->len; i++)
		proctable_at(table, top->slots[i])->why |= (uint8_t)why;
}

/* Gives newly matching processes what room there is, and ends whom nothing speaks for. */
static void
apply_limit(struct proctrack *t, struct proctable *table, size_t matching)
{
	t->left_out = 0;
	for (size_t i = 0; i < table->now.len; i++) {
		struct process *p = proctable_listed(table, i);

		if (p == NULL)
			continue;
		if (p->matches && (p->why & PROC_BY_PATTERN) == 0 && p->state != 'Z') {
			if (matching < t->patterns_max) {
				p->why |= PROC_BY_PATTERN;
				matching++;
			} else {
				t->left_out++;
			}
		}
		if (p->why == 0)
			proctrack_end(t, p);
	}
	if (t->left_out > 0 && !t->said_many)
		log_warn("more than %d processes match track_patterns: the smaller of them are not "
		         "tracked",
		    PATTERNS_MAX);
	t->said_many = t->said_many || t->left_out > 0;
}

void
proctrack_select(struct proctrack *t, struct proctable *table)
{
	struct proctop rss = {.max = t->top_max}, cpu = {.max = t->top_max}, fds = {.max = FDS_MAX};
	size_t matching = rank(table, &rss, &cpu, &fds);

	mark(table, &rss, PROC_BY_RSS);
	mark(table, &cpu, PROC_BY_CPU);
	mark(table, &fds, PROC_BY_FDS);
	apply_limit(t, table, matching);
	for (size_t i = 0; i < table->now.len; i++) {
		struct process *p = proctable_listed(table, i);

		if (p != NULL && p->why != 0 && p->tracked == PROC_UNTRACKED)
			begin(t, p);
	}
}

static int
open_file(const struct host *host, const struct tracked *k, const char *name)
{
	char path[32];

	snprintf(path, sizeof(path), "%s/%s", k->pid, name);
	return host_open_path(host, false, path, O_RDONLY);
}

/* Reads PID/name into the scratch; -1 with errno. One read gives such a file whole. */
static ssize_t
read_file(const struct host *host, const struct tracked *k, const char *name)
{
	int fd = open_file(host, k, name), err;
	ssize_t len;

	if (fd < 0)
		return -1;
	len = read(fd, host->text, FILE_MAX);
	err = errno;
	close(fd);
	errno = err;
	return len;
}

static bool
is_denied(int err)
{
	return err == EACCES || err == EPERM;
}

static void
add(struct batch *batch, struct tracked *k, int row, double value, double raw)
{
	const char *const labels[] = {k->pid, k->name};

	batch_add_labelled(batch, &k->refs[row], rows[row], labels, value, raw);
}

static void
add_rate(struct batch *batch, struct tracked *k, int row, struct rate *rate, uint64_t counter)
{
	double per_sec;

	if (rate_update(rate, counter, batch->now.boot_ns, &per_sec))
		add(batch, k, row, per_sec, (double)counter);
}

static void
sample_io(struct tracked *k, const struct host *host, struct batch *batch)
{
	struct pidio io;
	ssize_t len;

	if (k->io_denied || (host->live && !host_is_since(host, 5, 11)))
		return;
	len = read_file(host, k, "io");
	if (len < 0)
		k->io_denied = is_denied(errno);
	if (len < 0 || !pidstat_io(host->text, (size_t)len, &io))
		return;
	add_rate(batch, k, IO_READ, &k->reads, io.read_bytes);
	add_rate(batch, k, IO_WRITE, &k->writes, io.write_bytes);
}

static void
sample_switches(struct tracked *k, const struct host *host, struct batch *batch)
{
	int fd = open_file(host, k, "status");
	uint64_t n;

	if (fd < 0)
		return;
	if (pidstatus_switches(fd, host->text, PIDSTATUS_BUFFER, &n))
		add_rate(batch, k, SWITCHES, &k->switches, n);
	close(fd);
}

/* Every so many scans, not the same one for all, and whenever there is no value yet. */
static bool
is_turn(const struct tracked *k, bool known, uint32_t every)
{
	return !known || (k->age + (uint32_t)k->process->pid) % every == 0;
}

static bool
kernel_counts_fds(const struct host *host)
{
	return host->own_proc && host_is_since(host, 6, 2);
}

/* Entries of the folder, without . and ..; stops soon after most. */
static bool
count_entries(const struct host *host, const char *path, uint64_t most, uint64_t *out)
{
	int fd = host_open_path(host, false, path, O_RDONLY | O_DIRECTORY);
	uint64_t entries = 0;
	long n = -1;

	while (fd >= 0 && entries <= most + 2 &&
	       (n = syscall(SYS_getdents64, fd, host->text, HOST_TEXT_MAX)) > 0)
		for (long at = 0; at < n; entries++)
			at += pidlist_entry_len(host->text + at);
	if (fd < 0)
		return false;
	close(fd);
	*out = entries >= 2 ? entries - 2 : 0;
	return n >= 0;
}

double
proctrack_count_fds(const struct host *host, const struct process *p)
{
	char path[32];
	struct stat st;

	snprintf(path, sizeof(path), "%d/fd", (int)p->pid);
	if (!kernel_counts_fds(host) || host_stat(host, false, path, &st) != 0)
		return NAN;
	return (double)st.st_size;
}

static void
count_fds(struct tracked *k, const struct host *host, uint64_t most)
{
	char path[32];
	struct stat st;

	snprintf(path, sizeof(path), "%s/fd", k->pid);
	if (kernel_counts_fds(host)) {
		k->fds_known = host_stat(host, false, path, &st) == 0;
		k->fds = k->fds_known ? (uint64_t)st.st_size : 0;
	} else if (!k->fds_denied && !k->process->dear_fds &&
	           is_turn(k, k->fds_known, COUNT_EVERY)) {
		errno = 0;
		k->fds_known = count_entries(host, path, most, &k->fds);
		k->fds_denied = !k->fds_known && is_denied(errno);
		k->process->dear_fds = k->fds_known && k->fds > most;
		k->fds_known = k->fds_known && k->fds <= most;
	}
}

static void
sample_fds(struct tracked *k, const struct host *host, struct batch *batch)
{
	bool was_known = k->fds_known;

	count_fds(k, host, COUNT_MOST);
	if (!k->fds_known)
		return;
	if (!was_known) {
		/* What it had before it was looked at is not known: it has not grown since. */
		for (size_t i = 0; i < PROC_MARKS; i++)
			k->fd_marks[i] = (uint32_t)k->fds;
	}
	/* Most new processes are gone by the next scan: no limit for them. */
	if (k->age > 0 && is_turn(k, k->limit_known, LIMIT_EVERY)) {
		ssize_t len = read_file(host, k, "limits");

		k->limit_known = len >= 0;
		if (len < 0 || !pidstat_file_limit(host->text, (size_t)len, &k->limit))
			k->limit = 0; /* unlimited */
	}
	add(batch, k, FD_COUNT, (double)k->fds, NAN);
	if (k->limit_known && k->limit > 0)
		add(batch, k, FD_USAGE, 100 * (double)k->fds / (double)k->limit, NAN);
}

void
proctrack_sample(struct proctrack *t, struct host *host, struct batch *batch)
{
	for (size_t i = 0; i < PROCTRACK_MAX; i++) {
		struct tracked *k = &t->items[i];

		if (k->process == NULL)
			continue;
		add(batch, k, RSS, (double)k->process->rss_pages * (double)host->page_bytes, NAN);
		if (!isnan(k->process->cpu_percent))
			add(batch, k, CPU, k->process->cpu_percent, NAN);
		add(batch, k, THREADS, k->process->threads, NAN);
		sample_fds(k, host, batch);
		sample_io(k, host, batch);
		sample_switches(k, host, batch);
		k->age++;
	}
}
