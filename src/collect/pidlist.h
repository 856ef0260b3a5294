/*
 * The numeric entries of /proc, ascending.
 */
#ifndef COLLECT_PIDLIST_H
#define COLLECT_PIDLIST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* What a pid is known as between two scans; slot is the owner's. */
struct pidlist_item {
	int32_t pid;
	uint32_t ino; /* of the directory: procfs makes a new one for a new process (low 32 bits) */
	uint32_t slot;
};

struct pidlist {
	struct pidlist_item *items;
	size_t len, cap;
	size_t total; /* pids seen, also those that found no room */
};

/*
 * Lists the pids below dir_fd, which is at its start. scratch: cap bytes for the kernel to fill.
 * Grows items by doubling, to at most max. False with errno when the folder cannot be read.
 */
bool pidlist_read(struct pidlist *list, int dir_fd, char *scratch, size_t cap, size_t max);
/* Length of the directory entry at p, as getdents64(2) left it. */
long pidlist_entry_len(const char *p);

void pidlist_done(struct pidlist *list);

#endif
