/*
 * Slabs of processes and their free list. A descriptor kept spares the kernel a path walk at each
 * scan but pins some 4 KB of its memory, so their number has a bound.
 */
#include "collect/proctable.h"

#include <assert.h>
#include <unistd.h>

#include "base/io.h"
#include "base/mem.h"

#define SLAB 128u

void
proctable_init(struct proctable *t, size_t fds_max)
{
	*t = (struct proctable){.first_free = PROCTABLE_NONE, .fds_max = fds_max};
}

void
proctable_done(struct proctable *t)
{
	for (size_t i = 0; i < t->now.len; i++) {
		struct process *p = proctable_listed(t, i);

		if (p != NULL)
			proctable_close_fd(t, p);
	}
	for (size_t i = 0; i < PROCTABLE_MAX / SLAB; i++)
		mem_free(t->slabs[i]);
	pidlist_done(&t->now);
	pidlist_done(&t->before);
}

struct process *
proctable_at(const struct proctable *t, uint32_t slot)
{
	return &t->slabs[slot / SLAB][slot % SLAB];
}

struct process *
proctable_listed(const struct proctable *t, size_t i)
{
	uint32_t slot = t->now.items[i].slot;

	return slot >= PROCTABLE_MAX ? NULL : proctable_at(t, slot);
}

uint32_t
proctable_add(struct proctable *t)
{
	uint32_t slot = t->first_free;

	if (slot != PROCTABLE_NONE) {
		t->first_free = proctable_at(t, slot)->next_free;
	} else {
		if (t->made == PROCTABLE_MAX)
			return PROCTABLE_NONE;
		slot = t->made++;
		if (slot % SLAB == 0)
			t->slabs[slot / SLAB] = mem_zalloc(SLAB, sizeof(struct process));
	}
	*proctable_at(t, slot) = (struct process){.fd = -1, .tracked = PROC_UNTRACKED};
	return slot;
}

void
proctable_drop(struct proctable *t, uint32_t slot)
{
	struct process *p = proctable_at(t, slot);

	proctable_close_fd(t, p);
	p->next_free = t->first_free;
	t->first_free = slot;
}

void
proctable_keep_fd(struct proctable *t, struct process *p, int fd)
{
	assert(p->fd < 0);
	if (t->fds >= t->fds_max) {
		close(fd);
		return;
	}
	p->fd = fd;
	t->fds++;
}

void
proctable_close_fd(struct proctable *t, struct process *p)
{
	if (p->fd >= 0)
		t->fds--;
	io_close(&p->fd);
}
