/*
 * /proc/uptime (Documentation/filesystems/proc.rst).
 */
#ifndef COLLECT_KERNEL_H
#define COLLECT_KERNEL_H

#include <stdbool.h>
#include <stddef.h>

/* The first of its two numbers: seconds since boot. */
bool kernel_parse_uptime(const char *text, size_t len, double *secs);

#endif
