/*
 * Which file has the table, the best first. Another namespace's table has paths of that namespace:
 * they are followed from the root of its process 1 where that is allowed (ptrace(2), "access mode
 * checking"), else from the folder above its proc, for who binds the host into a container mostly
 * binds all of it. No path is trusted: who asks, compares.
 */
#include "collect/mount_table.h"

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

#include "base/errtext.h"
#include "base/io.h"
#include "base/log.h"

#define ROOT_FLAGS (O_PATH | O_DIRECTORY | O_CLOEXEC)

static void
open_root(struct mount_table *t, const struct host *host)
{
	char why[ERRTEXT_MAX];

	t->root = openat(host->proc_fd, "1/root", ROOT_FLAGS);
	t->sure = t->root >= 0;
	if (t->sure)
		return;
	log_info("the root of process 1 may not be entered: of its file systems, only those that "
	         "are seen here as well have their space watched: %s",
	    errtext(errno, why));
	t->root = openat(host->proc_fd, "..", ROOT_FLAGS);
}

#define REPLACED(name)                                                               \
	{                                                                            \
		.path = name, .tells = MOUNT_TABLE_TELLS, .replaced = true, .fd = -1 \
	}

void
mount_table_open(struct mount_table *t, const struct host *host)
{
	*t = (struct mount_table){
	    .self = {REPLACED("self/mountinfo"), .own = true},
	    .init = {REPLACED("1/mountinfo"), .own = false},
	    .old_init = {REPLACED("1/mounts"), .old_form = true},
	    .old_self = {{.path = "mounts", .tells = MOUNT_TABLE_TELLS, .fd = -1}, .own = true,
	        .old_form = true},
	    .root = -1,
	};
	if (host->live && !host->own_proc)
		open_root(t, host);
}

void
mount_table_close(struct mount_table *t)
{
	host_file_close(&t->self.file);
	host_file_close(&t->init.file);
	host_file_close(&t->old_init.file);
	host_file_close(&t->old_self.file);
	io_close(&t->root);
}

struct mount_table_file *
mount_table_read(struct mount_table *t, struct host *host, struct host_lines *lines)
{
	struct mount_table_file *const own[] = {&t->self, &t->init, &t->old_self, NULL};
	struct mount_table_file *const other[] = {
	    &t->init, &t->self, &t->old_init, &t->old_self, NULL};

	for (struct mount_table_file *const *f = host->own_proc ? own : other; *f != NULL; f++) {
		if (!host_lines_open(lines, host, &(*f)->file))
			continue;
		if (lines->lines.len > 0)
			return *f;
		host_lines_close(lines);
	}
	return NULL;
}

void
mount_table_say_root(
    const struct mount_table *t, const struct mount_table_file *from, struct fsask_row *row)
{
	row->elsewhere = !from->own && t->root >= 0;
	row->sure = from->own || t->sure;
}
