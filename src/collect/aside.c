/*
 * Files to targets of fsprobe. A text is given out only in the cycle in which it was asked for and
 * came: a late one is of another time than the cycle's, and would spoil each rate made of it.
 */
#include "collect/aside.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>

#include "base/io.h"
#include "base/log.h"
#include "base/mem.h"
#include "base/num.h"
#include "base/str.h"
#include "collect/fsask.h"
#include "collect/fsprobe.h"

#define MISSED_MAX 3 /* cycles without a text, after which a slow file counts as silent */

struct file {
	char *path;
	struct fsprobe_target target;
	unsigned missed;
	bool said_bad;
};

struct aside {
	struct fsprobe *probe;
	size_t cap, len;
	int64_t boot_ns;
	bool late; /* a new file did not answer in this cycle: the next ones are not waited for */
	bool said_many;
	struct file files[ASIDE_FILES_MAX];
};

/* In the child. */
static ssize_t
read_file(const char *path, char *text, size_t cap)
{
	return io_read_at(AT_FDCWD, path, text, cap);
}

struct aside *
aside_new(size_t cap)
{
	const struct fsprobe_conf conf = {.read = read_file,
	    .root = -1,
	    .text_max = cap,
	    .deadline_ms = ASIDE_DEADLINE_MS,
	    .wait_ms = ASIDE_WAIT_MS};
	struct aside *a = mem_zalloc(1, sizeof(*a));

	a->probe = fsprobe_new(&conf);
	a->cap = cap;
	return a;
}

void
aside_forget(struct aside *a)
{
	for (size_t i = 0; i < a->len; i++) {
		struct fsprobe_target *t = &a->files[i].target;

		fsprobe_forget(a->probe, t);
		mem_free(t->text);
		mem_free(a->files[i].path);
		a->files[i] = (struct file){.missed = 0};
	}
	a->len = 0;
}

void
aside_free(struct aside *a)
{
	if (a == NULL)
		return;
	aside_forget(a);
	fsprobe_free(a->probe);
	mem_free(a);
}

static void
ask(struct aside *a, struct fsprobe_target *const targets[], size_t n)
{
	fsprobe_round(a->probe, targets, n, a->boot_ns);
}

/* lxcfs that has crashed: its files answer with ENOTCONN. */
static bool
is_broken(const struct file *file)
{
	const struct fsprobe_target *t = &file->target;

	return t->prompt && fsask_meaning(t->err) == FSASK_BROKEN;
}

/* When it changes. */
static void
say_state(struct file *file)
{
	const struct fsprobe_target *t = &file->target;
	bool bad = t->stale || is_broken(file);

	if (bad == file->said_bad)
		return;
	if (t->stale)
		log_warn("file %s does not answer", file->path);
	else if (bad)
		log_warn("file %s cannot be read: %s", file->path, strerror(t->err));
	else
		log_info("file %s answers again", file->path);
	file->said_bad = bad;
}

static void
note_answer(struct file *file)
{
	if (file->target.prompt)
		file->missed = 0;
	else if (file->missed < MISSED_MAX)
		file->missed++;
	if (file->target.prompt || file->target.stale)
		say_state(file);
}

void
aside_look(struct aside *a, int64_t boot_ns)
{
	struct fsprobe_target *targets[ASIDE_FILES_MAX];

	a->boot_ns = boot_ns;
	a->late = false;
	for (size_t i = 0; i < a->len; i++)
		targets[i] = &a->files[i].target;
	ask(a, targets, a->len);
	for (size_t i = 0; i < a->len; i++)
		note_answer(&a->files[i]);
}

static struct file *
find(struct aside *a, const char *path)
{
	for (size_t i = 0; i < a->len; i++)
		if (str_eq(a->files[i].path, path))
			return &a->files[i];
	return NULL;
}

/* A new one, asked at once where that may be; NULL when there is no room. */
static struct file *
add(struct aside *a, const char *path)
{
	struct file *file = &a->files[a->len];
	struct fsprobe_target *target = &file->target;

	if (a->len == ASIDE_FILES_MAX) {
		if (!a->said_many)
			log_warn("more than %d files of the host lie on foreign file systems: "
			         "further ones, like %s, are not read",
			    ASIDE_FILES_MAX, path);
		a->said_many = true;
		return NULL;
	}
	*file = (struct file){.path = mem_strdup(path)};
	target->path = file->path;
	a->len++;
	if (!a->late)
		ask(a, &target, 1);
	note_answer(file);
	a->late = a->late || !target->prompt;
	return file;
}

ssize_t
aside_read(struct aside *a, const char *path, char *text)
{
	struct file *file = find(a, path);
	const struct fsprobe_target *t;
	size_t len;

	if (file == NULL)
		file = add(a, path);
	if (file == NULL || !file->target.prompt) {
		errno = ETIMEDOUT;
		return -1;
	}
	t = &file->target;
	if (t->err != 0) {
		errno = t->err;
		return -1;
	}
	len = num_min_size(t->text_len, a->cap - 1);
	if (len > 0)
		memcpy(text, t->text, len);
	text[len] = '\0';
	return (ssize_t)len;
}

bool
aside_file(const struct aside *a, size_t i, const char **path, enum aside_state *state)
{
	const struct file *file;

	if (i >= a->len)
		return false;
	file = &a->files[i];
	*path = file->path;
	if (file->target.prompt)
		*state = is_broken(file) ? ASIDE_SILENT : ASIDE_ANSWERS;
	else
		*state =
		    file->target.stale || file->missed >= MISSED_MAX ? ASIDE_SILENT : ASIDE_UNKNOWN;
	return true;
}
