/*
 * What a sample costs in a ring: bytes, with every overhead counted, and time. Input: the recorded
 * traces of three servers (one row a minute) in $HOSTS_DIR. Each series is repeated until its ring
 * is full, which is how a ring spends its life; the trace as it is, once, is in the last columns.
 * For comparison: the bytes that Gorilla's bit-exact coding (XOR of values, delta of delta of
 * times) of the same samples needs, without any overhead.
 *	ring [--quick]          quick takes as long, some seconds
 */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/mem.h"
#include "bench/figure.h"
#include "store/ring_cursor.h"
#include "store/ring_save.h"

#define CAPACITY 8640
#define SERIES_MAX 256
#define ROWS_MAX 2048
#define LINE_MAX_BYTES 65536
#define POOL_BYTES (64u << 20)
#define RECORD_BYTES (1u << 20) /* over 100 bytes a sample */
#define WINDOW 360              /* an hour at 10 s */

struct series {
	double values[ROWS_MAX];
	int rows[ROWS_MAX];
	int len;
};

struct trace {
	struct series series[SERIES_MAX];
	int count, rows;
};

/* How the rows lie in time. */
struct timing {
	const char *name;
	int64_t interval_ms, jitter_ms;
	bool dense; /* absent cells leave no gap */
};

static const struct timing timings[] = {
    {"recorded", 60000, 0, false},
    {"10 s", 10000, 0, true},
    {"10 s +-40 ms", 10000, 40, true},
    {"10 s +-200 ms", 10000, 200, true},
};

struct result {
	int series;
	double samples, bytes_a_series; /* of full rings: sum over series of bytes a sample */
	double once_samples, once_bytes, once_blocks, gorilla_bits;
	double append_ns, evict_ns, decode_ns, load_ns, cursor_ns, error;
};

static void
parse_row(struct trace *t, char *line)
{
	int column = -1;

	for (char *cell = line, *end; cell != NULL; cell = end, column++) {
		end = strchr(cell, ',');
		if (end != NULL)
			*end++ = '\0';
		if (column < 0 || column >= SERIES_MAX || *cell == '\0' || *cell == '\n')
			continue;
		struct series *s = &t->series[column];

		s->rows[s->len] = t->rows;
		s->values[s->len++] = strtod(cell, NULL);
	}
	t->count = column > SERIES_MAX ? SERIES_MAX : column;
	t->rows++;
}

static bool
load(struct trace *t, const char *dir, const char *name)
{
	static char line[LINE_MAX_BYTES];
	char path[512];
	FILE *f;

	memset(t, 0, sizeof(*t));
	snprintf(path, sizeof(path), "%s/%s.csv", dir, name);
	f = fopen(path, "r");
	if (f == NULL || fgets(line, sizeof(line), f) == NULL)
		return false;
	while (t->rows < ROWS_MAX && fgets(line, sizeof(line), f) != NULL) {
		line[strcspn(line, "\r\n")] = '\0';
		parse_row(t, line);
	}
	fclose(f);
	return true;
}

/* Time and value of sample i of the series, repeated without end. */
static int64_t
sample_at(const struct trace *t, const struct series *s, const struct timing *how, int i, double *v)
{
	int round = i / s->len, at = i % s->len;
	int64_t row = how->dense ? i : (int64_t)round * t->rows + s->rows[at];
	uint32_t noise = (uint32_t)i * 2654435761u;
	int64_t jitter = how->jitter_ms * ((int64_t)(noise >> 16) % 2001 - 1000) / 1000;

	*v = s->values[at];
	return (1000000 + row * how->interval_ms + jitter) * NS_PER_MS;
}

static int
bits_of_time(int64_t dod)
{
	if (dod == 0)
		return 1;
	if (dod >= -63 && dod <= 64)
		return 9;
	if (dod >= -255 && dod <= 256)
		return 12;
	return dod >= -2047 && dod <= 2048 ? 16 : 36;
}

