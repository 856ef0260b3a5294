/*
 * States to bytes and back: each with the name and version of its detector and a key of its rule,
 * so that they find their places in another process or under another configuration. Bytes that come
 * back may be damaged: a state is taken in whole or not at all, and its detector checks it.
 */
#include "detect/states.h"

#include <string.h>

#include "base/str.h"

/* What names a state among those of its series: stays the same through configurations. */
static uint64_t
key_of(const struct states *st, size_t detector, const struct state *s)
{
	const char *name = detector_rows[detector]->rule_name(&st->setup, s->variant);

	return str_hash(STR_HASH_SEED, name, strlen(name));
}

static void
save(const struct detector *row, uint64_t key, const void *data, size_t len, struct bytes_out *out)
{
	bytes_put_text(out, row->name);
	bytes_put_u16(out, row->version);
	bytes_put_u64(out, key);
	bytes_put_raw(out, data, len);
}

void
states_save(const struct states *st, uint32_t series, struct bytes_out *out)
{
	if (st->series[series].gen != series_at(st->table, series)->gen)
		return;
	for (size_t i = 0; i < DETECTOR_COUNT; i++) {
		const struct detector *row = detector_rows[i];

		if (row->load == NULL)
			continue;
		for (const struct state *s = states_first(st, i, series); s != NULL;
		     s = states_next(st, i, s))
			save(row, key_of(st, i, s), s->data, row->state_bytes, out);
	}
}

/* A kept state. detector is DETECTOR_COUNT when this program has not that one in that version. */
struct kept {
	size_t detector;
	uint64_t key;
	const uint8_t *data;
	size_t len;
};

/* False: no more, or what follows makes no sense. */
static bool
next_kept(struct bytes_in *in, struct kept *kept)
{
	size_t name_len;
	const char *name = bytes_get_text(in, &name_len);
	uint16_t version = bytes_get_u16(in);

	kept->key = bytes_get_u64(in);
	kept->data = bytes_get_raw(in, &kept->len);
	if (in->bad)
		return false;
	for (kept->detector = 0; kept->detector < DETECTOR_COUNT; kept->detector++) {
		const struct detector *row = detector_rows[kept->detector];

		if (strlen(row->name) == name_len && memcmp(row->name, name, name_len) == 0 &&
		    row->version == version)
			break;
	}
	return true;
}

/* Takes it over, or leaves the state as it started. */
static void
load(void *data, size_t len, bool (*fit)(void *state, int64_t shift_ns), const struct kept *kept,
    int64_t shift_ns)
{
	unsigned char started[STATE_BYTES_MAX];

	if (fit == NULL || kept->len != len || len > sizeof(started))
		return;
	memcpy(started, data, len);
	memcpy(data, kept->data, len);
	if (!fit(data, shift_ns))
		memcpy(data, started, len);
}

void
states_load(struct states *st, uint32_t series, struct bytes_in *in, int64_t shift_ns)
{
	struct kept kept;

	states_of(st, series);
	while (in->at < in->end && next_kept(in, &kept)) {
		const struct detector *row;

		if (kept.detector == DETECTOR_COUNT)
			continue;
		row = detector_rows[kept.detector];
		for (struct state *s = states_first(st, kept.detector, series); s != NULL;
		     s = states_next(st, kept.detector, s)) {
			if (key_of(st, kept.detector, s) == kept.key)
				load(s->data, row->state_bytes, row->load, &kept, shift_ns);
		}
	}
}

void
states_save_shared(const struct states *st, struct bytes_out *out)
{
	for (size_t i = 0; i < DETECTOR_COUNT; i++) {
		const struct detector *row = detector_rows[i];

		if (row->load_shared != NULL)
			save(row, 0, st->shared[i], row->shared_bytes, out);
	}
}

void
states_load_shared(struct states *st, struct bytes_in *in, int64_t shift_ns)
{
	struct kept kept;

	while (in->at < in->end && next_kept(in, &kept)) {
		if (kept.detector < DETECTOR_COUNT)
			load(st->shared[kept.detector], detector_rows[kept.detector]->shared_bytes,
			    detector_rows[kept.detector]->load_shared, &kept, shift_ns);
	}
}
