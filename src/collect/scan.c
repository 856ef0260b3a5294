/*
 * Byte ranges of kernel tables in, numbers out. Trusts nothing of the text: no NUL, no number of
 * columns, no order of lines; what does not fit the form is left out and the rest is still read.
 */
#include "collect/scan.h"

#include <string.h>

#include "base/str.h"

static bool
is_space(char c)
{
	return c == ' ' || c == '\t' || c == '\n';
}

bool
scan_u64(const char **p, const char *end, uint64_t *out)
{
	*p = str_skip_blank(*p, end);
	return str_u64(p, end, out) && (*p == end || is_space(**p));
}

bool
scan_decimal(const char **p, const char *end, double *out)
{
	uint64_t whole, digits = 0;
	double scale = 1;
	const char *s = str_skip_blank(*p, end);

	*p = s;
	if (!str_u64(&s, end, &whole))
		return false;
	if (s < end && *s == '.') {
		/* Digits past the ninth change nothing that anyone measures. */
		for (s++; s < end && *s >= '0' && *s <= '9'; s++) {
			if (scale < 1e9) {
				digits = digits * 10 + (uint64_t)(*s - '0');
				scale *= 10;
			}
		}
	}
	*p = s;
	*out = (double)whole + (double)digits / scale;
	return s == end || is_space(*s);
}

bool
scan_line(const char **p, const char *end, const char **line, const char **line_end)
{
	const char *newline = *p < end ? memchr(*p, '\n', (size_t)(end - *p)) : NULL;

	if (newline == NULL)
		return false;
	*line = *p;
	*line_end = newline;
	*p = newline + 1;
	return true;
}

bool
scan_prefix(const char **p, const char *end, const char *prefix)
{
	size_t len = strlen(prefix);

	if ((size_t)(end - *p) < len || memcmp(*p, prefix, len) != 0)
		return false;
	*p += len;
	return true;
}

const char *
scan_skip_word(const char *p, const char *end)
{
	while (p < end && !is_space(*p))
		p++;
	return str_skip_blank(p, end);
}

unsigned
scan_numbers(
    const char *line, const char *end, const unsigned char *columns, size_t n, uint64_t *values)
{
	const char *p = str_skip_blank(line, end), *number;
	unsigned column = 0, have = 0;

	for (size_t i = 0; i < n; i++) {
		for (; column < columns[i]; column++)
			p = scan_skip_word(p, end);
		number = p;
		if (scan_u64(&number, end, &values[i]))
			have |= 1u << i;
		else
			values[i] = 0;
	}
	return have;
}

static void
store(const struct scan_key *key, void *out, uint64_t value)
{
	memcpy((char *)out + key->offset, &value, sizeof(value));
}

/* The key that starts the line and was not seen before, or n. */
static size_t
find_key(const char *line, size_t len, const struct scan_key *keys, size_t n, uint64_t seen)
{
	for (size_t i = 0; i < n; i++) {
		if (keys[i].key[0] == line[0] && keys[i].key_len < len && (seen >> i & 1) == 0 &&
		    memcmp(line, keys[i].key, keys[i].key_len) == 0)
			return i;
	}
	return n;
}

uint64_t
scan_key_line(const char *line, const char *line_end, const struct scan_key *keys, size_t n,
    uint64_t *seen, void *out)
{
	size_t i = find_key(line, (size_t)(line_end - line), keys, n, *seen);
	uint64_t value;

	if (i == n)
		return 0;
	*seen |= 1ULL << i;
	line = str_skip_blank(line + keys[i].key_len, line_end);
	for (unsigned skip = keys[i].skip; skip > 0; skip--)
		line = scan_skip_word(line, line_end);
	if (!scan_u64(&line, line_end, &value))
		return 0;
	store(&keys[i], out, value);
	return 1ULL << i;
}

uint64_t
scan_keys(const char *text, size_t len, const struct scan_key *keys, size_t n, void *out)
{
	const char *p = text, *end = text + len, *line, *line_end;
	uint64_t found = 0, seen = 0, all = n < 64 ? (1ULL << n) - 1 : UINT64_MAX;

	while (seen != all && scan_line(&p, end, &line, &line_end))
		found |= scan_key_line(line, line_end, keys, n, &seen, out);
	return found;
}

/* Walks a line of names and its line of values side by side. */
static uint64_t
match_columns(const char *name, const char *name_end, const char *value, const char *value_end,
    const struct scan_key *keys, size_t n, void *out)
{
	uint64_t found = 0, seen = 0, all = n < 64 ? (1ULL << n) - 1 : UINT64_MAX, number;

	while (seen != all && name < name_end && value < value_end) {
		const char *next = scan_skip_word(name, name_end), *stop = next;

		while (stop > name && is_space(stop[-1]))
			stop--;
		for (size_t i = 0; i < n; i++) {
			const char *v = value;

			if (keys[i].key_len != (size_t)(stop - name) || (seen >> i & 1) != 0 ||
			    memcmp(name, keys[i].key, keys[i].key_len) != 0)
				continue;
			seen |= 1ULL << i;
			if (scan_u64(&v, value_end, &number)) {
				store(&keys[i], out, number);
				found |= 1ULL << i;
			}
		}
		name = next;
		value = scan_skip_word(value, value_end);
	}
	return found;
}

uint64_t
scan_columns(const char *text, size_t len, const char *prefix, const struct scan_key *keys,
    size_t n, void *out)
{
	const char *p = text, *end = text + len, *name, *name_end, *value, *value_end;

	while (scan_line(&p, end, &name, &name_end)) {
		if (!scan_prefix(&name, name_end, prefix))
			continue;
		if (!scan_line(&p, end, &value, &value_end) ||
		    !scan_prefix(&value, value_end, prefix))
			return 0;
		return match_columns(str_skip_blank(name, name_end), name_end,
		    str_skip_blank(value, value_end), value_end, keys, n, out);
	}
	return 0;
}

bool
scan_single(const char *text, size_t len, uint64_t *out)
{
	const char *p = text, *end = text + len;

	if (!scan_u64(&p, end, out))
		return false;
	while (p < end && is_space(*p))
		p++;
	return p == end;
}
