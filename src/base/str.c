/*
 * Compares, matches, copies, parses and formats short strings. None of it trusts its input to be
 * text; what does not fit or does not parse is false, or cut, never more.
 */
#include "base/str.h"

#include <stdio.h>
#include <string.h>

bool
str_copy(char *dst, size_t cap, const char *text)
{
	size_t len = strlen(text);
	bool fits = len < cap;

	if (!fits) {
		len = cap - 1;
		while (len > 0 && ((unsigned char)text[len] & 0xc0) == 0x80)
			len--;
	}
	memcpy(dst, text, len);
	dst[len] = '\0';
	return fits;
}

bool
str_eq(const char *a, const char *b)
{
	return strcmp(a, b) == 0;
}

bool
str_starts(const char *text, const char *prefix)
{
	return strncmp(text, prefix, strlen(prefix)) == 0;
}

bool
str_ends(const char *text, const char *suffix)
{
	size_t n = strlen(text), m = strlen(suffix);

	return n >= m && memcmp(text + n - m, suffix, m) == 0;
}

bool
str_glob(const char *pattern, const char *text)
{
	const char *star = NULL, *resume = NULL;

	while (*text != '\0') {
		if (*pattern == '*') {
			star = ++pattern;
			resume = text;
			continue;
		}
		if (*pattern == '?' ||
		    (*pattern != '\0' && *pattern != '\\' && *pattern == *text)) {
			pattern++;
			text++;
			continue;
		}
		if (*pattern == '\\' && pattern[1] == *text) {
			pattern += 2;
			text++;
			continue;
		}
		if (star == NULL)
			return false;
		pattern = star;
		text = ++resume;
	}
	while (*pattern == '*')
		pattern++;
	return *pattern == '\0';
}

bool
str_glob_any(char *const globs[], size_t n, const char *text)
{
	for (size_t i = 0; i < n; i++)
		if (str_glob(globs[i], text))
			return true;
	return false;
}

static size_t
least(size_t a, size_t b)
{
	return a < b ? a : b;
}

size_t
str_distance(const char *a, const char *b)
{
	enum { WORD_MAX = 64 };
	size_t d[3][WORD_MAX], n = strlen(a), m = strlen(b);

	if (n >= WORD_MAX || m >= WORD_MAX)
		return WORD_MAX;
	for (size_t j = 0; j <= m; j++)
		d[0][j] = j;
	for (size_t i = 1; i <= n; i++) {
		size_t *row = d[i % 3], *up = d[(i + 2) % 3], *up2 = d[(i + 1) % 3];

		row[0] = i;
		for (size_t j = 1; j <= m; j++) {
			row[j] =
			    least(least(up[j], row[j - 1]) + 1, up[j - 1] + (a[i - 1] != b[j - 1]));
			if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1])
				row[j] = least(row[j], up2[j - 2] + 1);
		}
	}
	return d[n % 3][m];
}

size_t
str_utf8_len(const char *p, size_t len)
{
	const unsigned char *s = (const unsigned char *)p;
	unsigned code, min;
	size_t n;

	if (len == 0)
		return 0;
	if (s[0] < 0x80)
		return 1;
	if (s[0] >= 0xc2 && s[0] <= 0xdf) {
		n = 2;
		code = s[0] & 0x1fu;
		min = 0x80;
	} else if ((s[0] & 0xf0) == 0xe0) {
		n = 3;
		code = s[0] & 0x0fu;
		min = 0x800;
	} else if (s[0] >= 0xf0 && s[0] <= 0xf4) {
		n = 4;
		code = s[0] & 0x07u;
		min = 0x10000;
	} else {
		return 0;
	}
	if (len < n)
		return 0;
	for (size_t i = 1; i < n; i++) {
		if ((s[i] & 0xc0) != 0x80)
			return 0;
		code = code << 6 | (s[i] & 0x3fu);
	}
	if (code < min || code > 0x10ffff || (code >= 0xd800 && code <= 0xdfff))
		return 0;
	return n;
}

uint32_t
str_code_point(const char *p, size_t n)
{
	static const uint8_t lead[5] = {0, 0x7f, 0x1f, 0x0f, 0x07};
	uint32_t code = (uint8_t)p[0] & lead[n];

	for (size_t i = 1; i < n; i++)
		code = code << 6 | ((uint8_t)p[i] & 0x3f);
	return code;
}

bool
str_utf8_valid(const char *p, size_t len)
{
	for (size_t i = 0; i < len;) {
		size_t n = str_utf8_len(p + i, len - i);

		if (n == 0)
			return false;
		i += n;
	}
	return true;
}

bool
str_u64(const char **p, const char *end, uint64_t *out)
{
	const char *s = *p;
	uint64_t value = 0;
	bool ok = true;

	if (s >= end || *s < '0' || *s > '9')
		return false;
	for (; s < end && *s >= '0' && *s <= '9'; s++) {
		unsigned digit = (unsigned)(*s - '0');

		if (value > (UINT64_MAX - digit) / 10)
			ok = false;
		else
			value = value * 10 + digit;
	}
	*p = s;
	*out = value;
	return ok;
}

const char *
str_skip_blank(const char *p, const char *end)
{
	while (p < end && (*p == ' ' || *p == '\t'))
		p++;
	return p;
}

uint64_t
str_hash(uint64_t seed, const void *bytes, size_t len)
{
	const unsigned char *s = bytes;

	for (size_t i = 0; i < len; i++)
		seed = (seed ^ s[i]) * 1099511628211ULL;
	return seed;
}

const char *
str_size(double bytes, char out[STR_SIZE_MAX])
{
	static const char *const units[] = {"B", "KiB", "MiB", "GiB", "TiB", "PiB", "EiB"};
	size_t u = 0;

	while (
	    (bytes >= 1023.95 || bytes <= -1023.95) && u + 1 < sizeof(units) / sizeof(units[0])) {
		bytes /= 1024;
		u++;
	}
	snprintf(out, STR_SIZE_MAX, u == 0 ? "%.0f %s" : "%.1f %s", bytes, units[u]);
	return out;
}

const char *
str_span(int64_t secs, char out[STR_SPAN_MAX])
{
	long long s = secs < 0 ? 0 : secs;

	if (s < 60)
		snprintf(out, STR_SPAN_MAX, "%llds", s);
	else if (s < 3600)
		snprintf(out, STR_SPAN_MAX, "%lld min", s / 60);
	else if (s < 86400)
		snprintf(out, STR_SPAN_MAX, s % 3600 >= 60 ? "%lld h %lld min" : "%lld h", s / 3600,
		    s % 3600 / 60);
	else
		snprintf(out, STR_SPAN_MAX, s % 86400 >= 3600 ? "%lld d %lld h" : "%lld d",
		    s / 86400, s % 86400 / 3600);
	return out;
}

const char *
str_ahead(int64_t ms, char out[STR_AHEAD_MAX])
{
	char span[STR_SPAN_MAX];

	snprintf(out, STR_AHEAD_MAX, "%s %s", str_span((ms < 0 ? -ms : ms) / 1000, span),
	    ms < 0 ? "behind" : "ahead of");
	return out;
}
