/*
 * A line of block device counters to a struct. Later kernels append fields; those known stay.
 */
#include "collect/diskstats.h"

#include <string.h>

#include "base/str.h"
#include "collect/scan.h"

#define COLUMNS 11 /* behind the name of every line; more may follow */

/* reads merged sectors ms, the same of writes, in flight, ms busy, weighted ms. */
static const unsigned char column_of[DISKSTATS_COUNTERS] = {
    [DISKSTATS_READS] = 0,
    [DISKSTATS_READ_SECTORS] = 2,
    [DISKSTATS_READ_MS] = 3,
    [DISKSTATS_WRITES] = 4,
    [DISKSTATS_WRITE_SECTORS] = 6,
    [DISKSTATS_WRITE_MS] = 7,
    [DISKSTATS_IO_MS] = 9,
};

static bool
parse_name(const char **p, const char *end, char out[DISKSTATS_NAME_MAX])
{
	const char *name = str_skip_blank(*p, end), *stop = name;

	while (stop < end && *stop != ' ')
		stop++;
	if (stop == name || stop - name >= DISKSTATS_NAME_MAX)
		return false;
	memset(out, 0, DISKSTATS_NAME_MAX);
	memcpy(out, name, (size_t)(stop - name));
	*p = stop;
	return memchr(out, '\0', (size_t)(stop - name)) == NULL;
}

static bool
has_columns(const char *p, const char *end)
{
	p = str_skip_blank(p, end);
	for (unsigned column = 1; column < COLUMNS; column++)
		p = scan_skip_word(p, end);
	return p < end;
}

bool
diskstats_parse_line(const char *line, const char *end, struct diskstats *out)
{
	if (!scan_u64(&line, end, &out->major) || !scan_u64(&line, end, &out->minor) ||
	    !parse_name(&line, end, out->name) || !has_columns(line, end))
		return false;
	out->have = scan_numbers(line, end, column_of, DISKSTATS_COUNTERS, out->values);
	return out->have != 0;
}

static bool
is_digit(char c)
{
	return c >= '0' && c <= '9';
}

bool
diskstats_is_partition(const char *name, const char *whole)
{
	size_t len = strlen(whole);

	if (len == 0 || !str_starts(name, whole))
		return false;
	name += len;
	/* A name that ends in a digit needs a p, lest dm-10 be a part of dm-1. */
	if (is_digit(whole[len - 1]) && *name++ != 'p')
		return false;
	return is_digit(*name) && name[strspn(name, "0123456789")] == '\0';
}
