/*
 * Allocates small pieces from a list of larger chunks, to be freed all at once. Everything in it
 * may be a secret, so all of it is wiped before it is freed. Running out of memory ends the
 * process, as base/mem.h has it.
 */
#include "base/arena.h"

#include <assert.h>
#include <stdalign.h>
#include <stdint.h>
#include <string.h>

#include "base/mem.h"

#define CHUNK_BYTES 8192u

struct chunk {
	struct chunk *next;
	size_t used, cap;
	alignas(max_align_t) char data[];
};

struct arena {
	struct chunk *chunks;
};

struct arena *
arena_new(void)
{
	return mem_zalloc(1, sizeof(struct arena));
}

void
arena_free(struct arena *arena)
{
	struct chunk *next;

	if (arena == NULL)
		return;
	for (struct chunk *c = arena->chunks; c != NULL; c = next) {
		next = c->next;
		mem_wipe(c->data, c->used);
		mem_free(c);
	}
	mem_free(arena);
}

static void
add_chunk(struct arena *arena, size_t least)
{
	size_t cap = least > CHUNK_BYTES ? least : CHUNK_BYTES;
	struct chunk *c = mem_zalloc(1, sizeof(*c) + cap);

	c->cap = cap;
	c->next = arena->chunks;
	arena->chunks = c;
}

void *
arena_alloc(struct arena *arena, size_t n, size_t size)
{
	size_t align = alignof(max_align_t), bytes;
	void *out;

	assert(size == 0 || n <= (SIZE_MAX / 2) / size);
	bytes = (n * size + align) / align * align;
	if (arena->chunks == NULL || arena->chunks->cap - arena->chunks->used < bytes)
		add_chunk(arena, bytes);
	out = arena->chunks->data + arena->chunks->used;
	arena->chunks->used += bytes;
	return out;
}

char *
arena_strndup(struct arena *arena, const char *text, size_t len)
{
	char *copy = arena_alloc(arena, len + 1, 1);

	if (len > 0)
		memcpy(copy, text, len);
	return copy;
}

char *
arena_strdup(struct arena *arena, const char *text)
{
	return arena_strndup(arena, text, strlen(text));
}
