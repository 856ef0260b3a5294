/*
 * A snapshot of any bytes into a core. First byte: the size of the pieces; its highest bits: the
 * checksums and the magic are put right, so that what is in the records is read; the core has had a
 * cycle before; the stream is begun again after its half. The core then lives on, and its own
 * snapshot is whole to another.
 */
#include <assert.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/log.h"
#include "base/mem.h"
#include "base/str.h"
#include "core/snapshot.h"

#define STREAM_BYTES_MAX 65536
#define STEP_MS 10000
#define RIGHT 0x80
#define USED 0x40
#define AGAIN 0x20

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Lengths that pass the end are cut to it. */
static void
put_right(uint8_t *bytes, size_t size)
{
	struct bytes_out out;

	if (size < 4)
		return;
	bytes_out_init(&out, bytes, 4);
	bytes_put_u32(&out, 0x736f736e);
	for (size_t at = 4; at + 12 <= size;) {
		struct bytes_in in;
		size_t len, most = size - at - 12;

		bytes_in_init(&in, bytes + at, 4);
		len = bytes_get_u32(&in);
		if (len > most)
			len = most;
		bytes_out_init(&out, bytes + at, 12);
		bytes_put_u32(&out, (uint32_t)len);
		bytes_put_u64(&out, str_hash(STR_HASH_SEED, bytes + at + 12, len));
		at += 12 + len;
	}
}

static void
cycle(struct core *core, struct now *now, struct series_ref mounts[2], double value)
{
	now->boot_ns += STEP_MS * NS_PER_MS;
	now->wall_ms += STEP_MS;
	core_begin(core, now);
	core->batch.interval_ms = STEP_MS;
	batch_add(&core->batch, METRIC_CPU_LOAD_1M, value / 10, NAN);
	batch_add(&core->batch, METRIC_MEM_USAGE, value, NAN);
	for (int i = 0; i < 2; i++) {
		const char *const values[] = {i == 0 ? "/" : "/var", "sda1", "ext4"};

		batch_add_labelled(&core->batch, &mounts[i], METRIC_DISK_USAGE, values, value, NAN);
	}
	core_judge(core, &core->batch, NULL, now);
}

static bool
give(struct snapshot_reader *r, const uint8_t *bytes, size_t size, size_t piece)
{
	bool sound = true;

	for (size_t at = 0; at < size && sound; at += piece)
		sound = snapshot_reader_take(r, bytes + at, size - at < piece ? size - at : piece);
	assert(sound == (r->why == NULL));
	assert(r->has_head || (r->read == 0 && !r->whole));
	return sound;
}

static void
check_histories(const struct core *core)
{
	for (uint32_t id = 0; id < series_capacity(core->series); id++) {
		struct series_ref ref = {id, series_at(core->series, id)->gen};
		struct ring_iter it;
		int64_t ns, last = INT64_MIN;
		double value;

		if (ref.gen == 0 || !store_walk(core->store, ref, INT64_MIN, INT64_MAX, &it))
			continue;
		for (; ring_iter_next(&it, &ns, &value); last = ns)
			assert(ns > last && isfinite(value));
	}
}

/* What the core is now goes to another. */
static void
check_saving(const struct conf *conf, const struct core *core, const struct now *now)
{
	struct snapshot_writer w;
	struct snapshot_reader r;
	uint8_t piece[4096];
	struct core other;
	size_t n;

	core_init(&other, conf, 1, NULL);
	snapshot_writer_init(&w, core, now);
	snapshot_reader_init(&r, &other, now);
	while ((n = snapshot_writer_next(&w, piece, sizeof(piece))) > 0)
		assert(snapshot_reader_take(&r, piece, n));
	assert(r.whole && w.left_out == 0 && r.read == w.written && r.shift_ns == 0);
	snapshot_reader_done(&r);
	snapshot_writer_done(&w);
	check_histories(&other);
	core_done(&other);
}

static const struct conf *
get_conf(void)
{
	static struct conf *conf;
	struct conf_report report;

	if (conf == NULL)
		conf = conf_load(NULL, NULL, NULL, &report);
	assert(conf != NULL);
	conf->storage.ring_buffer_size = 500;
	return conf;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static uint8_t bytes[STREAM_BYTES_MAX];
	struct now now = {.boot_ns = 1000000 * NS_PER_SEC, .wall_ms = 1790000000000};
	struct series_ref mounts[2] = {{0, 0}, {0, 0}};
	const struct conf *conf = get_conf();
	struct snapshot_reader r;
	struct core core;
	size_t piece;

	if (size < 1 || size > STREAM_BYTES_MAX)
		return 0;
	log_init(STDERR_FILENO, (enum log_level)(LOGL_ERROR + 1), false, "fuzz");
	piece = 1 + (data[0] & 31) * 13u;
	memcpy(bytes, data + 1, size - 1);
	if (data[0] & RIGHT)
		put_right(bytes, size - 1);
	core_init(&core, conf, 1, NULL);
	core_start_judging(&core);
	if (data[0] & USED)
		cycle(&core, &now, mounts, 85);
	snapshot_reader_init(&r, &core, &now);
	if (data[0] & AGAIN) {
		give(&r, bytes, size / 2, piece);
		snapshot_reader_restart(&r);
	}
	give(&r, bytes, size - 1, piece);
	snapshot_reader_done(&r);
	for (int i = 0; i < 14; i++)
		cycle(&core, &now, mounts, i < 7 ? 96 : 20);
	check_histories(&core);
	check_saving(conf, &core, &now);
	core_done(&core);
	return 0;
}

#include "tests/fuzz/replay_main.h"
