/*
 * Brings a date and time into TOML's normal form, whose fields are then in range, and that into
 * a number. Which moment a local time is, is worked out when it is needed: the zone may be given
 * below it, and may change. Fractions of a second are dropped. What is no date and time is refused,
 * and the caller says what one looks like.
 */
#include "conf/datetime.h"

#include <stdio.h>
#include <string.h>

#include "toml/toml_date.h"

/* Of "+01:00" or "Z". */
static int64_t
offset_ms(const char *text)
{
	int hours = 0, minutes = 0;

	if (*text == 'Z' || sscanf(text + 1, "%2d:%2d", &hours, &minutes) != 2)
		return 0;
	return (*text == '-' ? -1 : 1) * (hours * 60 + minutes) * 60000LL;
}

bool
datetime_read(const char *text, struct zone_date *out)
{
	struct toml_date date;
	int f[6], used = 0;
	const char *rest;

	if (!toml_date_read(text, text + strlen(text), &date) || *date.end != '\0' ||
	    sscanf(date.text, "%4d-%2d-%2dT%2d:%2d:%2d%n", &f[0], &f[1], &f[2], &f[3], &f[4], &f[5],
	        &used) != 6)
		return false;
	rest = date.text + used;
	rest += *rest == '.' ? 1 + strspn(rest + 1, "0123456789") : 0;
	*out = zone_date_of(f[0], f[1], f[2], f[3], f[4], f[5], *rest == '\0');
	if (*rest != '\0')
		out->ms -= offset_ms(rest);
	return out->ms > 0;
}
