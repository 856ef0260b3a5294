/*
 * What a recorded frame holds beside proc and sys: when it was taken, and how full each file system
 * was. Written by tools/record.
 */
#ifndef COLLECT_RECORDED_H
#define COLLECT_RECORDED_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/statvfs.h>

#include "base/clock.h"

/* DIR/frame: the lines "boot_ns N" and "wall_ms N". */
bool recorded_time(int frame_fd, struct now *now);
bool recorded_time_parse(const char *text, size_t len, struct now *now);

/*
 * DIR/statvfs.txt: lines "mountpoint bsize frsize blocks bfree bavail files ffree favail flag", the
 * mountpoint with octal escapes as in mountinfo. False with errno ENOENT for one not in the list.
 */
bool recorded_statvfs(int frame_fd, const char *mountpoint, struct statvfs *out);
bool recorded_statvfs_parse(
    const char *text, size_t len, const char *mountpoint, struct statvfs *out);

#endif
