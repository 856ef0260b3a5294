/*
 * uthash with this program's allocator. Include this, never <uthash.h>.
 */
#ifndef BASE_HASH_H
#define BASE_HASH_H

#include "base/mem.h"

#define uthash_malloc(size) mem_zalloc(1, size)
#define uthash_free(ptr, size) mem_free(ptr)
#include <uthash.h>

#endif
