/*
 * What a collection costs, against the bare reads of the same files of the same processes.
 *
 *	cost                    all collectors due each time, on this machine as it is and with a
 *	                        thousand more sleeping processes; caches cold for 1 s and for 10 s
 *	cost --quick            a few cycles, caches cold for 200 ms
 *
 * The floor reads what the collectors have been seen to read: it finds their kept descriptors, the
 * tracked processes and the file systems in what they did. It keeps its own descriptors, parses
 * nothing and lists /proc once. Both take turns, so that neither warms the caches for the other.
 */
#include <dirent.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/mem.h"
#include "base/str.h"
#include "bench/figure.h"
#include "collect/collect.h"
#include "collect/pidlist.h"

#define FDS_MAX 16384
#define PATHS_MAX 512
#define CYCLES_MAX 64
#define SPACINGS_MAX 2
#define EXTRA 1000
#define SCRATCH (512 * 1024)
#define RATIO_TARGET 1.5
#define EXTRA_TARGET_US 12

struct agent {
	struct conf *conf;
	struct host host;
	struct series_table *series;
	struct batch batch;
	struct collect *collect;
};

/* What the bare reads read. */
struct floor {
	int proc_fd;
	int fds[FDS_MAX];
	size_t sizes[FDS_MAX]; /* a buffer that is large enough, no more: some files fill it with
	                          zeros */
	size_t fd_count;
	char opened[PATHS_MAX][64]; /* below proc: opened, read and closed each time */
	size_t opened_count;
	char counted[PATHS_MAX][64]; /* below proc: stat() only */
	size_t counted_count;
	char mounted[PATHS_MAX][288];
	size_t mounted_count;
	struct pidlist pids, before; /* ascending */
	char scratch[SCRATCH];
};

/* How long the caches have to get cold before each cycle, and how many cycles. */
struct spacing {
	long ms;
	int cycles;
};

struct result {
	double floor_us, agent_us;
	size_t processes;
};

static void
agent_open(struct agent *a)
{
	struct conf_report report = {0};

	a->conf = conf_load(NULL, NULL, NULL, &report);
	if (a->conf == NULL || !host_open(&a->host, "/proc", "/sys"))
		die("no configuration or no /proc");
	a->series = series_table_new(NULL);
	batch_init(&a->batch, a->series, 8192);
	a->collect = collect_new(&a->conf->collect, &a->host);
}

static void
agent_close(struct agent *a)
{
	collect_free(a->collect);
	batch_done(&a->batch);
	series_table_free(a->series);
	host_close(&a->host);
	conf_free(a->conf);
}

static void
agent_cycle(struct agent *a)
{
	struct now now = clock_now();

	batch_reset(&a->batch, &now);
	collect_all_due(a->collect);
	collect_due(a->collect, NULL, &a->batch);
}

static void
add_path(char paths[PATHS_MAX][64], size_t *count, const char *pid, const char *name)
{
	if (*count < PATHS_MAX)
		snprintf(paths[(*count)++], 64, "%s/%s", pid, name);
}

/* What the batch of the last cycle says about files that are not kept open. */
static void
floor_learn_from_batch(struct floor *f, const struct agent *a)
{
	f->opened_count = f->counted_count = f->mounted_count = 0;
	for (size_t i = 0; i < a->batch.len; i++) {
		const struct series *s = series_at(a->series, a->batch.samples[i].series);
		const char *label = series_label(s, 0);

		if (s->metric == METRIC_PROC_RSS)
			add_path(f->opened, &f->opened_count, label, "status");
		else if (s->metric == METRIC_PROC_IO_READ)
			add_path(f->opened, &f->opened_count, label, "io");
		else if (s->metric == METRIC_PROC_FD_COUNT)
			add_path(f->counted, &f->counted_count, label, "fd");
		else if (s->metric == METRIC_DISK_USAGE && f->mounted_count < PATHS_MAX)
			str_copy(f->mounted[f->mounted_count++], sizeof(f->mounted[0]), label);
	}
}

