/*
 * Rings, roll-up and states of each series to a record, and back. A stream comes from a disk:
 * records are taken only with the right checksum, and what is in them is checked by its owners.
 * A series that this program does not know, or has no room for, is passed over.
 */
#include "core/snapshot.h"

#include <string.h>

#include "base/bytes.h"
#include "base/log.h"
#include "base/mem.h"
#include "base/str.h"

#define MAGIC 0x736f736eu /* "snos" */
#define VERSION 2
#define RECORD_HEAD (sizeof(uint32_t) + sizeof(uint64_t))
#define ALL_OUT UINT32_MAX
#define HEAD_NEXT (UINT32_MAX - 1) /* the head comes first */
#define INTERVAL_MAX_MS (366LL * 86400 * 1000)

static uint64_t
checksum(const uint8_t *bytes, size_t len)
{
	return str_hash(STR_HASH_SEED, bytes, len);
}

void
snapshot_writer_restart(struct snapshot_writer *w)
{
	w->next = HEAD_NEXT;
	w->len = w->given = 0;
	w->written = w->left_out = 0;
}

void
snapshot_writer_init(struct snapshot_writer *w, const struct core *core, const struct now *now)
{
	*w = (struct snapshot_writer){.core = core, .now = *now};
	w->record = mem_zalloc(1, SNAPSHOT_RECORD_MAX);
	snapshot_writer_restart(w);
}

void
snapshot_writer_done(struct snapshot_writer *w)
{
	mem_free(w->record);
	w->record = NULL;
}

static void
put_head(const struct snapshot_writer *w, struct bytes_out *out)
{
	const struct core *core = w->core;

	bytes_put_u16(out, VERSION);
	bytes_put_i64(out, w->now.boot_ns);
	bytes_put_i64(out, w->now.wall_ms);
	bytes_put_text(out, core->boot_count.id);
	bytes_put_i64(out, store_offset(core->store));
	rollup_save(core->rollup, out);
	detect_save_shared(core->detect, out);
}

/* A part has its length before it: its reader sees nothing but its own. */
static size_t
begin_part(struct bytes_out *out)
{
	bytes_put_u32(out, 0);
	return out->len;
}

static void
end_part(struct bytes_out *out, size_t began)
{
	struct bytes_out length;

	if (out->full)
		return;
	bytes_out_init(&length, out->data + began - sizeof(uint32_t), sizeof(uint32_t));
	bytes_put_u32(&length, (uint32_t)(out->len - began));
}

static void
put_series(const struct core *core, uint32_t id, struct bytes_out *out)
{
	const struct series *s = series_at(core->series, id);
	struct series_ref ref = {.id = id, .gen = s->gen};
	size_t part;

	bytes_put_text(out, metrics[s->metric].name);
	bytes_put_i64(out, s->interval_ms);
	bytes_put_i64(out, s->unseen_ns);
	bytes_put_u8(out, s->label_count);
	for (size_t i = 0; i < s->label_count; i++)
		bytes_put_text(out, series_label(s, i));
	part = begin_part(out);
	store_save_series(core->store, ref, out);
	end_part(out, part);
	part = begin_part(out);
	rollup_save_series(core->rollup, id, out);
	end_part(out, part);
	part = begin_part(out);
	detect_save_series(core->detect, id, out);
	end_part(out, part);
}

/* Length and checksum before the payload, which is in its place already. */
static void
close_record(struct snapshot_writer *w, size_t payload)
{
	struct bytes_out head;

	bytes_out_init(&head, w->record, RECORD_HEAD);
	bytes_put_u32(&head, (uint32_t)payload);
	bytes_put_u64(&head, checksum(w->record + RECORD_HEAD, payload));
	w->len = RECORD_HEAD + payload;
	w->given = 0;
}

