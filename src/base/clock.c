/*
 * Reads the kernel's clocks and formats their times. CLOCK_BOOTTIME (Linux 2.6.39) counts time
 * asleep, so that a rate over a suspend is a rate over the real time passed. Where it is refused,
 * CLOCK_MONOTONIC stands in.
 */
#include "base/clock.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/str.h"

#define BOOT_ID "/proc/sys/kernel/random/boot_id"
#define BOOT_MASK ((1LL << 47) - 1)
#define STEP_MS 10000 /* less is how clocks drift apart, not that one was set */

static int64_t
read_ns(clockid_t id)
{
	struct timespec ts;

	if (clock_gettime(id, &ts) != 0 && clock_gettime(CLOCK_MONOTONIC, &ts) != 0)
		return 0;
	return (int64_t)ts.tv_sec * NS_PER_SEC + ts.tv_nsec;
}

/* Where the kernel's is hidden, each start is taken for a boot. */
static int64_t
read_boot(void)
{
	uint64_t seed = clock_seed() ^ (uint64_t)read_ns(CLOCK_REALTIME);
	int fd = open(BOOT_ID, O_RDONLY | O_CLOEXEC);
	char id[64];
	ssize_t n = fd < 0 ? 0 : read(fd, id, sizeof(id));
	uint64_t hash = n > 1 ? str_hash(STR_HASH_SEED, id, (size_t)n)
	                      : str_hash(STR_HASH_SEED, &seed, sizeof(seed));

	if (fd >= 0)
		close(fd);
	return (int64_t)(hash & BOOT_MASK) + 1;
}

struct now
clock_now(void)
{
	static int64_t boot; /* read by the first of our processes; the others are its forks */

	if (boot == 0)
		boot = read_boot();
	return (struct now){
	    .boot_ns = read_ns(CLOCK_BOOTTIME),
	    .wall_ms = read_ns(CLOCK_REALTIME) / NS_PER_MS,
	    .boot = boot,
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

static bool
is_one_boot(const struct now *a, const struct now *b)
{
	return a->boot != 0 && a->boot == b->boot;
}

bool
clock_span_is_sure(const struct now *from, const struct now *to)
{
	return from->boot == to->boot;
}

int64_t
clock_span_ms(const struct now *from, const struct now *to)
{
	int64_t ms;

	if (is_one_boot(from, to) && to->boot_ns >= from->boot_ns)
		return (to->boot_ns - from->boot_ns) / NS_PER_MS;
	ms = to->wall_ms - from->wall_ms;
	return ms < 0 || ms > CLOCK_SPAN_MAX_MS ? 0 : ms;
}

int
clock_compare(const struct now *a, const struct now *b)
{
	if (is_one_boot(a, b))
		return (a->boot_ns > b->boot_ns) - (a->boot_ns < b->boot_ns);
	return (a->wall_ms > b->wall_ms) - (a->wall_ms < b->wall_ms);
}

int64_t
clock_boot_ns(const struct now *then, const struct now *now)
{
	if (is_one_boot(then, now) && then->boot_ns <= now->boot_ns)
		return then->boot_ns;
	return now->boot_ns - clock_span_ms(then, now) * NS_PER_MS;
}

void
clock_settle(struct now *then, const struct now *now)
{
	if (is_one_boot(then, now) && then->boot_ns > now->boot_ns)
		then->boot = 0;
	if (!is_one_boot(then, now) && now->wall_ms - then->wall_ms > CLOCK_SPAN_MAX_MS)
		*then = *now;
}

struct now
clock_at(int64_t boot_ns, const struct now *now)
{
	int64_t wall_ms = now->wall_ms - (now->boot_ns - boot_ns) / NS_PER_MS;

	return (struct now){boot_ns, wall_ms < 0 ? 0 : wall_ms, now->boot};
}

int64_t
clock_shown_ms(const struct now *then, const struct now *now)
{
	int64_t set_by = clock_at(then->boot_ns, now).wall_ms - then->wall_ms;

	if (!is_one_boot(then, now) || (set_by > -STEP_MS && set_by < STEP_MS))
		return then->wall_ms;
	return then->wall_ms + set_by;
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
