/*
 * Files of /proc to the cost of our own processes. A process that ends meanwhile, or that hidepid
 * hides, is left out. CPU time of workers that have ended is in their launcher's account, that of
 * deliveries in the courier's.
 */
#include "collect/process_tree.h"

#include <fcntl.h>
#include <math.h>
#include <stdio.h>
#include <unistd.h>

#include "base/io.h"
#include "collect/pidstat.h"
#include "collect/pidstatus.h"
#include "collect/scan.h"
#include "collect/self.h"

#define MEMBERS_MAX 16 /* the launcher has at most five children */
#define TEXT_MAX 4096  /* stat and statm are under 1 KB */
#define STEADY_SECS 10 /* a rate over less says nothing */

struct sum {
	struct process_tree *out;
	int proc_fd;
	double now_secs, ticks_per_sec;
	double cpu_secs, life_secs; /* life of the launcher */
	double anon_pages, shared_pages;
	double wakeups_rate;
};

static ssize_t
read_of(const struct sum *sum, int pid, const char *name, char text[TEXT_MAX])
{
	char path[64];

	snprintf(path, sizeof(path), "%d/%s", pid, name);
	return io_read_at(sum->proc_fd, path, text, TEXT_MAX);
}

static void
add_memory(struct sum *sum, int pid)
{
	char text[TEXT_MAX];
	ssize_t len = read_of(sum, pid, "statm", text);
	uint64_t resident, shared;

	if (len < 0 || !self_parse_statm(text, (size_t)len, &resident) ||
	    !self_parse_shared(text, (size_t)len, &shared))
		return;
	sum->anon_pages += fmax((double)resident - (double)shared, 0);
	sum->shared_pages = fmax(sum->shared_pages, (double)shared);
}

static void
add_wakeups(struct sum *sum, int pid, double age_secs)
{
	char path[64], text[PIDSTATUS_BUFFER];
	uint64_t switches;
	int fd;

	snprintf(path, sizeof(path), "%d/status", pid);
	fd = openat(sum->proc_fd, path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return;
	if (age_secs > 0 && pidstatus_switches(fd, text, sizeof(text), &switches))
		sum->wakeups_rate += (double)switches / fmax(age_secs, 1);
	close(fd);
}

/* Its life in seconds; below 0: it is not there. */
static double
add_member(struct sum *sum, int pid)
{
	char text[TEXT_MAX];
	ssize_t len = read_of(sum, pid, "stat", text);
	uint64_t reaped = 0;
	struct pidstat stat;
	double age_secs;

	if (len < 0 || !pidstat_parse(text, (size_t)len, &stat))
		return -1;
	(void)pidstat_reaped(text, (size_t)len, &reaped);
	sum->out->processes++;
	sum->cpu_secs += (double)(stat.utime + stat.stime + reaped) / sum->ticks_per_sec;
	age_secs = sum->now_secs - (double)stat.starttime / sum->ticks_per_sec;
	add_memory(sum, pid);
	add_wakeups(sum, pid, age_secs);
	return fmax(age_secs, 0);
}

static void
add_children(struct sum *sum, pid_t launcher)
{
	char path[64], text[TEXT_MAX];
	const char *p = text;
	ssize_t len;
	uint64_t pid;

	snprintf(path, sizeof(path), "%d/task/%d/children", (int)launcher, (int)launcher);
	len = io_read_at(sum->proc_fd, path, text, sizeof(text));
	if (len < 0) { /* hidden, or a kernel without it */
		add_member(sum, getpid());
		return;
	}
	for (int i = 0; i < MEMBERS_MAX && scan_u64(&p, text + len, &pid) && pid <= INT32_MAX; i++)
		add_member(sum, (int)pid);
}

void
process_tree_look(int proc_fd, pid_t launcher, const struct now *now, struct process_tree *out)
{
	struct sum sum = {.out = out,
	    .proc_fd = proc_fd,
	    .now_secs = (double)now->boot_ns / NS_PER_SEC,
	    .ticks_per_sec = (double)sysconf(_SC_CLK_TCK)};
	double life_secs;

	*out = (struct process_tree){.cpu_percent = NAN, .rss_bytes = NAN, .wakeups_rate = NAN};
	life_secs = add_member(&sum, (int)launcher);
	add_children(&sum, launcher);
	if (sum.anon_pages > 0)
		out->rss_bytes =
		    (sum.anon_pages + sum.shared_pages) * (double)sysconf(_SC_PAGESIZE);
	if (life_secs < STEADY_SECS)
		return;
	out->cpu_percent = sum.cpu_secs / life_secs * 100;
	out->wakeups_rate = sum.wakeups_rate;
}
