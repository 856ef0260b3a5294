/*
 * Reading the kernel's tables: lines of a key and a number, and pairs of a line of names and a line
 * of values. A key counts at the start of a line only; a last line without its newline was cut and
 * is not believed; a number that is negative, over 2^64-1 or runs into other text is absent.
 */
#ifndef COLLECT_SCAN_H
#define COLLECT_SCAN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct scan_key {
	const char *key; /* with what ends it: "MemTotal:", "pswpin " */
	uint16_t key_len;
	uint16_t skip; /* columns between the key and the number */
	size_t offset; /* of the uint64_t that takes the number */
};

#define SCAN_KEY(text, type, member)                              \
	{                                                         \
		text, sizeof(text) - 1, 0, offsetof(type, member) \
	}
#define SCAN_KEY_COLUMN(text, skip, type, member)                    \
	{                                                            \
		text, sizeof(text) - 1, skip, offsetof(type, member) \
	}

/*
 * Fills members of *out from "key number" lines. Returns a bit for each key that was found, 1 <<
 * its index (n <= 64). Of a key that occurs twice the first counts. Stops when it has all.
 */
uint64_t scan_keys(const char *text, size_t len, const struct scan_key *keys, size_t n, void *out);

/*
 * The same of one line, without its newline; *seen has the bits of keys that earlier lines had, and
 * starts at 0. Returns the bit of the key that was found, or 0.
 */
uint64_t scan_key_line(const char *line, const char *line_end, const struct scan_key *keys,
    size_t n, uint64_t *seen, void *out);

/*
 * The same for /proc/net/snmp and netstat: "Tcp: Name Name ..." then "Tcp: 1 2 ...". prefix is
 * "Tcp:"; the keys are column names ("CurrEstab"), whatever their position.
 */
uint64_t scan_columns(const char *text, size_t len, const char *prefix, const struct scan_key *keys,
    size_t n, void *out);

/* True: the text begins so, and *p is behind it. */
bool scan_prefix(const char **p, const char *end, const char *prefix);

/* The whole text is one number and white space ("42\n"). */
bool scan_single(const char *text, size_t len, uint64_t *out);

/* A number that ends in white space or at end; *p moves past the blanks before and the digits. */
bool scan_u64(const char **p, const char *end, uint64_t *out);

/* "0.25": digits, and perhaps a point and digits; without locale. Ends as scan_u64's. */
bool scan_decimal(const char **p, const char *end, double *out);

/*
 * The next complete line of *p .. end: sets *line, *line_end (without the newline), moves *p past
 * it. False at the end, and for a last line without newline.
 */
bool scan_line(const char **p, const char *end, const char **line, const char **line_end);

/* Past the word at p and the blanks after it. */
const char *scan_skip_word(const char *p, const char *end);

/*
 * Numbers of some columns of a line; columns rises, 0 is the first. values[i] is that of
 * columns[i], or 0. Returns a bit, 1 << i, for each that is a number (n <= 32); what other columns
 * hold is not looked at.
 */
unsigned scan_numbers(
    const char *line, const char *end, const unsigned char *columns, size_t n, uint64_t *values);

#endif
