/*
 * What statvfs(3) says of a file system, as df has it; and whether it is an image, which is full
 * from the day it was made. Pure.
 */
#ifndef COLLECT_MOUNT_SPACE_H
#define COLLECT_MOUNT_SPACE_H

#include <stdbool.h>
#include <sys/statvfs.h>

struct mount_space {
	double usage_percent;       /* NAN: nobody can fill it */
	double available_bytes;     /* NAN: it has no blocks (a pseudo file system) */
	double inode_usage_percent; /* NAN: no fixed number of inodes */
};

struct mount_space mount_space_of(const struct statvfs *v);

/* Not one block is free, nor one inode where those are counted. */
bool mount_space_is_closed(const struct statvfs *v);

/* Of a kind that only holds finished images, which nobody ever writes to. */
bool mount_space_is_image_type(const char *fstype);

#endif