/* Bits that Gorilla takes for the trace once, after its first sample: times in 100 ms. */
static double
gorilla_bits(const struct trace *t, const struct series *s, const struct timing *how)
{
	double bits = 64 + 36, v;
	int64_t last_ns = 0, delta = 0;
	uint64_t last = 0;
	int lead = 65, trail = 0;

	for (int i = 0; i < s->len; i++) {
		int64_t ns = sample_at(t, s, how, i, &v) / RING_TICK_NS;
		uint64_t word, x;

		memcpy(&word, &v, sizeof(word));
		x = word ^ last;
		if (i > 0) {
			bits += bits_of_time(ns - last_ns - delta) + 1;
			delta = ns - last_ns;
		}
		if (i > 0 && x != 0) {
			int l = __builtin_clzll(x), r = __builtin_ctzll(x);

			l = l > 31 ? 31 : l;
			if (l >= lead && r >= trail) {
				bits += 1 + 64 - lead - trail;
			} else {
				bits += 1 + 5 + 6 + 64 - l - r;
				lead = l;
				trail = r;
			}
		}
		last = word;
		last_ns = ns;
	}
	return bits;
}

static int64_t
fill(const struct trace *t, const struct series *s, const struct timing *how, struct ring *r,
    struct pool *pool, int from, int to)
{
	static int64_t times[CAPACITY];
	static double values[CAPACITY];
	int64_t start;

	for (int i = from; i < to; i++)
		times[i - from] = sample_at(t, s, how, i, &values[i - from]);
	start = clock_cpu_ns();
	for (int i = from; i < to; i++)
		ring_append(r, pool, times[i - from], values[i - from]);
	return clock_cpu_ns() - start;
}

/* Decodes the full ring: the time it takes and, apart from it, the largest error. */
static void
check(const struct trace *t, const struct series *s, const struct timing *how, const struct ring *r,
    const struct pool *pool, struct result *out)
{
	struct ring_iter it;
	int64_t ns, start = clock_cpu_ns();
	double got, want, sum = 0;
	int i = CAPACITY;

	ring_iter_init(&it, r, pool, 0, INT64_MAX);
	while (ring_iter_next(&it, &ns, &got))
		sum += got;
	out->decode_ns += (double)(clock_cpu_ns() - start) + (sum == 0.5 ? 1 : 0);

	ring_iter_init(&it, r, pool, 0, INT64_MAX);
	for (; ring_iter_next(&it, &ns, &got); i++) {
		int64_t at = sample_at(t, s, how, i, &want);
		double error = want == got ? 0 : fabs(want - got) / fabs(want);

		if (llabs(at - ns) > RING_TICK_NS)
			fprintf(stderr, "time of sample %d is off\n", i);
		out->error = error > out->error ? error : out->error;
	}
	if (i != 2 * CAPACITY)
		fprintf(stderr, "%d samples where %d belong\n", i - CAPACITY, CAPACITY);
}

/* Saves the full ring and loads it again, as at a restart. */
static void
reload(struct ring *r, struct pool *pool, struct result *out)
{
	static uint8_t record[RECORD_BYTES];
	struct bytes_out saved;
	struct bytes_in in;
	int64_t start;

	bytes_out_init(&saved, record, sizeof(record));
	ring_save(r, pool, &saved);
	ring_clear(r, pool);
	bytes_in_init(&in, record, saved.len);
	start = clock_cpu_ns();
	if (!ring_load(r, pool, &in) || r->len != CAPACITY)
		fprintf(stderr, "a ring did not come back\n");
	out->load_ns += (double)(clock_cpu_ns() - start);
}

/* A cursor from the oldest sample to a window's length before the head. */
static void
trail(const struct ring *r, const struct pool *pool, struct result *out)
{
	struct ring_cursor c;
	int64_t start = clock_cpu_ns();

	ring_cursor_init(&c, r, pool, WINDOW);
	out->cursor_ns += (double)(clock_cpu_ns() - start) * CAPACITY / (CAPACITY - WINDOW);
}

static void
run_series(const struct trace *t, const struct series *s, const struct timing *how,
    struct pool *pool, struct result *out)
{
	struct ring r;

	ring_init(&r, CAPACITY);
	fill(t, s, how, &r, pool, 0, s->len);
	out->once_samples += s->len;
	out->once_bytes +=
	    (double)(r.blocks - 1) * sizeof(struct pool_block) + r.head.offset + CODEC_TAIL;
	out->once_blocks += (double)ring_bytes(&r);
	out->gorilla_bits += gorilla_bits(t, s, how);
	ring_clear(&r, pool);