/* The next record; an empty one ends the stream. */
static void
make_record(struct snapshot_writer *w)
{
	const struct core *core = w->core;
	uint32_t capacity = series_capacity(core->series);
	struct bytes_out out;

	bytes_out_init(&out, w->record + RECORD_HEAD, SNAPSHOT_RECORD_MAX - RECORD_HEAD);
	if (w->next == HEAD_NEXT) {
		put_head(w, &out);
		w->next = 0;
		close_record(w, out.len);
		memmove(w->record + sizeof(uint32_t), w->record, w->len);
		bytes_out_init(&out, w->record, sizeof(uint32_t));
		bytes_put_u32(&out, MAGIC);
		w->len += sizeof(uint32_t);
		return;
	}
	for (; w->next < capacity; w->next++) {
		if (series_at(core->series, w->next)->gen == 0)
			continue;
		out.len = 0;
		out.full = false;
		put_series(core, w->next, &out);
		if (!out.full)
			break;
		w->left_out++;
	}
	w->written += w->next < capacity;
	close_record(w, w->next < capacity ? out.len : 0);
	w->next = w->next < capacity ? w->next + 1 : ALL_OUT;
}

size_t
snapshot_writer_next(struct snapshot_writer *w, uint8_t *out, size_t cap)
{
	size_t n;

	if (w->given == w->len) {
		if (w->next == ALL_OUT)
			return 0;
		make_record(w);
	}
	n = w->len - w->given < cap ? w->len - w->given : cap;
	memcpy(out, w->record + w->given, n);
	w->given += n;
	return n;
}

void
snapshot_reader_restart(struct snapshot_reader *r)
{
	r->len = 0;
	r->want = sizeof(uint32_t) + RECORD_HEAD;
	r->has_head = r->whole = false;
	r->why = NULL;
	r->read = 0;
}

void
snapshot_reader_init(struct snapshot_reader *r, struct core *core, const struct now *now)
{
	*r = (struct snapshot_reader){.core = core, .now = *now};
	r->record = mem_zalloc(1, SNAPSHOT_RECORD_MAX);
	snapshot_reader_restart(r);
}

void
snapshot_reader_done(struct snapshot_reader *r)
{
	mem_free(r->record);
	r->record = NULL;
}

static bool
refuse(struct snapshot_reader *r, const char *why)
{
	r->why = why;
	return false;
}

/* Without boot ids (a container may hide it) the clocks tell: both have gone on alike. */
static bool
is_same_boot(const struct snapshot_reader *r, const char *id, const struct now *saved)
{
	const char *mine = r->core->boot_count.id;
	int64_t apart_ms =
	    (r->now.wall_ms - saved->wall_ms) - (r->now.boot_ns - saved->boot_ns) / NS_PER_MS;

	if (id[0] != '\0' || mine[0] != '\0')
		return str_eq(id, mine);
	return r->now.boot_ns >= saved->boot_ns && apart_ms > -60000 && apart_ms < 60000;
}

static bool
take_head(struct snapshot_reader *r, struct bytes_in *in)
{
	struct core *core = r->core;
	char id[BOOT_COUNT_ID_MAX];
	struct now saved;
	int64_t offset, now_offset;
	bool same;

	if (bytes_get_u16(in) != VERSION)
		return refuse(r, "it is of another version");
	saved.boot_ns = bytes_get_i64(in);
	saved.wall_ms = bytes_get_i64(in);
	bytes_get_string(in, id, sizeof(id));
	offset = bytes_get_i64(in);
	if (in->bad || saved.boot_ns < 0 || saved.wall_ms < 0)
		return refuse(r, "its head is damaged");
	same = is_same_boot(r, id, &saved);
	now_offset = store_offset_after(offset, saved.boot_ns, saved.wall_ms, &r->now, same);
	if (__builtin_sub_overflow(offset, now_offset, &r->shift_ns))
		return refuse(r, "its head is damaged");
	/* Read once more from its beginning, it was set already. */
	if (!store_set_offset(core->store, now_offset) && store_offset(core->store) != now_offset)
		return refuse(r, "samples were taken before it came");
	rollup_load(core->rollup, in, r->shift_ns);
	detect_load_shared(core->detect, in, r->shift_ns);
	return true;
}

/* The part that starts here, as a reader of its own. */
static struct bytes_in
take_part(struct bytes_in *in)
{
	size_t len;
	const uint8_t *bytes = bytes_get_raw(in, &len);
	struct bytes_in part;

	bytes_in_init(&part, bytes, len);
	return part;
}

