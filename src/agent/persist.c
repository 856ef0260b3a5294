/*
 * Changes in, wire transactions out. Two sets of changes: the one in flight, and the one that
 * waits; a failure or a new keeper puts the first back under the second. Rows that come back are
 * this program's own, written by an earlier version perhaps: their reader checks them.
 */
#include "agent/persist.h"

#include <string.h>

#include "agent/keyset.h"
#include "base/hash.h"
#include "base/log.h"
#include "base/mem.h"
#include "base/str.h"

#define KEY_MAX 64
#define RETRY_SECS 5 /* after a failure: the disk may have room again */

struct change {
	char id[KEY_MAX + 2]; /* kind as a letter, then the key */
	enum wire_kind kind;
	char *json; /* NULL: delete */
	UT_hash_handle hh;
};

struct persist {
	struct loop *loop;
	struct role_ctx *ctx;
	const struct persist_events *events;
	void *arg;
	struct link keeper;
	struct loop_io io;
	struct wire_msg in, out;
	struct change *waiting, *in_flight;
	struct change *next; /* of in_flight: to be sent next */
	enum { PHASE_IDLE, PHASE_BEGIN, PHASE_CHANGES, PHASE_COMMIT, PHASE_ANSWER } phase;
	uint64_t open_txn;   /* number that the open transaction will get */
	uint64_t closed_txn; /* newest closed one; waiting holds up to here */
	uint64_t in_flight_txn;
	int64_t retry_ns,
	    reload_ns; /* after a failure; 0: none, -1: the next tick knows the time */
	bool loading, load_owed;
	bool rows_lost;      /* rows came from a keeper that is gone; the next may not have them */
	struct keyset known; /* ids that the keeper may hold */
};

static void on_keeper(void *arg, unsigned events);

static void
make_id(char id[KEY_MAX + 2], enum wire_kind kind, const char *key)
{
	id[0] = (char)('0' + kind);
	str_copy(id + 1, KEY_MAX + 1, key);
}

static void
free_change(struct change **set, struct change *c)
{
	HASH_DEL(*set, c);
	mem_free(c->json);
	mem_free(c);
}

static void
watch_keeper(struct persist *p)
{
	bool sending = p->phase != PHASE_IDLE && p->phase != PHASE_ANSWER && link_up(&p->keeper);
	bool owed = p->keeper.greeting_owed || p->keeper.answer_owed != 0 || sending ||
	            (p->load_owed && link_up(&p->keeper));

	loop_io_start(
	    p->loop, &p->io, p->keeper.fd, LOOP_READ | (owed ? LOOP_WRITE : 0), on_keeper, p);
}

/* Puts what was in flight back; a newer change of the same key wins. */
static void
take_back(struct persist *p)
{
	struct change *c, *tmp, *newer;

	HASH_ITER (hh, p->in_flight, c, tmp) {
		HASH_DEL(p->in_flight, c);
		HASH_FIND_STR(p->waiting, c->id, newer);
		if (newer != NULL) {
			mem_free(c->json);
			mem_free(c);
		} else {
			HASH_ADD_STR(p->waiting, id, c);
		}
	}
	p->next = NULL;
	p->phase = PHASE_IDLE;
}

static void
put_change(struct persist *p, const struct change *c)
{
	wire_begin(&p->out, c->json != NULL ? WIRE_PUT : WIRE_DEL);
	wire_put_u8(&p->out, (uint8_t)c->kind);
	wire_put_str(&p->out, c->id + 1);
	if (c->json == NULL)
		return;
	wire_put_bytes(&p->out, c->json, strlen(c->json));
	keyset_add(&p->known, c->id);
}

static bool
send_out(struct persist *p)
{
	enum wire_io io = link_send(&p->keeper, &p->out);

	if (io == WIRE_VIOLATION)
		log_error("a record of the state is too long to be kept and is left out");
	return io != WIRE_AGAIN;
}

