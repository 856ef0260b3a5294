/*
 * fsprobe on file systems that answer, fail, hang or crash the child. One that hangs is a FIFO that
 * nobody has opened for writing. Includes fsprobe whole.
 */
#ifndef TESTS_FSPROBE_RIG_H
#define TESTS_FSPROBE_RIG_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>

#include "src/collect/fsprobe.c"

#include "base/buf.h"

#define SECS NS_PER_SEC
#define MAX 40

struct world {
	char dir[64];
	char paths[MAX][96];
	struct fsprobe_target targets[MAX], *list[MAX];
	size_t n;
	struct fsprobe *probe;
};

/* In the child: "ok12" has 12 blocks and its row's id for inodes, "error" fails, anything else is a
 * FIFO to wait for. */
static inline int
fake_ask(
    const void *arg, int root, const char *path, const struct fsask_row *row, struct statvfs *out)
{
	const char *name = path + strlen(arg) + 1;

	(void)root;
	if (strncmp(name, "ok", 2) == 0) {
		out->f_blocks = (fsblkcnt_t)strtoul(name + 2, NULL, 10);
		out->f_files = row->id;
		return 0;
	}
	if (strcmp(name, "crash") == 0)
		abort();
	if (strcmp(name, "error") != 0) {
		close(open(path, O_RDONLY | O_CLOEXEC));
		out->f_blocks = 77;
		return 0;
	}
	return ENOTCONN;
}

static inline void
init(struct world *w, int64_t deadline_ms)
{
	struct fsprobe_conf conf = {
	    .fn = fake_ask, .arg = w->dir, .root = -1, .deadline_ms = deadline_ms, .wait_ms = 100};

	memset(w, 0, sizeof(*w));
	snprintf(w->dir, sizeof(w->dir), "/tmp/sysops-test-XXXXXX");
	assert_non_null(mkdtemp(w->dir));
	w->probe = fsprobe_new(&conf);
}

static inline struct fsprobe_target *
add(struct world *w, const char *name)
{
	struct fsprobe_target *t = &w->targets[w->n];
	struct buf path;

	buf_init(&path, w->paths[w->n], sizeof(w->paths[0]));
	buf_adds(&path, w->dir);
	buf_addc(&path, '/');
	buf_adds(&path, name);
	t->path = w->paths[w->n];
	w->list[w->n++] = t;
	if (name[0] == 'f')
		assert_int_equal(mkfifo(t->path, 0600), 0);
	return t;
}

/* The first of n: "ok0" and so on. */
static inline struct fsprobe_target *
add_many(struct world *w, const char *kind, int n)
{
	struct fsprobe_target *first = &w->targets[w->n];

	for (int i = 0; i < n; i++) {
		char name[16];

		snprintf(name, sizeof(name), "%s%d", kind, i);
		add(w, name);
	}
	return first;
}

static inline size_t
count(const struct world *w, enum fsprobe_process_state state)
{
	return fsprobe_process_count(w->probe->probes, PROBES_MAX, state);
}

static inline void
round_at(struct world *w, int64_t secs)
{
	fsprobe_round(w->probe, w->list, w->n, secs * SECS);
}

/* More rounds, until the target is being asked: killed children take a moment to die. */
static inline void
until_asked(struct world *w, const struct fsprobe_target *t, int64_t secs)
{
	do
		round_at(w, secs);
	while (t->probe == 0 || w->probe->probes[t->probe - 1].state != PROBE_BUSY);
}

static inline void
done(struct world *w)
{
	fsprobe_free(w->probe);
	for (size_t i = 0; i < w->n; i++)
		unlink(w->paths[i]);
	rmdir(w->dir);
}

/* Lets the call that hangs on this FIFO return, and waits until the answer is there. */
static inline void
release(struct world *w, const struct fsprobe_target *t)
{
	uint32_t numbers[AWAIT_MAX];
	bool time_is_up;
	int fd;

	/* The child may not have come to its open() yet. */
	do
		fd = open(t->path, O_WRONLY | O_NONBLOCK | O_CLOEXEC);
	while (fd < 0);
	await_next(&w->probe->await, true, numbers, &time_is_up);
	close(fd);
}

#endif
