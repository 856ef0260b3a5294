/*
 * Messages to calls of the snapshot's file and back. A save that fails is answered at once, while
 * its pieces still come: they are dropped up to the next SNAP_BEGIN.
 */
#include "keeper/snapshot.h"

#include <assert.h>

static enum reply
answer_save(struct snapshot *s, bool saved, struct wire_msg *out)
{
	s->saving = false;
	wire_begin(out, saved ? WIRE_SNAP_SAVED : WIRE_SNAP_FAILED);
	wire_put_u64(out, s->number);
	if (!saved)
		wire_put_str(out, s->file.why);
	return REPLY_READY;
}

static enum reply
begin(struct snapshot *s, struct wire_msg *in, struct wire_msg *out, const struct now *now)
{
	uint64_t bytes;

	s->number = wire_get_u64(in);
	bytes = wire_get_u64(in);
	if (!wire_end(in))
		return REPLY_VIOLATION;
	s->saving = snapshot_file_begin(&s->file, bytes, now);
	return s->saving ? REPLY_NONE : answer_save(s, false, out);
}

static enum reply
add(struct snapshot *s, struct wire_msg *in, struct wire_msg *out)
{
	size_t len;
	const uint8_t *piece = wire_get_bytes(in, &len);

	if (!wire_end(in))
		return REPLY_VIOLATION;
	if (!s->saving || snapshot_file_add(&s->file, piece, len))
		return REPLY_NONE;
	return answer_save(s, false, out);
}

static enum reply
end(struct snapshot *s, struct wire_msg *in, struct wire_msg *out)
{
	uint64_t bytes = wire_get_u64(in), hash = wire_get_u64(in);

	if (!wire_end(in))
		return REPLY_VIOLATION;
	if (!s->saving)
		return REPLY_NONE;
	return answer_save(s, snapshot_file_commit(&s->file, bytes, hash), out);
}

static void
end_load(struct snapshot *s, bool whole, struct wire_msg *out)
{
	s->loading = false;
	wire_begin(out, WIRE_SNAP_LOAD_END);
	wire_put_u64(out, s->sent);
	wire_put_u8(out, whole);
	wire_put_str(out, whole ? "" : s->file.why);
}

static enum reply
start_load(struct snapshot *s, struct wire_msg *out)
{
	s->sent = 0;
	s->loading = snapshot_file_open(&s->file);
	if (s->loading)
		return REPLY_NONE;
	end_load(s, false, out);
	return REPLY_READY;
}

void
snapshot_init(struct snapshot *s, const struct workdir *dir)
{
	*s = (struct snapshot){0};
	snapshot_file_init(&s->file, dir);
}

void
snapshot_done(struct snapshot *s)
{
	snapshot_file_done(&s->file);
}

enum reply
snapshot_handle(
    struct snapshot *s, struct wire_msg *in, struct wire_msg *out, const struct now *now)
{
	switch (wire_id(in)) {
	case WIRE_SNAP_BEGIN:
		return begin(s, in, out, now);
	case WIRE_SNAP_DATA:
		return add(s, in, out);
	case WIRE_SNAP_END:
		return end(s, in, out);
	case WIRE_SNAP_LOAD:
		return start_load(s, out);
	default:
		return REPLY_OTHERS;
	}
}

bool
snapshot_next(struct snapshot *s, struct wire_msg *out)
{
	uint8_t *piece;
	ssize_t n;

	if (!s->loading)
		return false;
	wire_begin(out, WIRE_SNAP_PIECE);
	piece = wire_put_bytes_begin(out, WIRE_PIECE_MAX);
	assert(piece != NULL); /* the table's row is made for it */
	n = snapshot_file_read(&s->file, piece, WIRE_PIECE_MAX);
	if (n <= 0) {
		end_load(s, n == 0, out);
		return true;
	}
	wire_put_bytes_end(out, (size_t)n);
	s->sent += (uint64_t)n;
	return true;
}

void
snapshot_reset(struct snapshot *s)
{
	snapshot_file_abort(&s->file);
	snapshot_file_close(&s->file);
	s->saving = s->loading = false;
}