/* Sends as far as the socket takes it. */
static void
pump(struct persist *p)
{
	for (;;) {
		switch (p->phase) {
		case PHASE_CHANGES:
			if (p->next == NULL) {
				p->phase = PHASE_COMMIT;
				continue;
			}
			put_change(p, p->next);
			break;
		case PHASE_BEGIN:
		case PHASE_COMMIT:
			wire_begin(
			    &p->out, p->phase == PHASE_BEGIN ? WIRE_TXN_BEGIN : WIRE_TXN_COMMIT);
			wire_put_u64(&p->out, p->in_flight_txn);
			break;
		default:
			return;
		}
		if (!send_out(p))
			return;
		if (p->phase == PHASE_CHANGES)
			p->next = p->next->hh.next;
		else
			p->phase++;
	}
}

/* Transactions count from 1: one that was never closed, as while loading, is closed here. */
static void
start_transaction(struct persist *p)
{
	if (p->phase != PHASE_IDLE || p->waiting == NULL || p->loading || p->retry_ns != 0 ||
	    !link_up(&p->keeper))
		return;
	p->closed_txn = p->open_txn != 0 ? p->open_txn : p->closed_txn;
	p->open_txn = 0;
	p->in_flight = p->waiting;
	p->waiting = NULL;
	p->next = p->in_flight;
	p->in_flight_txn = p->closed_txn;
	p->phase = PHASE_BEGIN;
	pump(p);
}

static void
ask_for_rows(struct persist *p)
{
	wire_begin(&p->out, WIRE_LOAD);
	p->load_owed = !send_out(p);
	p->reload_ns = 0;
}

/* They are on disk. */
static void
drop_committed(struct persist *p)
{
	struct change *c, *tmp;

	HASH_ITER (hh, p->in_flight, c, tmp) {
		if (c->json == NULL)
			keyset_drop(&p->known, c->id);
		free_change(&p->in_flight, c);
	}
	p->phase = PHASE_IDLE;
}

static void
on_answer(struct persist *p, bool committed)
{
	uint64_t txn = wire_get_u64(&p->in);
	const char *why = committed ? "" : wire_get_str(&p->in);

	if (!wire_end(&p->in) || p->phase != PHASE_ANSWER || txn != p->in_flight_txn)
		return;
	if (committed) {
		drop_committed(p);
		p->events->confirmed(p->arg, txn);
	} else {
		take_back(p);
		p->retry_ns = -1; /* the next tick knows the time */
		p->events->failed(p->arg, why);
	}
	start_transaction(p);
}

static void
on_row(struct persist *p)
{
	enum wire_kind kind = wire_get_u8(&p->in);
	const char *key = wire_get_str(&p->in);
	size_t len;
	const uint8_t *blob = wire_get_bytes(&p->in, &len);
	char id[KEY_MAX + 2];
	struct change *c;

	if (!wire_end(&p->in) || !p->loading)
		return;
	make_id(id, kind, key);
	keyset_add(&p->known, id);
	HASH_FIND_STR(p->waiting, id, c);
	if (c == NULL || c->json != NULL) /* came before, and is to be deleted since */
		p->events->row(p->arg, kind, key, (const char *)blob, len);
}

static void
on_load_end(struct persist *p)
{
	bool whole;
	const char *why;

	wire_get_u32(&p->in); /* how many */
	whole = wire_get_u8(&p->in) != 0;
	why = wire_get_str(&p->in);
	if (!p->loading || !wire_end(&p->in))
		return;
	if (!whole) {
		p->reload_ns = -1;
		p->events->failed(p->arg, why);
		return;
	}
	p->loading = false;
	p->events->loaded(p->arg);
	if (p->rows_lost)
		p->events->fresh(p->arg);
	start_transaction(p);
}

