/*
 * Strings with bounds. Numbers are parsed from byte ranges, without locale and without errno.
 */
#ifndef BASE_STR_H
#define BASE_STR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Copies text; false if it did not fit (then cut, at a UTF-8 boundary, and terminated). */
bool str_copy(char *dst, size_t cap, const char *text);

bool str_eq(const char *a, const char *b);
bool str_starts(const char *text, const char *prefix);
bool str_ends(const char *text, const char *suffix);

/* Shell-like match of the whole text: * any run, ? one byte, \ escapes. Linear in the text. */
bool str_glob(const char *pattern, const char *text);

/* Whether one of n does. */
bool str_glob_any(char *const globs[], size_t n, const char *text);

/* Edit distance with transpositions, for "did you mean"; words past 63 bytes are far away. */
size_t str_distance(const char *a, const char *b);

/* Bytes of the UTF-8 sequence at the start of p (1 to 4); 0 if it is not valid UTF-8. */
size_t str_utf8_len(const char *p, size_t len);
bool str_utf8_valid(const char *p, size_t len);
/* The character that the n bytes at p are, as str_utf8_len() counted them. */
uint32_t str_code_point(const char *p, size_t n);

/*
 * Reads an unsigned decimal at *p, moves *p past it. False without a digit; a value over 2^64-1 is
 * false too, with *p past its digits.
 */
bool str_u64(const char **p, const char *end, uint64_t *out);

/* Moves past spaces and tabs. */
const char *str_skip_blank(const char *p, const char *end);

/* FNV-1a over len bytes, continuing from seed; start with STR_HASH_SEED. */
#define STR_HASH_SEED 14695981039346656037ULL
uint64_t str_hash(uint64_t seed, const void *bytes, size_t len);

/* "1.5 GiB", "12 KiB": human size of bytes; returns out. */
#define STR_SIZE_MAX 24
const char *str_size(double bytes, char out[STR_SIZE_MAX]);

/* "45s", "12 min", "3 h 20 min", "2 d 4 h"; returns out. */
#define STR_SPAN_MAX 32
const char *str_span(int64_t secs, char out[STR_SPAN_MAX]);

/* How far one clock is ahead of another: "2 min ahead of", ms < 0: "2 min behind"; returns out. */
#define STR_AHEAD_MAX (STR_SPAN_MAX + 12)
const char *str_ahead(int64_t ms, char out[STR_AHEAD_MAX]);

#endif
