/*
 * The only caller of the allocator. Running out of memory at start-up or at a reload is fatal for
 * the process, whose launcher starts it again: half-built state is worse than none.
 */
#include "base/mem.h"

#include <stdlib.h>
#include <string.h>

#include "base/log.h"

#define GROW_FIRST 16

void *
mem_zalloc(size_t n, size_t size)
{
	void *ptr = calloc(n == 0 ? 1 : n, size == 0 ? 1 : size);

	if (ptr == NULL)
		die("out of memory: %zu items of %zu bytes", n, size);
	return ptr;
}

void *
mem_resize(void *old, size_t n, size_t size)
{
	void *ptr = reallocarray(old, n == 0 ? 1 : n, size == 0 ? 1 : size);

	if (ptr == NULL)
		die("out of memory: %zu items of %zu bytes", n, size);
	return ptr;
}

void *
mem_grow(void *items, size_t count, size_t *cap, size_t size)
{
	if (count < *cap)
		return items;
	*cap = *cap == 0 ? GROW_FIRST : *cap * 2;
	return mem_resize(items, *cap, size);
}

char *
mem_strndup(const char *text, size_t len)
{
	char *copy = mem_zalloc(len + 1, 1);

	if (len > 0)
		memcpy(copy, text, len);
	return copy;
}

char *
mem_strdup(const char *text)
{
	return mem_strndup(text, strlen(text));
}

void
mem_free(void *ptr)
{
	free(ptr);
}

void
mem_wipe(void *ptr, size_t len)
{
	if (ptr != NULL && len > 0)
		explicit_bzero(ptr, len);
}