/* Its place in the series table; SERIES_NONE: it is not known here, or there is no room. */
static uint32_t
take_name(struct snapshot_reader *r, struct bytes_in *in, struct series_ref *ref)
{
	char metric_name[SUBJECT_NAME_MAX], labels[METRIC_LABELS_MAX][SERIES_TEXT_MAX];
	const char *values[METRIC_LABELS_MAX];
	enum metric_id metric;
	int64_t interval_ms, unseen_ns;
	uint8_t count;

	bytes_get_string(in, metric_name, sizeof(metric_name));
	interval_ms = bytes_get_i64(in);
	unseen_ns = bytes_get_i64(in);
	count = bytes_get_u8(in);
	metric = metric_find(metric_name);
	if (in->bad || metric == METRIC_COUNT || count != metric_label_count(metric) ||
	    interval_ms <= 0 || interval_ms > INTERVAL_MAX_MS || unseen_ns < 0 ||
	    unseen_ns > INT64_MAX / 2)
		return SERIES_NONE;
	for (size_t i = 0; i < count; i++) {
		bytes_get_string(in, labels[i], sizeof(labels[i]));
		values[i] = labels[i];
	}
	if (in->bad)
		return SERIES_NONE;
	return series_restore(
	    r->core->series, ref, metric, values, r->now.boot_ns, interval_ms, unseen_ns);
}

static void
take_series(struct snapshot_reader *r, struct bytes_in *in)
{
	struct core *core = r->core;
	struct series_ref ref = {0};
	uint32_t id = take_name(r, in, &ref);
	struct bytes_in ring = take_part(in), rollup = take_part(in), states = take_part(in);

	if (id == SERIES_NONE || in->bad)
		return;
	store_load_series(core->store, ref, series_at(core->series, id), &r->now, &ring);
	rollup_load_series(core->rollup, id, &rollup);
	detect_load_series(core->detect, id, &states, r->shift_ns);
	r->read++;
}

/* A whole record, its payload from `at` on. */
static bool
take_record(struct snapshot_reader *r, size_t at, uint64_t sum)
{
	struct bytes_in in;

	if (checksum(r->record + at, r->len - at) != sum)
		return refuse(r, "a checksum is wrong");
	bytes_in_init(&in, r->record + at, r->len - at);
	if (!r->has_head) {
		r->has_head = take_head(r, &in);
		return r->has_head;
	}
	if (r->len == at)
		r->whole = true;
	else
		take_series(r, &in);
	return true;
}

/* What was wanted is there: first the length, then the rest. */
static bool
advance(struct snapshot_reader *r)
{
	size_t lead = r->has_head ? 0 : sizeof(uint32_t);
	struct bytes_in in;
	uint32_t payload;
	uint64_t sum;

	bytes_in_init(&in, r->record, r->len);
	if (!r->has_head && bytes_get_u32(&in) != MAGIC)
		return refuse(r, "it is no snapshot");
	payload = bytes_get_u32(&in);
	sum = bytes_get_u64(&in);
	if (payload > SNAPSHOT_RECORD_MAX - RECORD_HEAD - lead)
		return refuse(r, "a record is too long");
	if (r->len < lead + RECORD_HEAD + payload) {
		r->want = lead + RECORD_HEAD + payload;
		return true;
	}
	if (!take_record(r, lead + RECORD_HEAD, sum))
		return false;
	r->len = 0;
	r->want = RECORD_HEAD;
	return true;
}

bool
snapshot_reader_take(struct snapshot_reader *r, const uint8_t *bytes, size_t len)
{
	while (len > 0 && r->why == NULL && !r->whole) {
		size_t n = r->want - r->len < len ? r->want - r->len : len;

		memcpy(r->record + r->len, bytes, n);
		r->len += n;
		bytes += n;
		len -= n;
		if (r->len == r->want && !advance(r))
			return false;
	}
	return r->why == NULL;
}

const char *
snapshot_reader_end(const struct snapshot_reader *r, const char *why)
{
	if (r->why != NULL)
		return r->why;
	if (r->whole)
		return NULL;
	return why != NULL ? why : "it is cut off";
}
