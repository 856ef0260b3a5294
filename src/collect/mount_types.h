/*
 * What is known of file systems by the name of their type.
 */
#ifndef COLLECT_MOUNT_TYPES_H
#define COLLECT_MOUNT_TYPES_H

#include <stdbool.h>

/* Answers from this machine alone: asks no server, no user's process and no cluster. */
bool mount_types_is_local(const char *fstype);

/* Is made by the kernel itself, of what it knows or of memory: no disk and nobody else is asked. */
bool mount_types_is_kernels(const char *fstype);

#endif
