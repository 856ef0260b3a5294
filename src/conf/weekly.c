/*
 * Turns "mon" and "22:30" into numbers. Pure; any text may come, and what is neither is refused
 * with what it should look like.
 */
#include "conf/weekly.h"

#include "base/str.h"

static const char *const days[WEEKLY_DAYS] = {"sun", "mon", "tue", "wed", "thu", "fri", "sat"};

int
weekly_day(const char *text)
{
	for (int i = 0; i < WEEKLY_DAYS; i++) {
		if (str_eq(days[i], text))
			return i;
	}
	return -1;
}

int
weekly_minute(const char *text)
{
	int minute = -1;

	if (text[0] >= '0' && text[0] <= '2' && text[1] >= '0' && text[1] <= '9' &&
	    text[2] == ':' && text[3] >= '0' && text[3] <= '5' && text[4] >= '0' &&
	    text[4] <= '9' && text[5] == '\0')
		minute = ((text[0] - '0') * 10 + text[1] - '0') * 60 + (text[3] - '0') * 10 +
		         text[4] - '0';
	return minute <= 24 * 60 ? minute : -1;
}

const char *
weekly_check_day(const char *text)
{
	return weekly_day(text) >= 0 ? NULL
	                             : "must list days: \"mon\", \"tue\", \"wed\", \"thu\", "
	                               "\"fri\", \"sat\", \"sun\"";
}

const char *
weekly_check_time(const char *text)
{
	return *text == '\0' || weekly_minute(text) >= 0
	           ? NULL
	           : "must be a time of day from \"00:00\" to \"24:00\"";
}
