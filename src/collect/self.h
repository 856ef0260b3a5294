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

/* The third: those of them that are of files, or shared in another way. */
bool self_parse_shared(const char *text, size_t len, uint64_t *shared_pages);

#endif
