/*
 * What a day of history costs: the real launcher, keeper and courier, and an agent whose rings are
 * filled by its own agent_cycle() on this machine's files, a day in seconds, topped up to 300
 * series: some wander, some count, half are rates with noise, which takes about as much as the
 * recorded traces of bench/ring do. (With noise alone the figure is one of how few series the
 * machine has of its own.) Prints Pss and Pss_Anon of every process of the tree.
 *	memory [--quick]        quick takes as long, some seconds
 */
#include <math.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "agent/agent.h"
#include "agent/memory.h"
#include "base/io.h"
#include "base/log.h"
#include "base/mem.h"
#include "base/str.h"
#include "bench/figure.h"
#include "bench/scratch.h"
#include "bench/tree.h"
#include "courier/courier.h"
#include "keeper/keeper.h"
#include "priv/launch.h"
#include "tests/unit/log_help.h"

#define DAY_CYCLES 8700
#define CYCLE_NS (10 * NS_PER_SEC)

struct plan {
	uint32_t series;
	int done_fd; /* the agent writes a byte when its rings are full */
	char folder[sizeof(SCRATCH_TEMPLATE)];
};

static int
load(void *arg, const int out[LAUNCH_BLOBS])
{
	static const unsigned consumers[LAUNCH_BLOBS] = {
	    CONF_AGENT, CONF_KEEPER, CONF_COURIER, CONF_LAUNCHER};
	struct conf_report *report = mem_zalloc(1, sizeof(*report));
	struct conf *conf = conf_load(NULL, NULL, NULL, report);

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
	set_log_level(LOGL_ERROR);
	str_copy(out->user, sizeof(out->user), "nobody");
	str_copy(out->data_dir, sizeof(out->data_dir), plan->folder);
	return true;
}

static double
next_value(uint32_t kind, double *level)
{
	switch (kind % 4) {
	case 0:
		return *level += (rand() % 2001 - 1000) / 100.0;
	case 1:
		return *level += rand() % 7;
	default:
		return *level * (rand() % 1000) / 500;
	}
}

static void
top_up(struct agent *a, struct series_ref refs[], double levels[], uint32_t extra)
{
	for (uint32_t i = 0; i < extra; i++) {
		char name[16];
		const char *labels[] = {name};

		snprintf(name, sizeof(name), "bench%u", i);
		batch_add_labelled(&a->core.batch, &refs[i], METRIC_NET_RX_BYTES, labels,
		    next_value(i, &levels[i]), NAN);
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

/* A snapshot of all that was learnt, to nowhere: how many bytes it has. */
static uint64_t
snapshot_bytes(const struct core *core, const struct now *now)
{
	static uint8_t piece[48 * 1024];
	struct snapshot_writer w;
	uint64_t bytes = 0;
	size_t n;

	snapshot_writer_init(&w, core, now);
	while ((n = snapshot_writer_next(&w, piece, sizeof(piece))) > 0)
		bytes += n;
	snapshot_writer_done(&w);
	return bytes;
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
	figure_beside("a snapshot of all that was learnt",
	    (double)snapshot_bytes(&a->core, &now) / (1 << 20), "MiB");
	figure_beside("snapshots written a day",
	    (double)snapshot_bytes(&a->core, &now) * 86400 / MEMORY_SNAPSHOT_SECS / (1 << 20),
	    "MiB");
	fflush(stdout);
	for (;;)
		pause();
}

int
main(int argc, char **argv)
{
	struct plan plan = {.series = 300, .done_fd = STDERR_FILENO};
	struct launch launch = {.load = load,
	    .settings = settings,
	    .arg = &plan,
	    .role_main = {fill_and_stay, keeper_main, courier_main}};
	struct tree_memory sum;
	struct figures figures;
	struct tree tree;
	int done[2], pid, status;
	char byte;

	if (!figures_init(&figures, argc, argv)) {
		fprintf(stderr, "usage: memory [--quick]\n");
		return 2;
	}
	scratch_make(plan.folder);
	if (pipe(done) != 0)
		die_errno("pipe");
	pid = fork();
	if (pid == 0) {
		dup2(done[1], STDERR_FILENO);
		_exit(launch_run(&launch));
	}
	close(done[1]);
	if (pid < 0 || read(done[0], &byte, 1) != 1)
		die("the agent did not fill its rings");
	sleep(1);
	tree_find(&tree, pid);
	sum = tree_print_memory(&tree);
	kill(pid, SIGTERM);
	waitpid(pid, &status, 0);
	scratch_remove(plan.folder);
	if (sum.pss_anon_kb == 0) {
		printf("skip: the memory of these processes is for root alone to read\n");
		return 0;
	}
	figure_beside("Pss of all processes", (double)sum.pss_kb / 1024, "MiB");
	figure_at_most(&figures, "Pss_Anon of all processes, 300 full rings",
	    (double)sum.pss_anon_kb / 1024, 6, "MiB");
	return figures_status(&figures);
}
