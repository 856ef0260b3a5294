/*
 * /proc/PID/stat of every process to the proc.* samples. A process is (pid, start time): a kept
 * descriptor of a dead one fails, and a pid with another start time is another process. Kernel
 * threads are half of a small machine's pids and never tracked: they are looked at once, and again
 * only when their directory is a new one. What cannot be read is counted and otherwise absent.
 */
#include <errno.h>
#include <fcntl.h>
#include <math.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include "base/io.h"
#include "base/log.h"
#include "base/mem.h"
#include "base/num.h"
#include "base/str.h"
#include "collect/collect.h"
#include "collect/procgrowth.h"
#include "collect/fd_scan.h"
#include "collect/proctable.h"
#include "collect/proctotal.h"
#include "collect/proctrack.h"

#define STAT_MAX 1024 /* 52 numbers and a name */
/* getdents64() fills this much at a time: about 2,500 pids. */
#define LIST_CHUNK (64 * 1024)
/* A kernel thread is looked at again after this many scans, should its directory not tell. */
#define LOOK_AGAIN_SCANS 64
#define STALE_NS (5 * NS_PER_SEC) /* an alert looks again when the last look is older */
#define RENAMES_MAX 8
#define SCORE_KEPT 0.7f /* of the CPU score from scan to scan: 3 % of a burst after ten */
/* Most descriptors kept, and how many of the limit are left to everyone else. */
#define KEPT_FDS_MAX 2048
#define OTHER_FDS 512
#define WANTED_NOFILE 8192

struct scan {
	int64_t at_ns;
	struct proctotal total;
	double elapsed_ticks; /* since the scan before; the first has none to tell of */
};

struct processes {
	struct proctable table;
	struct proctrack track;
	int dir_fd;      /* proc root, for listing; -1 not open */
	uint64_t number; /* of scans so far */
	int64_t page_bytes;
	struct scan last;
	bool said_full, said_malformed, said_unlisted, said_kept_from_us;
};

static size_t
kept_of(uint64_t limit)
{
	if (limit >= KEPT_FDS_MAX + OTHER_FDS)
		return KEPT_FDS_MAX;
	return limit > OTHER_FDS ? (size_t)limit - OTHER_FDS : 0;
}

/* Room for kept descriptors: the soft limit goes up to the hard one, within reason. */
static size_t
find_fds_max(const struct host *host)
{
	struct rlimit limit;

	if (!host->live || getrlimit(RLIMIT_NOFILE, &limit) != 0)
		return 0;
	if (limit.rlim_cur < WANTED_NOFILE && limit.rlim_cur < limit.rlim_max) {
		struct rlimit more = limit;

		more.rlim_cur = limit.rlim_max < WANTED_NOFILE ? limit.rlim_max : WANTED_NOFILE;
		if (setrlimit(RLIMIT_NOFILE, &more) == 0)
			limit = more;
	}
	return kept_of(limit.rlim_cur);
}

static void *
open_processes(const struct conf_collect *conf, struct host *host)
{
	struct processes *s = mem_zalloc(1, sizeof(*s));

	s->dir_fd = -1;
	s->page_bytes = host->page_bytes;
	proctable_init(&s->table, find_fds_max(host));
	proctrack_init(&s->track, &conf->process_track_patterns, conf->process_track_top_n);
	return s;
}

static void
close_processes(void *state)
{
	struct processes *s = state;

	io_close(&s->dir_fd);
	proctable_done(&s->table);
	proctrack_done(&s->track);
	mem_free(s);
}

/* Lists the pids into table.now; what was there is now in table.before. */
static bool
list_pids(struct processes *s, const struct host *host)
{
	struct proctable *t = &s->table;
	struct pidlist swap = t->before;
	bool ok;

	t->before = t->now;
	t->now = swap;
	if (s->dir_fd < 0)
		s->dir_fd = host_open_path(host, false, ".", O_RDONLY | O_DIRECTORY);
	ok = s->dir_fd >= 0 && lseek(s->dir_fd, 0, SEEK_SET) == 0 &&
	     pidlist_read(&t->now, s->dir_fd, host->text, LIST_CHUNK, PROCTABLE_MAX);
	if (!ok || !host->live)
		io_close(&s->dir_fd);
	return ok;
}

static void
retire(struct processes *s, uint32_t slot)
{
	if (slot >= PROCTABLE_MAX)
		return;
	proctrack_end(&s->track, proctable_at(&s->table, slot));
	proctable_drop(&s->table, slot);
}

