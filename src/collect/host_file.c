/*
 * The words for a file that is missing, refused, not understood or too long.
 */
#include "collect/host_file.h"

#include <errno.h>
#include <stddef.h>

#include "base/errtext.h"
#include "base/io.h"
#include "base/log.h"
#include "collect/aside.h"
#include "collect/fsask.h"

void
host_file_close(struct host_file *file)
{
	io_close(&file->fd);
}

static const char *
root_of(const struct host_file *file)
{
	return file->in_sys ? "sys" : "proc";
}

/* EOPNOTSUPP: pressure stall information that is built in and switched off. */
static bool
is_not_there(int err)
{
	return err == ENOENT || err == ENOTDIR || err == EOPNOTSUPP;
}

static bool
is_news(const struct host_file *file, int err)
{
	if (file->tells == NULL || file->replaced ||
	    (file->foreign && fsask_meaning(err) == FSASK_BROKEN))
		return false;
	return !file->optional || !is_not_there(err);
}

/* A file of many, or one that another stands in for, is none. */
static void
note(const struct host_file *file, const struct gap *kind)
{
	struct gap gap = *kind;

	if (file->gaps == NULL || file->tells == NULL || file->replaced)
		return;
	gap.root = root_of(file);
	gap.what = file->path;
	gap.metrics = file->tells;
	gaps_note(file->gaps, &gap);
}

void
host_file_say_unread(struct host_file *file, int err)
{
	char why[ERRTEXT_MAX];

	note(file, &(struct gap){.kind = GAP_UNREAD, .err = err});
	if (file->said_missing)
		return;
	file->said_missing = true;
	errtext(err, why);
	if (is_news(file, err))
		log_warn("%s/%s cannot be read: %s: absent without it: %s", root_of(file),
		    file->path, why, file->tells);
	else
		log_debug("%s/%s cannot be read, its metrics are absent: %s", root_of(file),
		    file->path, why);
}

void
host_file_say_malformed(struct host_file *file)
{
	note(file, &(struct gap){.kind = GAP_MALFORMED});
	if (file->said_malformed)
		return;
	file->said_malformed = true;
	log_warn(
	    "%s/%s is not of the form that the kernel documents: absent is what cannot be read "
	    "there%s%s",
	    root_of(file), file->path, file->tells != NULL ? ", of: " : "",
	    file->tells != NULL ? file->tells : "");
}

void
host_file_say_cut(struct host_file *file, size_t bytes)
{
	note(file, &(struct gap){.kind = GAP_CUT, .taken = bytes});
	if (file->said_cut)
		return;
	file->said_cut = true;
	log_warn("only %zu bytes of %s/%s, or of a line of it, are read", bytes, root_of(file),
	    file->path);
}
