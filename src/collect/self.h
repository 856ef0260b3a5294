/*
 * /proc/PID/statm (Documentation/filesystems/proc.rst).
 */
#ifndef COLLECT_SELF_H
#define COLLECT_SELF_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Its second number: resident pages. */
bool self_parse_statm(const char *text, size_t len, uint64_t *resident_pages);

#endif
