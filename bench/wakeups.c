/*
 * How often the running agent wakes up: starts the program that lies beside the benches with all
 * its processes, lets it settle, and counts how often each of them goes to sleep. A wakeup is what
 * costs an idle machine its rest, so the sum over all processes is held against a target a tick.
 *	wakeups                 at an interval of 1 s and of 10 s; some minutes
 *	wakeups --quick         at 1 s only, some seconds
 */
#include <limits.h>
#include <signal.h>
#include <sys/wait.h>
#include <time.h>

#include "base/log.h"
#include "base/str.h"
#include "bench/figure.h"
#include "bench/scratch.h"
#include "bench/tree.h"

#define TARGET 3

struct run {
	unsigned tick_secs, settle_secs, watch_secs;
};

/* BUILD/sysops-agent, from BUILD/bench/wakeups. */
static void
find_agent(char path[PATH_MAX])
{
	ssize_t n = readlink("/proc/self/exe", path, PATH_MAX - 1);

	if (n <= 0)
		die_errno("/proc/self/exe");
	path[n] = '\0';
	for (int i = 0; i < 2; i++)
		*strrchr(path, '/') = '\0';
	str_copy(path + strlen(path), PATH_MAX - strlen(path), "/sysops-agent");
}

static void
write_config(const char *path, const char *folder, unsigned tick_secs)
{
	FILE *f = fopen(path, "w");

	if (f == NULL)
		die_errno("%s", path);
	fprintf(f, "[agent]\ncollect_interval_secs = %u\ndata_dir = \"%s\"\n", tick_secs, folder);
	fclose(f);
}

static void
start_agent(const char *agent, const char *config)
{
	int null = open("/dev/null", O_RDWR);

	for (int fd = 0; fd < 3; fd++)
		dup2(null, fd);
	execl(agent, "sysops-agent", "-c", config, (char *)NULL);
	_exit(127);
}

static void
watch(struct figures *figures, const struct run *run)
{
	char folder[sizeof(SCRATCH_TEMPLATE)], config[64], agent[PATH_MAX], what[64];
	double a_second;
	struct tree tree;
	int status;
	pid_t pid;

	scratch_make(folder);
	find_agent(agent);
	snprintf(config, sizeof(config), "%s/config.toml", folder);
	write_config(config, folder, run->tick_secs);
	pid = fork();
	if (pid == 0)
		start_agent(agent, config);
	sleep(run->settle_secs);
	tree_find(&tree, pid);
	a_second = tree_print_wakeups(&tree, run->watch_secs);
	kill(pid, SIGTERM);
	waitpid(pid, &status, 0);
	if (!WIFEXITED(status) || WEXITSTATUS(status) != 0 || tree.len < 4)
		die("%s did not run", agent);
	scratch_remove(folder);
	snprintf(what, sizeof(what), "wakeups of all processes a tick of %u s", run->tick_secs);
	figure_at_most(figures, what, a_second * run->tick_secs, TARGET, "");
}

int
main(int argc, char **argv)
{
	static const struct run runs[] = {{1, 5, 20}, {10, 25, 120}}, quick = {1, 3, 8};
	struct figures figures;

	if (!figures_init(&figures, argc, argv)) {
		fprintf(stderr, "usage: wakeups [--quick]\n");
		return 2;
	}
	if (figures.quick)
		watch(&figures, &quick);
	for (size_t i = 0; i < sizeof(runs) / sizeof(runs[0]) && !figures.quick; i++)
		watch(&figures, &runs[i]);
	return figures_status(&figures);
}
