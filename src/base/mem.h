/*
 * Memory for start-up and configuration changes. Every function dies when there is none: no caller
 * checks for NULL. Nothing on the per-sample path may call these.
 */
#ifndef BASE_MEM_H
#define BASE_MEM_H

#include <stddef.h>

/* Zeroed array of n items of size bytes; n * size is checked for overflow. */
void *mem_zalloc(size_t n, size_t size);

/* Resizes to n items of size bytes; new bytes are not zeroed. */
void *mem_resize(void *old, size_t n, size_t size);

/*
 * The list of count items of size bytes, with room for one more; new bytes are not zeroed. *cap is
 * for how many there is room. A list begins as NULL with a *cap of 0, and doubles when it is full.
 */
void *mem_grow(void *items, size_t count, size_t *cap, size_t size);

/* NUL-terminated copy of len bytes. */
char *mem_strndup(const char *text, size_t len);
char *mem_strdup(const char *text);

void mem_free(void *ptr);

/* Wipes a secret in a way the compiler keeps. */
void mem_wipe(void *ptr, size_t len);

#endif
