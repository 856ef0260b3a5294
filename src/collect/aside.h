/*
 * Files of the host that are read aside, in a child, since reading them may hang: those that
 * somebody's mount lies over. One that hangs costs its own text only. All known ones are read
 * together once a cycle; who then wants one finds its text, or that there is none.
 */
#ifndef COLLECT_ASIDE_H
#define COLLECT_ASIDE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#define ASIDE_FILES_MAX 32 /* further ones are not read */
#define ASIDE_DEADLINE_MS 5000
/* For all of a cycle: a busy machine may take long. One that is known to hang is not waited for. */
#define ASIDE_WAIT_MS 1000

enum aside_state {
	ASIDE_SILENT, /* does not answer, which is sure now, or with an error: its server is gone */
	ASIDE_UNKNOWN, /* no answer in this cycle; it may be slow */
	ASIDE_ANSWERS,
};

struct aside;

/* Makes no child before there is a file. cap: bytes of the longest text, with its NUL. */
struct aside *aside_new(size_t cap);
void aside_free(struct aside *a);

/* A cycle begins: reads all files that are known. */
void aside_look(struct aside *a, int64_t boot_ns);

/*
 * The text of a file as of this cycle, NUL-terminated, into text, which has that cap; its length.
 * -1 with errno: ETIMEDOUT when it does not answer, else why it cannot be read. An absolute path
 * that is new is read now, unless another new one has just been waited for in vain, and from then
 * on each cycle.
 */
ssize_t aside_read(struct aside *a, const char *path, char *text);

/* Other files are to be read aside from here on. */
void aside_forget(struct aside *a);

/* The files, in the order they came; false when there is no i-th. */
bool aside_file(const struct aside *a, size_t i, const char **path, enum aside_state *state);

#endif
