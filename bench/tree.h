/*
 * What a tree of running processes costs: proportional memory, and how often it wakes.
 */
#ifndef BENCH_TREE_H
#define BENCH_TREE_H

#include <dirent.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/io.h"
#include "base/str.h"
#include "collect/scan.h"

#define TREE_MAX 64

struct tree_memory {
	uint64_t pss_kb, pss_anon_kb;
};

struct tree {
	int pids[TREE_MAX];
	size_t len;
};

static inline ssize_t
tree_read(int pid, const char *name, char *text, size_t cap)
{
	char path[64];

	snprintf(path, sizeof(path), "/proc/%d/%s", pid, name);
	return io_read_at(AT_FDCWD, path, text, cap);
}

/* Proportional set size; Pss_Anon is 0 before Linux 5.3. False when not readable. */
static inline bool
tree_memory(int pid, struct tree_memory *out)
{
	static const struct scan_key keys[] = {
	    SCAN_KEY("Pss:", struct tree_memory, pss_kb),
	    SCAN_KEY("Pss_Anon:", struct tree_memory, pss_anon_kb),
	};
	char text[4096];
	ssize_t len = tree_read(pid, "smaps_rollup", text, sizeof(text));

	*out = (struct tree_memory){0};
	return len > 0 && (scan_keys(text, (size_t)len, keys, 2, out) & 1) != 0;
}

/* Times that the process has gone to sleep by itself: each is a wakeup later. */
static inline uint64_t
tree_switches(int pid)
{
	static const struct scan_key key[] = {
	    {"voluntary_ctxt_switches:", sizeof("voluntary_ctxt_switches:") - 1, 0, 0}};
	char text[8192];
	ssize_t len = tree_read(pid, "status", text, sizeof(text));
	uint64_t n = 0;

	return len > 0 && scan_keys(text, (size_t)len, key, 1, &n) == 1 ? n : 0;
}

/* The name and the parent of a process; false when it is gone. */
static inline bool
tree_parent(int pid, char name[32], int *parent)
{
	char text[1024], *open, *close;
	ssize_t len = tree_read(pid, "stat", text, sizeof(text));

	if (len <= 0 || (open = strchr(text, '(')) == NULL || (close = strrchr(text, ')')) == NULL)
		return false;
	*close = '\0';
	str_copy(name, 32, open + 1);
	*parent = (int)strtol(close + 3, NULL, 10);
	return true;
}

/* The process and its descendants, parents first. */
static inline void
tree_find(struct tree *tree, int root)
{
	tree->pids[0] = root;
	tree->len = 1;
	for (size_t i = 0; i < tree->len; i++) {
		DIR *dir = opendir("/proc");
		struct dirent *e;

		while (dir != NULL && (e = readdir(dir)) != NULL && tree->len < TREE_MAX) {
			int pid = (int)strtol(e->d_name, NULL, 10), parent;
			char name[32];

			if (pid > 0 && tree_parent(pid, name, &parent) && parent == tree->pids[i])
				tree->pids[tree->len++] = pid;
		}
		if (dir != NULL)
			closedir(dir);
	}
}

/* Prints a line a process and a sum, which it returns. */
static inline struct tree_memory
tree_print_memory(const struct tree *tree)
{
	struct tree_memory sum = {0};

	printf("%8s %-16s %10s %10s\n", "pid", "name", "PSS kB", "anon kB");
	for (size_t i = 0; i < tree->len; i++) {
		struct tree_memory m;
		char name[32];
		int parent;

		if (!tree_parent(tree->pids[i], name, &parent))
			continue;
		tree_memory(tree->pids[i], &m);
		sum.pss_kb += m.pss_kb;
		sum.pss_anon_kb += m.pss_anon_kb;
		printf("%8d %-16s %10llu %10llu\n", tree->pids[i], name,
		    (unsigned long long)m.pss_kb, (unsigned long long)m.pss_anon_kb);
	}
	printf("%8s %-16s %10llu %10llu\n", "", "all", (unsigned long long)sum.pss_kb,
	    (unsigned long long)sum.pss_anon_kb);
	return sum;
}

/* Watches the tree for secs seconds: how often all its processes woke up in a second. */
static inline double
tree_print_wakeups(const struct tree *tree, unsigned secs)
{
	uint64_t before[TREE_MAX], all = 0;

	for (size_t i = 0; i < tree->len; i++)
		before[i] = tree_switches(tree->pids[i]);
	sleep(secs);
	printf("%8s %-16s %10s\n", "pid", "name", "wakeups");
	for (size_t i = 0; i < tree->len; i++) {
		uint64_t n = tree_switches(tree->pids[i]);
		char name[32];
		int parent;

		if (!tree_parent(tree->pids[i], name, &parent))
			continue;
		n = n > before[i] ? n - before[i] : 0;
		all += n;
		printf("%8d %-16s %10llu\n", tree->pids[i], name, (unsigned long long)n);
	}
	return (double)all / secs;
}

#endif
