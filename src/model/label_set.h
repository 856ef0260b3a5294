/*
 * A few labels, keys and values, as a plain value: copying the struct copies everything. Values
 * come from the host (mount points, process names, log lines) as they are: whoever shows them
 * escapes them.
 */
#ifndef MODEL_LABEL_SET_H
#define MODEL_LABEL_SET_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define LABEL_SET_MAX 8        /* labels */
#define LABEL_SET_KEY_MAX 24   /* bytes of a key, with its NUL */
#define LABEL_SET_TEXT_MAX 288 /* bytes of all values, with their NULs */

struct label_set {
	uint32_t count;
	char keys[LABEL_SET_MAX][LABEL_SET_KEY_MAX];
	uint16_t value_at[LABEL_SET_MAX]; /* offsets in text */
	char text[LABEL_SET_TEXT_MAX];
};

/* Appends one; false (and nothing changed) when there is no room or the key is too long. */
bool label_set_add(struct label_set *set, const char *key, const char *value);

/* The i-th value, "" past the last. Lives as long as the set. */
const char *label_set_value(const struct label_set *set, size_t i);

/* The value of a key, or NULL. */
const char *label_set_get(const struct label_set *set, const char *key);

/* Both have each of the keys (NULL ends them, or n is reached), with the same value. */
bool label_set_agree(
    const struct label_set *a, const struct label_set *b, const char *const keys[], size_t n);

#endif
