/*
 * Bytes pulled from a source into messages, and messages back into a sink. The keeper is trusted
 * with the bytes but not with its life: another one in the middle starts the transfer again, a few
 * times; one that does not answer, or whose disk is full, costs this snapshot and one line in the
 * log.
 */
#include "agent/snapshot_transfer.h"

#include <assert.h>
#include <stdio.h>

#include "agent/keeper_link.h"
#include "base/log.h"
#include "base/mem.h"
#include "base/str.h"
#include "priv/wire.h"

#define PIECES_MAX 8     /* pulled in one turn of the loop, which has others to serve */
#define RESTARTS_MAX 3   /* for keepers that die in the middle; the bytes may be why */
#define SAVE_MAX_SECS 60 /* for the answer: a disk that is slower does not work */

struct save {
	enum { SAVE_NONE, SAVE_BEGIN, SAVE_DATA, SAVE_END, SAVE_ANSWER } phase;
	struct snapshot_source source;
	uint64_t number;      /* of the one under way or the last; another for each try */
	uint64_t bytes, hash; /* of what was pulled */
	int64_t begun_ns;
	int restarts;
};

struct load {
	enum { LOAD_NONE, LOAD_ASK, LOAD_TAKE, LOAD_DROP } phase;
	struct snapshot_sink sink;
	uint64_t bytes;
	int restarts;
};

struct snapshot_transfer {
	struct keeper_link *link;
	const struct snapshot_transfer_events *events;
	void *arg;
	struct save save;
	struct load load;
	bool degraded; /* the last save failed, and that was said */
	/* out is of the save and found no room: a piece is pulled only once. No load is asked for
	 * meanwhile. */
	bool out_held;
	struct wire_msg out;
};

static void
end_save(struct snapshot_transfer *t, bool saved, const char *why)
{
	uint64_t bytes = t->save.bytes;

	t->save.phase = SAVE_NONE;
	t->out_held = false;
	if (saved && t->degraded)
		log_info("recent history is being kept again");
	if (!saved && !t->degraded)
		log_warn(
		    "recent history cannot be kept on disk (%s): a restart would forget it", why);
	t->degraded = !saved;
	if (saved)
		t->events->saved(t->arg, bytes);
	else
		t->events->failed(t->arg, why);
}

static void
end_load(struct load *load, bool whole, const char *why)
{
	struct snapshot_sink sink = load->sink;

	load->phase = LOAD_NONE;
	sink.done(sink.arg, whole, why);
}

/* Before all of it came: the rest is on its way. */
static void
give_up_load(struct load *load, const char *why)
{
	struct snapshot_sink sink = load->sink;

	load->phase = load->phase == LOAD_TAKE ? LOAD_DROP : LOAD_NONE;
	sink.done(sink.arg, false, why);
}

static void
begin_save(struct save *s)
{
	s->phase = SAVE_BEGIN;
	s->number++;
	s->bytes = 0;
	s->hash = STR_HASH_SEED;
}

/* The next piece of the source, or the end of them. */
static void
make_piece(struct save *s, struct wire_msg *out)
{
	uint8_t *room;
	size_t len;

	wire_begin(out, WIRE_SNAP_DATA);
	room = wire_put_bytes_begin(out, WIRE_PIECE_MAX);
	assert(room != NULL); /* the table's row is made for it */
	len = s->source.next(s->source.arg, room, WIRE_PIECE_MAX);
	assert(len <= WIRE_PIECE_MAX);
	if (len > 0) {
		wire_put_bytes_end(out, len);
		s->hash = str_hash(s->hash, room, len);
		s->bytes += len;
		return;
	}
	wire_begin(out, WIRE_SNAP_END);
	wire_put_u64(out, s->bytes);
	wire_put_u64(out, s->hash);
	s->phase = SAVE_END;
}

/* False: nothing to send now. */
static bool
make_message(struct save *s, struct wire_msg *out)
{
	if (s->phase == SAVE_BEGIN) {
		wire_begin(out, WIRE_SNAP_BEGIN);
		wire_put_u64(out, s->number);
		wire_put_u64(out, s->source.bytes);
	} else if (s->phase == SAVE_DATA) {
		make_piece(s, out);
	}
	return s->phase == SAVE_BEGIN || s->phase == SAVE_DATA || s->phase == SAVE_END;
}

/* True: there is more. */
static bool
pump_save(struct snapshot_transfer *t)
{
	for (int i = 0; i < PIECES_MAX; i++) {
		if (!t->out_held && !make_message(&t->save, &t->out))
			return false;
		t->out_held = keeper_link_send(t->link, &t->out) == WIRE_AGAIN;
		if (t->out_held)
			return true;
		if (t->save.phase != SAVE_DATA)
			t->save.phase++;
	}
	return true;
}

static bool
pump(void *arg)
{
	struct snapshot_transfer *t = arg;

	if (t->load.phase == LOAD_ASK) {
		wire_begin(&t->out, WIRE_SNAP_LOAD);
		if (keeper_link_send(t->link, &t->out) == WIRE_AGAIN)
			return true;
		t->load.phase = LOAD_TAKE;
	}
	return pump_save(t);
}

static void
on_saved(void *arg, struct wire_msg *msg)
{
	struct snapshot_transfer *t = arg;
	uint64_t number = wire_get_u64(msg);

	if (wire_end(msg) && t->save.phase == SAVE_ANSWER && number == t->save.number)
		end_save(t, true, "");
}