/* The text of PID/stat; *fd is the open descriptor. Its length, or -1. */
static ssize_t
open_stat(struct processes *s, const struct host *host, int32_t pid, int *fd, char text[STAT_MAX])
{
	char path[32];

	snprintf(path, sizeof(path), "%d/stat", (int)pid);
	*fd = host_open_path(host, false, path, O_RDONLY);
	s->last.total.refused += *fd < 0 && (errno == EACCES || errno == EPERM);
	return *fd < 0 ? -1 : pread(*fd, text, STAT_MAX, 0);
}

static bool
parse_stat(struct processes *s, const char *text, ssize_t len, struct pidstat *out)
{
	if (len <= 0)
		return false;
	if (pidstat_parse(text, (size_t)len, out))
		return true;
	if (!s->said_malformed)
		log_warn("proc/PID/stat is not of the form that the kernel documents: such "
		         "processes are only counted");
	s->said_malformed = true;
	return false;
}

/* The first names of a process are often those of the programs that started it. */
static void
take_name(struct processes *s, struct process *p, const char name[PIDSTAT_NAME_MAX])
{
	memcpy(p->name, name, sizeof(p->name));
	p->matches = proctrack_matches(&s->track, p->name);
}

static void
rename_process(struct processes *s, struct process *p, const char name[PIDSTAT_NAME_MAX])
{
	if (p->renames == RENAMES_MAX)
		return;
	p->renames++;
	proctrack_end(&s->track, p); /* it begins anew under its new name */
	take_name(s, p, name);
}

static void
take_cpu(struct process *p, uint64_t ticks, double elapsed_ticks)
{
	p->cpu_percent = NAN;
	if (elapsed_ticks > 0 && ticks >= p->ticks) {
		p->cpu_percent = (float)(100 * (double)(ticks - p->ticks) / elapsed_ticks);
		p->cpu_score *= SCORE_KEPT;
		if (p->cpu_percent > p->cpu_score)
			p->cpu_score = p->cpu_percent;
	}
	p->ticks = ticks;
}

static void
take_stat(struct processes *s, struct process *p, const struct pidstat *st)
{
	p->rss_pages = st->rss_pages;
	p->threads = st->threads < UINT32_MAX ? (uint32_t)st->threads : UINT32_MAX;
	p->state = st->state;
	s->last.total.zombies += st->state == 'Z';
	s->last.total.threads += st->threads;
}

/* A process not seen before; takes over fd. */
static uint32_t
begin_process(struct processes *s, int32_t pid, int fd, const struct pidstat *st)
{
	uint32_t slot = proctable_add(&s->table);
	struct process *p;

	if (slot == PROCTABLE_NONE) {
		close(fd);
		return slot;
	}
	p = proctable_at(&s->table, slot);
	p->pid = pid;
	p->starttime = st->starttime;
	p->ticks = st->utime + st->stime;
	p->cpu_percent = NAN;
	take_name(s, p, st->name);
	take_stat(s, p, st);
	proctable_keep_fd(&s->table, p, fd);
	return slot;
}

static void
continue_process(struct processes *s, struct process *p, const struct pidstat *st)
{
	if (memcmp(p->name, st->name, sizeof(p->name)) != 0)
		rename_process(s, p, st->name);
	take_cpu(p, st->utime + st->stime, s->last.elapsed_ticks);
	take_stat(s, p, st);
}

/* What is at pid now, by its path; slot: who was there before. Returns who is. */
static uint32_t
look_up(struct processes *s, const struct host *host, int32_t pid, uint32_t slot)
{
	char text[STAT_MAX];
	struct pidstat st;
	int fd;
	bool ok = parse_stat(s, text, open_stat(s, host, pid, &fd, text), &st);
	bool kthread = ok && (st.flags & PIDSTAT_PF_KTHREAD) != 0;

	if (ok && !kthread && slot < PROCTABLE_MAX &&
	    proctable_at(&s->table, slot)->starttime == st.starttime) {
		continue_process(s, proctable_at(&s->table, slot), &st);
		proctable_keep_fd(&s->table, proctable_at(&s->table, slot), fd);
		return slot;
	}
	retire(s, slot);
	if (ok && !kthread)
		return begin_process(s, pid, fd, &st);
	io_close(&fd);
	s->last.total.threads += kthread;
	return kthread ? PROCTABLE_KTHREAD : PROCTABLE_NONE;
}

/* before: what the pid was at the last scan, or NULL. Returns its slot now. */
static uint32_t
visit(struct processes *s, const struct host *host, const struct pidlist_item *item,
    const struct pidlist_item *before)
{
	uint32_t slot = before == NULL ? PROCTABLE_NONE : before->slot;
	char text[STAT_MAX];
	struct process *p;
	struct pidstat st;

	if (slot == PROCTABLE_KTHREAD && item->ino == before->ino &&
	    (s->number + (uint64_t)item->pid) % LOOK_AGAIN_SCANS != 0) {
		s->last.total.threads++;
		return slot;
	}
	if (slot >= PROCTABLE_MAX || proctable_at(&s->table, slot)->fd < 0)
		return look_up(s, host, item->pid, slot);
	p = proctable_at(&s->table, slot);
	if (parse_stat(s, text, pread(p->fd, text, sizeof(text), 0), &st)) {
		continue_process(s, p, &st);
		return slot;
	}
	proctable_close_fd(&s->table, p);
	return look_up(s, host, item->pid, slot);
}

