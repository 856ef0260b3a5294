/*
 * What a day of history costs: the real launcher, keeper and courier, and an agent whose rings are
 * filled by its own agent_cycle() on this machine's files, a day in seconds, topped up to 300
 * series with noisy rates. Prints Pss and Pss_Anon of every process of the tree.
 *	memory [series]
 */
#include <math.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "agent/agent.h"
#include "base/io.h"
#include "base/log.h"
#include "base/mem.h"
#include "base/str.h"
#include "courier/courier.h"
#include "keeper/keeper.h"
#include "priv/launch.h"

#define DAY_CYCLES 8700
#define CYCLE_NS (10 * NS_PER_SEC)
#define TREE_MAX 16

struct plan {
	uint32_t series;
	int done_fd; /* the agent writes a byte when its rings are full */
	char folder[64];
};

static int
load(void *arg, const int out[LAUNCH_BLOBS])
{
	static const unsigned consumers[LAUNCH_BLOBS] = {
	    CONF_AGENT, CONF_KEEPER, CONF_COURIER, CONF_LAUNCHER};
	struct conf_report *report = mem_zalloc(1, sizeof(*report));
	struct conf *conf = conf_load(NULL, report);

	(void)arg;
	for (int i = 0; conf != NULL && i < LAUNCH_BLOBS; i++) {
		size_t len;
		char *blob = conf_encode(conf, consumers[i], &len);

		if (io_write_all(out[i], blob, len) != 0)
			return 1;
	}
	return conf == NULL;
}

static bool
settings(void *arg, const char *blob, size_t len, struct launch_settings *out)
{
	const struct plan *plan = arg;

	(void)blob;
	(void)len;
	log_set_level(LOGL_ERROR);
	str_copy(out->user, sizeof(out->user), "nobody");
	str_copy(out->data_dir, sizeof(out->data_dir), plan->folder);
	return true;
}

/* Rates as a busy interface has them: a level that wanders, with noise. */
static void
top_up(struct agent *a, struct series_ref refs[], double levels[], uint32_t extra)
{
	for (uint32_t i = 0; i < extra; i++) {
		char name[16];
		const char *labels[] = {name};

		snprintf(name, sizeof(name), "bench%u", i);
		levels[i] *= 1 + (rand() % 2001 - 1000) / 20000.0;
		batch_add_labelled(&a->core.batch, &refs[i], METRIC_NET_RX_BYTES, labels,
		    levels[i] * (rand() % 1000) / 500, NAN);
	}
}

/* How many it takes to have so many series with full-length rings (processes have short ones). */
static uint32_t
missing_series(const struct series_table *table, uint32_t want)
{
	uint32_t n = 0;

	for (uint32_t id = 0; id < series_capacity(table); id++) {
		const struct series *s = series_at(table, id);

		n += s->gen != 0 && metrics[s->metric].group != GROUP_PROCESS;
	}
	return n < want ? want - n : 0;
}

static int
fill_and_stay(struct role_ctx *ctx)
{
	const struct plan *plan = ctx->arg;
	struct agent *a = mem_zalloc(1, sizeof(*a));
	struct conf *conf = conf_decode(ctx->blob, ctx->blob_len);
	struct series_ref *refs = mem_zalloc(plan->series, sizeof(*refs));
	double *levels = mem_zalloc(plan->series, sizeof(*levels));
	struct now now = clock_now();
	uint32_t extra = 0;
	char done = 1;

	for (uint32_t i = 0; i < plan->series; i++)
		levels[i] = 1000 * (i + 1);
	if (conf == NULL || !agent_init(a, conf, 1))
		die("cannot start");
	core_start_judging(&a->core);
	for (int i = 0; i < DAY_CYCLES; i++) {
		agent_cycle(a, &now);
		if (i == 3)
			extra = missing_series(a->core.series, plan->series);
		batch_reset(&a->core.batch, &now);
		top_up(a, refs, levels, extra);
		store_add(a->core.store, &a->core.batch);
		now.boot_ns += CYCLE_NS;
		now.wall_ms += CYCLE_NS / NS_PER_MS;
	}
	if (write(plan->done_fd, &done, 1) != 1)
		die_errno("pipe");
	struct store_stats stats;
	store_stats(a->core.store, &stats);
	printf("agent: %u series, %llu samples in rings, %zu bytes, %.2f a sample\n", stats.series,
	    (unsigned long long)stats.samples, stats.bytes, stats.bytes_a_sample);
	fflush(stdout);
	for (;;)
		pause();
}

static double
pss_kib(int pid, const char *key)
{
	char path[64], text[4096];
	char *at;

	snprintf(path, sizeof(path), "/proc/%d/smaps_rollup", pid);
	if (io_read_at(-1, path, text, sizeof(text)) < 0 || (at = strstr(text, key)) == NULL)
		return 0;
	return strtod(at + strlen(key), NULL);
}

static int
list_children(int pid, int list[TREE_MAX])
{
	char path[64], text[1024];
	char *p = text;
	int n = 0;

	snprintf(path, sizeof(path), "/proc/%d/task/%d/children", pid, pid);
	if (io_read_at(-1, path, text, sizeof(text)) < 0)
		return 0;
	for (char *end; n < TREE_MAX; p = end) {
		list[n] = (int)strtol(p, &end, 10);
		if (end == p)
			break;
		n++;
	}
	return n;
}

static void
print_tree(int launcher)
{
	int tree[TREE_MAX + 1] = {launcher}, n = 1 + list_children(launcher, tree + 1);
	double pss = 0, anon = 0;
	char path[64], name[64];

	printf("%-18s %8s %12s\n", "process", "Pss KiB", "Pss_Anon KiB");
	for (int i = 0; i < n; i++) {
		snprintf(path, sizeof(path), "/proc/%d/comm", tree[i]);
		if (io_read_at(-1, path, name, sizeof(name)) < 0)
			continue;
		name[strcspn(name, "\n")] = '\0';
		printf("%-18s %8.0f %12.0f\n", i == 0 ? "launcher" : name,
		    pss_kib(tree[i], "\nPss:"), pss_kib(tree[i], "\nPss_Anon:"));
		pss += pss_kib(tree[i], "\nPss:");
		anon += pss_kib(tree[i], "\nPss_Anon:");
	}
	printf("%-18s %8.0f %12.0f   (target: Pss_Anon at most 6144)\n", "sum", pss, anon);
}

int
main(int argc, char **argv)
{
	struct plan plan = {.series = argc > 1 ? (uint32_t)strtoul(argv[1], NULL, 10) : 300,
	    .folder = "/tmp/sysops-bench.XXXXXX"};
	struct launch launch = {.load = load,
	    .settings = settings,
	    .arg = &plan,
	    .role_main = {fill_and_stay, keeper_main, courier_main}};
	int done[2], pid, status;
	char byte;

	if (mkdtemp(plan.folder) == NULL || chmod(plan.folder, 0755) != 0 || pipe(done) != 0)
		die_errno("bench");
	plan.done_fd = STDERR_FILENO;
	pid = fork();
	if (pid == 0) {
		dup2(done[1], STDERR_FILENO);
		_exit(launch_run(&launch));
	}
	close(done[1]);
	if (pid < 0 || read(done[0], &byte, 1) != 1)
		die("the agent did not fill its rings");
	sleep(1);
	print_tree(pid);
	kill(pid, SIGTERM);
	waitpid(pid, &status, 0);
	return 0;
}