/* Opens anew the regular file of /proc or /sys that is open as number. */
static void
floor_open_same(struct floor *f, int number)
{
	char link[32], path[256];
	struct stat st;
	ssize_t n;
	int fd;

	snprintf(link, sizeof(link), "/proc/self/fd/%d", number);
	n = readlink(link, path, sizeof(path) - 1);
	if (n <= 0)
		return;
	path[n] = '\0';
	if ((!str_starts(path, "/proc/") && !str_starts(path, "/sys/")) || stat(path, &st) != 0 ||
	    !S_ISREG(st.st_mode))
		return;
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return;
	n = pread(fd, f->scratch, SCRATCH, 0);
	f->sizes[f->fd_count] = n < 128 ? 256 : (size_t)n * 2;
	f->fds[f->fd_count++] = fd;
}

/* All that the agent keeps open. The list is made first: opening makes it longer. */
static void
floor_learn_from_fds(struct floor *f)
{
	static int numbers[FDS_MAX];
	DIR *dir = opendir("/proc/self/fd");
	struct dirent *e;
	size_t n = 0;

	while (dir != NULL && (e = readdir(dir)) != NULL && n < FDS_MAX)
		if (e->d_name[0] != '.')
			numbers[n++] = (int)strtol(e->d_name, NULL, 10);
	if (dir != NULL)
		closedir(dir);
	for (size_t i = 0; i < n; i++)
		floor_open_same(f, numbers[i]);
}

static void
floor_forget(struct floor *f)
{
	for (size_t i = 0; i < f->fd_count; i++)
		close(f->fds[i]);
	f->fd_count = 0;
}

static size_t
read_kept(struct floor *f)
{
	size_t n = 0;

	for (size_t i = 0; i < f->fd_count; i++)
		n += pread(f->fds[i], f->scratch, f->sizes[i], 0) > 0;
	return n;
}

static size_t
read_opened(struct floor *f, const char *path)
{
	int fd = openat(f->proc_fd, path, O_RDONLY | O_CLOEXEC);
	size_t n = fd >= 0 && read(fd, f->scratch, 4096) > 0;

	if (fd >= 0)
		close(fd);
	return n;
}

/* Lists the processes and looks once at each that was not there at the listing before. */
static size_t
read_listed(struct floor *f)
{
	struct pidlist swap = f->before;
	size_t n = 0, j = 0;
	char path[32];

	f->before = f->pids;
	f->pids = swap;
	lseek(f->proc_fd, 0, SEEK_SET);
	n += pidlist_read(&f->pids, f->proc_fd, f->scratch, 65536, FDS_MAX);
	for (size_t i = 0; i < f->pids.len; i++) {
		while (j < f->before.len && f->before.items[j].pid < f->pids.items[i].pid)
			j++;
		if (j < f->before.len && f->before.items[j].pid == f->pids.items[i].pid)
			continue;
		snprintf(path, sizeof(path), "%d/stat", (int)f->pids.items[i].pid);
		n += read_opened(f, path);
	}
	return n;
}

/* The bare reads. Returns how many gave something, to keep the compiler honest. */
static size_t
floor_cycle(struct floor *f)
{
	struct statvfs fs;
	struct stat st;
	size_t n = read_kept(f) + read_listed(f);

	for (size_t i = 0; i < f->mounted_count; i++)
		n += statvfs(f->mounted[i], &fs) == 0;
	for (size_t i = 0; i < f->opened_count; i++)
		n += read_opened(f, f->opened[i]);
	for (size_t i = 0; i < f->counted_count; i++)
		n += fstatat(f->proc_fd, f->counted[i], &st, 0) == 0;
	return n;
}

/*
 * Processes come and go: what the agent has just read is what the floor reads next. The first
 * reading of a descriptor is not measured.
 */
static void
floor_learn(struct floor *f, const struct agent *a)
{
	floor_learn_from_batch(f, a);
	floor_forget(f);
	floor_learn_from_fds(f);
	read_kept(f);
}

