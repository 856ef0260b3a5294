/*
 * A recorded host, as tools/record writes it: a folder a frame, with proc and sys and two files
 * beside them. DIR/frame has when it was taken, in the lines "boot_ns N" and "wall_ms N".
 * DIR/statvfs.txt has lines "mountpoint bsize frsize blocks bfree bavail files ffree favail flag",
 * the mountpoint with octal escapes as in mountinfo. A damaged file answers nothing.
 */
#ifndef TESTS_RECORDED_H
#define TESTS_RECORDED_H

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/statvfs.h>

#include "base/clock.h"
#include "base/io.h"
#include "base/mem.h"
#include "base/str.h"
#include "collect/host.h"
#include "collect/scan.h"

#define RECORDED_FILE_MAX (64 * 1024)

struct recorded_frame {
	uint64_t boot_ns, wall_ms;
};

static const struct scan_key recorded_keys[] = {
    SCAN_KEY("boot_ns ", struct recorded_frame, boot_ns),
    SCAN_KEY("wall_ms ", struct recorded_frame, wall_ms),
};

static inline bool
recorded_parse_time(const char *text, size_t len, struct now *now)
{
	struct recorded_frame f;

	if (scan_keys(text, len, recorded_keys, 2, &f) != 3 || f.boot_ns > INT64_MAX ||
	    f.wall_ms > INT64_MAX)
		return false;
	*now = (struct now){.boot_ns = (int64_t)f.boot_ns, .wall_ms = (int64_t)f.wall_ms};
	return true;
}

static inline bool
recorded_is_octal(const char *p, const char *end)
{
	return end - p >= 4 && p[0] == '\\' && p[1] >= '0' && p[1] <= '3' && p[2] >= '0' &&
	       p[2] <= '7' && p[3] >= '0' && p[3] <= '7';
}

/* Whether the escaped word at p, which ends in a blank, is text. */
static inline bool
recorded_word_is(const char *p, const char *end, const char *text)
{
	for (; p < end && *p != ' '; text++) {
		char c = *p;

		if (recorded_is_octal(p, end)) {
			c = (char)((p[1] - '0') * 64 + (p[2] - '0') * 8 + (p[3] - '0'));
			p += 3;
		}
		p++;
		if (c != *text || c == '\0')
			return false;
	}
	return *text == '\0';
}

static inline bool
recorded_parse_statvfs(const char *text, size_t len, const char *mountpoint, struct statvfs *out)
{
	const char *p = text, *end = text + len, *line, *line_end;
	uint64_t v[9];
	size_t n = 0;

	errno = ENOENT;
	while (scan_line(&p, end, &line, &line_end)) {
		if (!recorded_word_is(line, line_end, mountpoint))
			continue;
		line = scan_skip_word(line, line_end);
		while (n < 9 && scan_u64(&line, line_end, &v[n]))
			n++;
		if (n < 9)
			return false;
		*out = (struct statvfs){.f_bsize = v[0],
		    .f_frsize = v[1],
		    .f_blocks = v[2],
		    .f_bfree = v[3],
		    .f_bavail = v[4],
		    .f_files = v[5],
		    .f_ffree = v[6],
		    .f_favail = v[7],
		    .f_flag = v[8],
		    .f_namemax = 255};
		return true;
	}
	return false;
}

/* False with errno ENOENT for one not in the list. arg: the frame's folder. */
static inline bool
recorded_statvfs(void *arg, const char *mountpoint, struct statvfs *out)
{
	char *text = mem_zalloc(RECORDED_FILE_MAX, 1), path[512];
	ssize_t len;
	bool ok;

	snprintf(path, sizeof(path), "%s/statvfs.txt", (const char *)arg);
	len = io_read_at(AT_FDCWD, path, text, RECORDED_FILE_MAX);
	ok = len >= 0 && recorded_parse_statvfs(text, (size_t)len, mountpoint, out);
	mem_free(text);
	return ok;
}

/* Opens a frame, the only one at a time, in a host that is closed. False with errno. */
static inline bool
recorded_open(struct host *host, const char *dir)
{
	static char folder[256];
	char proc[300], sys[300];

	str_copy(folder, sizeof(folder), dir);
	snprintf(proc, sizeof(proc), "%s/proc", folder);
	snprintf(sys, sizeof(sys), "%s/sys", folder);
	if (!host_open(host, proc, sys))
		return false;
	/* A recording reads the same on every machine. */
	host->page_bytes = 4096;
	host->ticks_per_sec = 100;
	host->answer_statvfs = recorded_statvfs;
	host->answer_arg = folder;
	return true;
}

/* When the frame was taken; false when that is not said. */
static inline bool
recorded_time(const char *dir, struct now *now)
{
	char text[256], path[300];
	ssize_t len;

	snprintf(path, sizeof(path), "%s/frame", dir);
	len = io_read_at(AT_FDCWD, path, text, sizeof(text));
	return len >= 0 && recorded_parse_time(text, (size_t)len, now);
}

#endif
