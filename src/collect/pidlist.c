/*
 * /proc's directory entries to a sorted list of pids, by getdents64(2) into one big buffer: on a
 * host of a thousand processes that is one system call where readdir() makes many. The kernel lists
 * pids in ascending order; a folder made by hand need not, and is sorted.
 */
#include "collect/pidlist.h"

#include <stdlib.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/mem.h"

#define FIRST_CAP 256

/* getdents64(2); the C library has no common name for it. */
struct entry {
	uint64_t ino;
	int64_t off;
	unsigned short len;
	unsigned char type;
	char name[];
};

/* 0 when the name is not a pid. */
static int32_t
pid_of(const char *name)
{
	int64_t pid = 0;

	for (; *name >= '0' && *name <= '9' && pid <= INT32_MAX; name++)
		pid = pid * 10 + (*name - '0');
	return *name == '\0' && pid <= INT32_MAX ? (int32_t)pid : 0;
}

static bool
make_room(struct pidlist *list, size_t max)
{
	if (list->len < list->cap)
		return true;
	if (list->cap >= max)
		return false;
	list->cap = list->cap == 0 ? FIRST_CAP : list->cap * 2;
	if (list->cap > max)
		list->cap = max;
	list->items = mem_resize(list->items, list->cap, sizeof(*list->items));
	return true;
}

/* Takes in the entries of one call; false when they are not ascending. */
static bool
add_entries(struct pidlist *list, const char *p, const char *end, size_t max)
{
	bool ascending = true;

	while (p < end) {
		const struct entry *e = (const void *)p;
		int32_t pid = pid_of(e->name);

		p += e->len;
		if (pid == 0)
			continue;
		list->total++;
		if (!make_room(list, max))
			continue;
		if (list->len > 0 && list->items[list->len - 1].pid >= pid)
			ascending = false;
		list->items[list->len++] =
		    (struct pidlist_item){.pid = pid, .ino = (uint32_t)e->ino};
	}
	return ascending;
}

static int
by_pid(const void *a, const void *b)
{
	const struct pidlist_item *x = a, *y = b;

	return (x->pid > y->pid) - (x->pid < y->pid);
}

bool
pidlist_read(struct pidlist *list, int dir_fd, char *scratch, size_t cap, size_t max)
{
	bool ascending = true;
	long n;

	list->len = list->total = 0;
	while ((n = syscall(SYS_getdents64, dir_fd, scratch, cap)) > 0)
		ascending &= add_entries(list, scratch, scratch + n, max);
	if (!ascending)
		qsort(list->items, list->len, sizeof(*list->items), by_pid);
	return n == 0;
}

long
pidlist_entry_len(const char *p)
{
	return ((const struct entry *)(const void *)p)->len;
}

void
pidlist_done(struct pidlist *list)
{
	mem_free(list->items);
	*list = (struct pidlist){0};
}
