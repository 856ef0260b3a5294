/*
 * A line of block device counters to a struct. Later kernels append fields; those known stay.
 */
#include "collect/diskstats.h"

#include <string.h>

#include "base/str.h"
#include "collect/scan.h"

#define COUNTERS 11 /* in every line; more may follow */

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

bool
diskstats_parse_line(const char *line, const char *end, struct diskstats *out)
{
	uint64_t c[COUNTERS];

	if (!scan_u64(&line, end, &out->major) || !scan_u64(&line, end, &out->minor) ||
	    !parse_name(&line, end, out->name))
		return false;
	for (size_t i = 0; i < COUNTERS; i++)
		if (!scan_u64(&line, end, &c[i]))
			return false;
	out->reads = c[0];
	out->read_sectors = c[2];
	out->read_ms = c[3];
	out->writes = c[4];
	out->write_sectors = c[6];
	out->write_ms = c[7];
	out->io_ms = c[9];
	return true;
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
