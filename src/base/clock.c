/*
 * Reads the kernel's clocks and formats their times. CLOCK_BOOTTIME (Linux 2.6.39) counts time
 * asleep, so that a rate over a suspend is a rate over the real time passed. Where it is refused,
 * CLOCK_MONOTONIC stands in.
 */
#include "base/clock.h"

#include <stdio.h>
#include <time.h>
#include <unistd.h>

static int64_t
read_ns(clockid_t id)
{
	struct timespec ts;

	if (clock_gettime(id, &ts) != 0 && clock_gettime(CLOCK_MONOTONIC, &ts) != 0)
		return 0;
	return (int64_t)ts.tv_sec * NS_PER_SEC + ts.tv_nsec;
}

struct now
clock_now(void)
{
	return (struct now){
	    .boot_ns = read_ns(CLOCK_BOOTTIME),
	    .wall_ms = read_ns(CLOCK_REALTIME) / NS_PER_MS,
	};
}

int64_t
clock_monotonic_ns(void)
{
	return read_ns(CLOCK_MONOTONIC);
}

int64_t
clock_cpu_ns(void)
{
	return read_ns(CLOCK_PROCESS_CPUTIME_ID);
}

uint64_t
clock_seed(void)
{
	return (uint64_t)read_ns(CLOCK_MONOTONIC) ^ ((uint64_t)getpid() << 40);
}

const char *
clock_iso8601(int64_t wall_ms, char out[CLOCK_ISO8601_MAX])
{
	int64_t ms = ((wall_ms % 1000) + 1000) % 1000;
	time_t secs = (time_t)((wall_ms - ms) / 1000);
	struct tm tm;
	char day[24];

	if (gmtime_r(&secs, &tm) == NULL ||
	    strftime(day, sizeof(day), "%Y-%m-%dT%H:%M:%S", &tm) == 0)
		return "1970-01-01T00:00:00.000Z";
	snprintf(out, CLOCK_ISO8601_MAX, "%s.%03dZ", day, (int)ms);
	return out;
}

const char *
clock_local_hms(int64_t wall_ms, char out[CLOCK_ISO8601_MAX])
{
	time_t secs = (time_t)(wall_ms / 1000);
	struct tm tm;

	if (localtime_r(&secs, &tm) == NULL ||
	    strftime(out, CLOCK_ISO8601_MAX, "%H:%M:%S", &tm) == 0)
		return "00:00:00";
	return out;
}

const char *
clock_local_date(int64_t wall_ms, char out[CLOCK_ISO8601_MAX])
{
	time_t secs = (time_t)(wall_ms / 1000);
	struct tm tm;

	if (localtime_r(&secs, &tm) == NULL ||
	    strftime(out, CLOCK_ISO8601_MAX, "%Y-%m-%d %H:%M %z", &tm) == 0)
		return "1970-01-01 00:00 +0000";
	return out;
}

int
clock_local_minute(int64_t wall_ms, int *weekday)
{
	time_t secs = (time_t)(wall_ms / 1000);
	struct tm tm;

	*weekday = 0;
	if (localtime_r(&secs, &tm) == NULL)
		return 0;
	*weekday = tm.tm_wday;
	return tm.tm_hour * 60 + tm.tm_min;
}

static struct tm
make_tm(int year, int month, int day, int hour, int minute, int second)
{
	return (struct tm){.tm_year = year - 1900,
	    .tm_mon = month - 1,
	    .tm_mday = day,
	    .tm_hour = hour,
	    .tm_min = minute,
	    .tm_sec = second,
	    .tm_isdst = -1};
}

int64_t
clock_from_local(int year, int month, int day, int hour, int minute, int second)
{
	struct tm tm = make_tm(year, month, day, hour, minute, second);
	time_t secs = mktime(&tm);

	return secs < 0 ? -1 : (int64_t)secs * 1000;
}

int64_t
clock_from_utc(int year, int month, int day, int hour, int minute, int second)
{
	struct tm tm = make_tm(year, month, day, hour, minute, second);
	time_t secs = timegm(&tm);

	return secs < 0 ? -1 : (int64_t)secs * 1000;
}
