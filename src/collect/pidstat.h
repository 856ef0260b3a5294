/*
 * The files of one process: /proc/PID/stat, io and limits (proc_pid_stat(5) and friends).
 * Pure: bytes in, numbers out. Every function is false when what it looks for is absent or
 * malformed, and then leaves *out undefined.
 */
#ifndef COLLECT_PIDSTAT_H
#define COLLECT_PIDSTAT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define PIDSTAT_NAME_MAX 16 /* TASK_COMM_LEN; a kernel thread's longer name is cut */
#define PIDSTAT_PF_KTHREAD 0x200000u

struct pidstat {
	char
	    name[PIDSTAT_NAME_MAX]; /* as the process gave it: any bytes but NUL; padded with NUL */
	char state;                 /* R S D Z T t X I ... */
	uint64_t flags;             /* PF_* */
	uint64_t utime, stime;      /* clock ticks */
	uint64_t threads;
	uint64_t starttime; /* clock ticks after boot */
	uint64_t rss_pages;
};

struct pidio {
	uint64_t read_bytes, write_bytes; /* from and to storage */
};

bool pidstat_parse(const char *text, size_t len, struct pidstat *out);

/* Clock ticks of its children that have ended, and of theirs: cutime and cstime of PID/stat. */
bool pidstat_reaped(const char *text, size_t len, uint64_t *ticks);

bool pidstat_io(const char *text, size_t len, struct pidio *out);

/* Soft limit of open files of PID/limits; false when it is unlimited. */
bool pidstat_file_limit(const char *text, size_t len, uint64_t *out);

/* A name fit for a label: control bytes and what is not UTF-8 become '?'; returns out. */
const char *pidstat_label(const char name[PIDSTAT_NAME_MAX], char out[PIDSTAT_NAME_MAX]);

#endif