	out->append_ns += (double)fill(t, s, how, &r, pool, 0, CAPACITY);
	out->evict_ns += (double)fill(t, s, how, &r, pool, CAPACITY, 2 * CAPACITY);
	out->samples += CAPACITY;
	out->series++;
	out->bytes_a_series += (double)ring_bytes(&r) / CAPACITY;
	reload(&r, pool, out);
	check(t, s, how, &r, pool, out);
	trail(&r, pool, out);
	ring_clear(&r, pool);
}

static void
add(struct result *sum, const struct result *r)
{
	sum->series += r->series;
	sum->samples += r->samples;
	sum->bytes_a_series += r->bytes_a_series;
	sum->once_samples += r->once_samples;
	sum->once_bytes += r->once_bytes;
	sum->once_blocks += r->once_blocks;
	sum->gorilla_bits += r->gorilla_bits;
	sum->append_ns += r->append_ns;
	sum->evict_ns += r->evict_ns;
	sum->decode_ns += r->decode_ns;
	sum->load_ns += r->load_ns;
	sum->cursor_ns += r->cursor_ns;
	sum->error = r->error > sum->error ? r->error : sum->error;
}

static void
print(const char *host, const char *how, const struct result *r)
{
	printf("%-7s %-14s %6d %8.0f %7.3f %7.0f %7.0f %7.0f %7.0f %7.0f  %.2e %7.0f %7.3f %7.3f "
	       "%8.3f\n",
	    host, how, r->series, r->samples, r->bytes_a_series / r->series,
	    r->append_ns / r->samples, r->evict_ns / r->samples, r->decode_ns / r->samples,
	    r->load_ns / r->samples, r->cursor_ns / r->samples, r->error, r->once_samples,
	    r->once_bytes / r->once_samples, r->once_blocks / r->once_samples,
	    r->gorilla_bits / 8 / r->once_samples);
}

int
main(int argc, char **argv)
{
	static const char *const hosts[] = {"host-a", "host-b", "host-c"};
	static struct trace trace;
	const char *dir = getenv("HOSTS_DIR");
	struct result sums[sizeof(timings) / sizeof(timings[0])] = {0};
	struct figures figures;
	struct pool pool;

	if (!figures_init(&figures, argc, argv)) {
		fprintf(stderr, "usage: ring [--quick]\n");
		return 2;
	}
	dir = dir != NULL ? dir : "../shared/testdata/hosts";
	pool_init(&pool, POOL_BYTES);
	printf("%48s%46s%24s\n",
	    "full rings, all overhead in:", "ns a sample, by kind:", "the trace, once:");
	printf("%-7s %-14s %6s %8s %7s %7s %7s %7s %7s %7s  %8s %7s %7s %7s %8s\n", "host", "times",
	    "series", "samples", "bytes", "append", "+drop", "decode", "load", "cursor", "error",
	    "samples", "coded", "all in", "gorilla");
	for (size_t h = 0; h < sizeof(hosts) / sizeof(hosts[0]); h++) {
		if (!load(&trace, dir, hosts[h])) {
			printf("skip: no %s/%s.csv\n", dir, hosts[h]);
			return 0;
		}
		for (size_t w = 0; w < sizeof(timings) / sizeof(timings[0]); w++) {
			struct result r = {0};

			for (int i = 0; i < trace.count; i++)
				if (trace.series[i].len > 0)
					run_series(
					    &trace, &trace.series[i], &timings[w], &pool, &r);
			print(hosts[h], timings[w].name, &r);
			add(&sums[w], &r);
		}
	}
	for (size_t w = 0; w < sizeof(timings) / sizeof(timings[0]); w++)
		print("all", timings[w].name, &sums[w]);
	printf("a ring itself: %zu bytes, counted above\n", sizeof(struct ring));
	figure_at_most(&figures, "bytes a sample in full rings, all overhead in",
	    sums[0].bytes_a_series / sums[0].series, 1.5, "bytes");
	figure_beside("the same coded bit-exactly (Gorilla), no overhead",
	    sums[0].gorilla_bits / 8 / sums[0].once_samples, "bytes");
	figure_beside("append to a full ring", sums[0].evict_ns / sums[0].samples, "ns");
	figure_beside("decode a sample", sums[0].decode_ns / sums[0].samples, "ns");
	pool_done(&pool);
	return figures_status(&figures);
}