static int
ascending(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

static double
median(double *v, int n)
{
	qsort(v, (size_t)n, sizeof(*v), ascending);
	return n % 2 == 1 ? v[n / 2] : (v[n / 2 - 1] + v[n / 2]) / 2;
}

static void
pause_ms(long ms)
{
	struct timespec t = {.tv_sec = ms / 1000, .tv_nsec = ms % 1000 * 1000000};

	nanosleep(&t, NULL);
}

/* Agent and floor in turn, each after the same pause. */
static struct result
measure(struct agent *a, struct floor *f, int cycles, long spacing_ms)
{
	double floor_us[CYCLES_MAX], agent_us[CYCLES_MAX];
	struct result r;

	for (int i = 0; i < cycles + 2; i++) {
		int64_t before;

		pause_ms(i < 2 ? 100 : spacing_ms);
		before = clock_cpu_ns();
		agent_cycle(a);
		if (i >= 2)
			agent_us[i - 2] = (double)(clock_cpu_ns() - before) / 1000;
		floor_learn(f, a);
		if (i < 2) {
			floor_cycle(f);
			continue;
		}
		pause_ms(spacing_ms);
		before = clock_cpu_ns();
		floor_cycle(f);
		floor_us[i - 2] = (double)(clock_cpu_ns() - before) / 1000;
	}
	r.floor_us = median(floor_us, cycles);
	r.agent_us = median(agent_us, cycles);
	r.processes = f->pids.total;
	floor_forget(f);
	return r;
}

static void
sleep_forever(void)
{
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	execl("/bin/sleep", "sleep", "infinity", (char *)NULL);
	for (;;)
		pause();
}

static void
start_extra(pid_t pids[EXTRA])
{
	for (int i = 0; i < EXTRA; i++) {
		pids[i] = fork();
		if (pids[i] == 0)
			sleep_forever();
	}
	pause_ms(2000);
}

static void
stop_extra(pid_t pids[EXTRA])
{
	for (int i = 0; i < EXTRA; i++)
		if (pids[i] > 0)
			kill(pids[i], SIGKILL);
	for (int i = 0; i < EXTRA; i++)
		if (pids[i] > 0)
			waitpid(pids[i], NULL, 0);
}

static void
print_ratio(struct figures *figures, const struct result *r)
{
	char what[64];

	snprintf(what, sizeof(what), "%zu processes: bare reads of the same files", r->processes);
	figure_beside(what, r->floor_us, "us");
	snprintf(what, sizeof(what), "%zu processes: a cycle", r->processes);
	figure_beside(what, r->agent_us, "us");
	snprintf(what, sizeof(what), "%zu processes: a cycle beside bare reads", r->processes);
	figure_at_most(figures, what, r->agent_us / r->floor_us, RATIO_TARGET, "x");
}

static void
print_spacing(struct figures *figures, const struct spacing *run, const struct result *few,
    const struct result *many)
{
	double extra = (double)many->processes - (double)few->processes;

	printf("CPU time, medians, caches cold for %g s:\n", (double)run->ms / 1000);
	print_ratio(figures, few);
	print_ratio(figures, many);
	figure_beside(
	    "each further process: bare reads", (many->floor_us - few->floor_us) / extra, "us");
	figure_at_most(figures, "each further process: a cycle",
	    (many->agent_us - few->agent_us) / extra, EXTRA_TARGET_US, "us");
}

static void
print_costs(struct figures *figures, const struct spacing *runs, int count)
{
	struct result few[SPACINGS_MAX], many[SPACINGS_MAX];
	static struct floor f;
	pid_t pids[EXTRA];
	struct agent a;

	agent_open(&a);
	f.proc_fd = open("/proc", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	for (int i = 0; i < count; i++)
		few[i] = measure(&a, &f, runs[i].cycles, runs[i].ms);
	start_extra(pids);
	for (int i = 0; i < count; i++)
		many[i] = measure(&a, &f, runs[i].cycles, runs[i].ms);
	stop_extra(pids);
	for (int i = 0; i < count; i++)
		print_spacing(figures, &runs[i], &few[i], &many[i]);
	close(f.proc_fd);
	pidlist_done(&f.pids);
	pidlist_done(&f.before);
	agent_close(&a);
}

int
main(int argc, char **argv)
{
	static const struct spacing whole[] = {{1000, 20}, {10000, 12}}, quick[] = {{200, 6}};
	struct figures figures;

	if (!figures_init(&figures, argc, argv)) {
		fprintf(stderr, "usage: cost [--quick]\n");
		return 2;
	}
	log_init(2, LOGL_WARN, false, "bench");
	if (figures.quick)
		print_costs(&figures, quick, 1);
	else
		print_costs(&figures, whole, 2);
	return figures_status(&figures);
}