static void
handle(struct persist *p)
{
	switch (wire_id(&p->in)) {
	case WIRE_COMMITTED:
	case WIRE_FAILED:
		on_answer(p, wire_id(&p->in) == WIRE_COMMITTED);
		break;
	case WIRE_ROW:
		on_row(p);
		break;
	case WIRE_LOAD_END:
		on_load_end(p);
		break;
	default:
		break;
	}
	if (!wire_end(&p->in)) {
		link_violation(&p->keeper);
		role_accuse(p->ctx, ROLE_KEEPER);
	}
}

/* A keeper that knows nothing of us. */
static void
start_afresh(struct persist *p)
{
	take_back(p);
	p->retry_ns = 0;
	p->rows_lost = p->known.items != NULL;
	if (p->loading)
		ask_for_rows(p);
	else
		p->events->fresh(p->arg);
	start_transaction(p);
}

static void
on_keeper(void *arg, unsigned events)
{
	struct persist *p = arg;
	enum link_event event;

	if (events & LOOP_WRITE) {
		link_flush(&p->keeper);
		if (p->load_owed)
			ask_for_rows(p);
		pump(p);
	}
	while ((event = link_recv(&p->keeper, &p->in)) != LINK_NOTHING) {
		if (event == LINK_GONE) {
			loop_io_stop(p->loop, &p->io);
			p->events->gone(p->arg);
			return;
		}
		if (event == LINK_VIOLATION)
			role_accuse(p->ctx, ROLE_KEEPER);
		else if (event == LINK_FRESH)
			start_afresh(p);
		else
			handle(p);
	}
	watch_keeper(p);
}

struct persist *
persist_new(struct loop *loop, struct role_ctx *ctx, const struct persist_events *events, void *arg)
{
	struct persist *p = mem_zalloc(1, sizeof(*p));

	p->loop = loop;
	p->ctx = ctx;
	p->events = events;
	p->arg = arg;
	p->loading = true;
	link_init(&p->keeper, ctx->peer_fd[ROLE_KEEPER], WIRE_KEEPER_TO_AGENT, ctx->generation);
	watch_keeper(p);
	return p;
}

void
persist_free(struct persist *p)
{
	struct change *c, *tmp;

	if (p == NULL)
		return;
	loop_io_stop(p->loop, &p->io);
	take_back(p);
	HASH_ITER (hh, p->waiting, c, tmp) {
		free_change(&p->waiting, c);
	}
	keyset_free(&p->known);
	mem_free(p);
}

void
persist_put(struct persist *p, enum wire_kind kind, const char *key, char *json)
{
	struct change *c;
	char id[KEY_MAX + 2];

	make_id(id, kind, key);
	HASH_FIND_STR(p->waiting, id, c);
	if (json == NULL && !keyset_has(&p->known, id)) { /* nobody else ever heard of it */
		if (c != NULL)
			free_change(&p->waiting, c);
		return;
	}
	if (c == NULL) {
		c = mem_zalloc(1, sizeof(*c));
		memcpy(c->id, id, sizeof(id));
		c->kind = kind;
		HASH_ADD_STR(p->waiting, id, c);
	}
	mem_free(c->json);
	c->json = json;
	p->open_txn = p->closed_txn + 1;
}

uint64_t
persist_commit(struct persist *p, const struct now *now)
{
	uint64_t txn = p->open_txn;

	p->open_txn = 0;
	if (txn != 0)
		p->closed_txn = txn;
	persist_tick(p, now);
	return txn;
}

void
persist_tick(struct persist *p, const struct now *now)
{
	if (p->retry_ns < 0)
		p->retry_ns = now->boot_ns + RETRY_SECS * NS_PER_SEC;
	if (p->retry_ns != 0 && now->boot_ns >= p->retry_ns)
		p->retry_ns = 0;
	if (p->reload_ns < 0)
		p->reload_ns = now->boot_ns + RETRY_SECS * NS_PER_SEC;
	if (p->reload_ns != 0 && now->boot_ns >= p->reload_ns)
		ask_for_rows(p);
	start_transaction(p);
	watch_keeper(p);
}

bool
persist_idle(const struct persist *p)
{
	return p->waiting == NULL && p->in_flight == NULL;
}