/* It comes as soon as it is known, before all is sent perhaps. */
static void
on_failed(void *arg, struct wire_msg *msg)
{
	struct snapshot_transfer *t = arg;
	uint64_t number = wire_get_u64(msg);
	const char *why = wire_get_str(msg);

	if (wire_end(msg) && t->save.phase != SAVE_NONE && number == t->save.number)
		end_save(t, false, why);
}

/* Pieces are on their way. */
static bool
is_asked(const struct load *load)
{
	return load->phase == LOAD_TAKE || load->phase == LOAD_DROP;
}

static void
on_piece(void *arg, struct wire_msg *msg)
{
	struct snapshot_transfer *t = arg;
	struct load *load = &t->load;
	size_t len;
	const uint8_t *bytes = wire_get_bytes(msg, &len);

	if (!wire_end(msg))
		return;
	load->bytes += len;
	if (!is_asked(load) || load->bytes > WIRE_SNAPSHOT_MAX)
		wire_refuse(msg);
	if (!wire_end(msg) || load->phase != LOAD_TAKE)
		return;
	if (!load->sink.take(load->sink.arg, bytes, len))
		give_up_load(load, "it is not wanted");
}

static void
on_load_end(void *arg, struct wire_msg *msg)
{
	struct snapshot_transfer *t = arg;
	uint64_t bytes = wire_get_u64(msg);
	bool whole = wire_get_u8(msg) != 0;
	const char *why = wire_get_str(msg);

	if (!wire_end(msg))
		return;
	if (!is_asked(&t->load))
		wire_refuse(msg);
	if (t->load.phase == LOAD_DROP)
		t->load.phase = LOAD_NONE;
	if (t->load.phase != LOAD_TAKE)
		return;
	if (whole && bytes != t->load.bytes)
		end_load(&t->load, false, "pieces of it are missing");
	else
		end_load(&t->load, whole, why);
}

/* What a keeper that is gone was sent of it is lost. */
static void
restart_save(struct snapshot_transfer *t)
{
	struct save *s = &t->save;
	bool pulled = s->phase > SAVE_BEGIN;

	t->out_held = false;
	if (s->phase == SAVE_NONE)
		return;
	if (pulled && ++s->restarts > RESTARTS_MAX) {
		end_save(t, false, "the keeper died in the middle");
		return;
	}
	if (pulled)
		s->source.restart(s->source.arg);
	begin_save(s);
}

static void
restart_load(struct snapshot_transfer *t)
{
	struct load *load = &t->load;

	if (load->phase == LOAD_DROP)
		load->phase = LOAD_NONE;
	if (load->phase != LOAD_TAKE)
		return;
	if (++load->restarts > RESTARTS_MAX) {
		end_load(load, false, "the keeper died in the middle");
		return;
	}
	load->sink.restart(load->sink.arg);
	load->bytes = 0;
	load->phase = LOAD_ASK;
}

static void
on_fresh(void *arg)
{
	restart_save(arg);
	restart_load(arg);
}

struct snapshot_transfer *
snapshot_transfer_new(
    struct keeper_link *link, const struct snapshot_transfer_events *events, void *arg)
{
	static const struct keeper_link_message messages[] = {{WIRE_SNAP_SAVED, on_saved},
	    {WIRE_SNAP_FAILED, on_failed}, {WIRE_SNAP_PIECE, on_piece},
	    {WIRE_SNAP_LOAD_END, on_load_end}, {0}};
	static const struct keeper_link_user type = {messages, on_fresh, pump};
	struct snapshot_transfer *t = mem_zalloc(1, sizeof(*t));

	t->link = link;
	t->events = events;
	t->arg = arg;
	keeper_link_add(link, &type, t);
	return t;
}

void
snapshot_transfer_free(struct snapshot_transfer *t)
{
	mem_free(t);
}

static bool
is_busy(const struct snapshot_transfer *t)
{
	return t->save.phase != SAVE_NONE || t->load.phase == LOAD_ASK ||
	       t->load.phase == LOAD_TAKE;
}

bool
snapshot_transfer_save(
    struct snapshot_transfer *t, const struct snapshot_source *source, const struct now *now)
{
	if (is_busy(t))
		return false;
	t->save.source = *source;
	t->save.begun_ns = now->boot_ns;
	t->save.restarts = 0;
	begin_save(&t->save);
	keeper_link_pump(t->link);
	return true;
}

bool
snapshot_transfer_load(struct snapshot_transfer *t, const struct snapshot_sink *sink)
{
	if (is_busy(t) || t->load.phase == LOAD_DROP)
		return false;
	t->load = (struct load){.phase = LOAD_ASK, .sink = *sink};
	keeper_link_pump(t->link);
	return true;
}

void
snapshot_transfer_stop_load(struct snapshot_transfer *t)
{
	if (t->load.phase == LOAD_ASK || t->load.phase == LOAD_TAKE)
		give_up_load(&t->load, "it took too long");
}

void
snapshot_transfer_tick(struct snapshot_transfer *t, const struct now *now)
{
	if (t->save.phase != SAVE_NONE &&
	    now->boot_ns - t->save.begun_ns >= SAVE_MAX_SECS * NS_PER_SEC)
		end_save(t, false, "the keeper does not answer");
	keeper_link_pump(t->link);
}

bool
snapshot_transfer_idle(const struct snapshot_transfer *t)
{
	return t->save.phase == SAVE_NONE;
}