/* Both lists ascend by pid: one walk finds who stayed, who came and who left. */
static void
visit_all(struct processes *s, const struct host *host)
{
	struct pidlist *now = &s->table.now, *before = &s->table.before;
	size_t j = 0;

	for (size_t i = 0; i < now->len; i++) {
		const struct pidlist_item *known = NULL;

		while (j < before->len && before->items[j].pid < now->items[i].pid)
			retire(s, before->items[j++].slot);
		if (j < before->len && before->items[j].pid == now->items[i].pid)
			known = &before->items[j++];
		now->items[i].slot = visit(s, host, &now->items[i], known);
	}
	while (j < before->len)
		retire(s, before->items[j++].slot);
	before->len = 0;
}

static void
begin_scan(struct processes *s, const struct host *host, int64_t boot_ns)
{
	double ns = (double)(boot_ns - s->last.at_ns);

	s->last = (struct scan){.at_ns = boot_ns,
	    .elapsed_ticks = ns / (double)NS_PER_SEC * (double)host->ticks_per_sec};
	s->number++;
}

/* Looks at every process. */
static void
scan(struct processes *s, struct host *host, int64_t boot_ns)
{
	begin_scan(s, host, boot_ns);
	if (!list_pids(s, host)) {
		if (!s->said_unlisted)
			log_warn_errno("processes cannot be listed, their metrics are absent");
		s->said_unlisted = true;
	}
	gaps_note_bound(
	    &host->gaps, "processes, one by one", "proc.*", s->table.now.len, s->table.now.total);
	if (s->table.now.total > s->table.now.len && !s->said_full) {
		s->said_full = true;
		log_warn("more than %d processes: further ones are only counted", PROCTABLE_MAX);
	}
	visit_all(s, host);
}

static void
collect_processes(void *state, struct host *host, struct batch *batch)
{
	struct processes *s = state;

	scan(s, host, batch->now.boot_ns);
	if (s->table.now.total == 0)
		return;
	s->last.total.listed = s->table.now.total;
	s->last.total.hidden = proctotal_is_hidden(host, &s->table.now);
	proctotal_sample(&s->last.total, host, batch, &s->said_kept_from_us);
	proctrack_select(&s->track, &s->table);
	gaps_note_bound(&host->gaps, "processes that match track_patterns", NULL,
	    s->track.patterns_max, s->track.patterns_max + s->track.left_out);
	proctrack_sample(&s->track, host, batch);
	/* Behind the samples: who is well again says so before it is let go. */
	fd_scan_processes(&s->table, host, s->number);
	procgrowth_mark(&s->table, &s->track, batch->now.boot_ns);
}

static size_t
processes_growth(void *state, struct host *host, const struct growth_query *query,
    struct process_growth *out, size_t n)
{
	struct processes *s = state;
	struct procgrowth g = {.table = &s->table, .track = &s->track, .host = host};

	if (s->number > 0 && query->now_ns - s->last.at_ns >= STALE_NS)
		scan(s, host, query->now_ns);
	g.now_ns = s->last.at_ns;
	return procgrowth_rank(&g, query, out, n);
}

static size_t
top_processes(const void *state, bool by_cpu, struct process_view *out, size_t n)
{
	const struct processes *s = state;
	struct proctop top = {.max = num_min_size(n, PROCTOP_MAX)};

	for (size_t i = 0; i < s->table.now.len; i++) {
		const struct process *p = proctable_listed(&s->table, i);

		if (p != NULL)
			proctop_offer(&top, by_cpu ? p->cpu_percent : (double)p->rss_pages,
			    s->table.now.items[i].slot);
	}
	for (size_t i = 0; i < top.len; i++) {
		const struct process *p = proctable_at(&s->table, top.slots[i]);

		out[i] = (struct process_view){.pid = p->pid,
		    .cpu_percent = p->cpu_percent,
		    .rss_bytes = (double)p->rss_pages * (double)s->page_bytes};
		pidstat_label(p->name, out[i].name);
	}
	return top.len;
}

const struct collector collector_process = {
    .name = "process",
    .section = COLLECTOR_PROCESS,
    .open = open_processes,
    .collect = collect_processes,
    .close = close_processes,
    .top = top_processes,
    .growth = processes_growth,
};
