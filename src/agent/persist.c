/*
 * Changes in, wire transactions out. Two sets of changes: the one in flight, and the one that
 * waits; a failure or a new keeper puts the first back under the second. Rows that come back are
 * this program's own, written by an earlier version perhaps: their reader checks them.
 */
#include "agent/persist.h"

#include <string.h>

#include "agent/keeper_link.h"
#include "agent/keyset.h"
#include "base/hash.h"
#include "base/log.h"
#include "base/mem.h"
#include "base/str.h"

#define RETRY_SECS 5 /* after a failure: the disk may have room again */

struct change {
	char id[KEPT_KEY_MAX + 1]; /* kind as a letter, then the key */
	enum kept_kind kind;
	char *json; /* NULL: delete */
	UT_hash_handle hh;
};

struct persist {
	struct keeper_link *link;
	const struct persist_events *events;
	void *arg;
	struct wire_msg out;
	struct change *waiting, *in_flight;
	struct change *next; /* of in_flight: to be sent next */
	enum { PHASE_IDLE, PHASE_BEGIN, PHASE_CHANGES, PHASE_COMMIT, PHASE_ANSWER } phase;
	uint64_t open_txn;   /* number that the open transaction will get */
	uint64_t closed_txn; /* newest closed one; waiting holds up to here */
	uint64_t in_flight_txn;
	int64_t retry_ns,
	    reload_ns; /* after a failure; 0: none, -1: the next tick knows the time */
	bool loading, load_owed;
	bool asked;          /* rows are on their way */
	uint32_t rows;       /* that came since the keeper was asked ... */
	uint64_t row_bytes;  /* ... and their keys and blobs */
	bool rows_lost;      /* rows came from a keeper that is gone; the next may not have them */
	struct keyset known; /* ids that the keeper may hold */
};

static void
make_id(char id[KEPT_KEY_MAX + 1], enum kept_kind kind, const char *key)
{
	id[0] = (char)('0' + kind);
	str_copy(id + 1, KEPT_KEY_MAX, key);
}

static void
free_change(struct change **set, struct change *c)
{
	HASH_DEL(*set, c);
	mem_free(c->json);
	mem_free(c);
}

/* Puts what was in flight back; a newer change of the same key wins. */
static void
requeue_in_flight(struct persist *p)
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
	enum wire_io io = keeper_link_send(p->link, &p->out);

	if (io == WIRE_VIOLATION)
		log_error("a record of the state is too long to be kept and is left out");
	return io != WIRE_AGAIN;
}

/* Transactions count from 1: one that was never closed, as while loading, is closed here. */
static void
start_transaction(struct persist *p)
{
	p->closed_txn = p->open_txn != 0 ? p->open_txn : p->closed_txn;
	p->open_txn = 0;
	p->in_flight = p->waiting;
	p->waiting = NULL;
	p->next = p->in_flight;
	p->in_flight_txn = p->closed_txn;
	p->phase = PHASE_BEGIN;
}

/* What is to be sent next; false: nothing now. */
static bool
make_message(struct persist *p)
{
	if (p->load_owed) {
		wire_begin(&p->out, WIRE_LOAD);
		return true;
	}
	if (p->phase == PHASE_IDLE && p->waiting != NULL && !p->loading && p->retry_ns == 0)
		start_transaction(p);
	if (p->phase == PHASE_IDLE || p->phase == PHASE_ANSWER)
		return false;
	if (p->phase == PHASE_CHANGES) {
		put_change(p, p->next);
		return true;
	}
	wire_begin(&p->out, p->phase == PHASE_BEGIN ? WIRE_TXN_BEGIN : WIRE_TXN_COMMIT);
	wire_put_u64(&p->out, p->in_flight_txn);
	return true;
}

static void
note_sent(struct persist *p)
{
	if (p->load_owed) {
		p->load_owed = false;
		p->asked = true;
		p->rows = 0;
		p->row_bytes = 0;
	} else if (p->phase == PHASE_CHANGES && p->next->hh.next != NULL) {
		p->next = p->next->hh.next;
	} else {
		p->phase++;
	}
}

/* Sends as far as the socket takes it. */
static bool
pump(void *arg)
{
	struct persist *p = arg;

	while (make_message(p)) {
		if (!send_out(p))
			return true;
		note_sent(p);
	}
	return false;
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
on_committed(void *arg, struct wire_msg *msg)
{
	struct persist *p = arg;
	uint64_t txn = wire_get_u64(msg);

	if (!wire_end(msg) || p->phase != PHASE_ANSWER || txn != p->in_flight_txn)
		return;
	drop_committed(p);
	p->events->confirmed(p->arg, txn);
}

static void
on_failed(void *arg, struct wire_msg *msg)
{
	struct persist *p = arg;
	uint64_t txn = wire_get_u64(msg);
	const char *why = wire_get_str(msg);

	if (!wire_end(msg) || p->phase != PHASE_ANSWER || txn != p->in_flight_txn)
		return;
	requeue_in_flight(p);
	p->retry_ns = -1; /* the next tick knows the time */
	p->events->failed(p->arg, why);
}

/* One that was not asked for, or past what there can be: a keeper is not to fill our memory. */
static bool
is_too_much(struct persist *p, size_t bytes)
{
	p->rows++;
	p->row_bytes += bytes;
	return !p->asked || p->rows > WIRE_ROWS_MAX || p->row_bytes > WIRE_ROWS_BYTES_MAX ||
	       keyset_count(&p->known) >= WIRE_ROWS_MAX;
}

static void
on_row(void *arg, struct wire_msg *msg)
{
	struct persist *p = arg;
	enum kept_kind kind = wire_get_u8(msg);
	const char *key = wire_get_str(msg);
	size_t len;
	const uint8_t *blob = wire_get_bytes(msg, &len);
	char id[KEPT_KEY_MAX + 1];
	struct change *c;

	if (!wire_end(msg))
		return;
	make_id(id, kind, key);
	if (is_too_much(p, strlen(key) + len)) {
		wire_refuse(msg);
		return;
	}
	if (keyset_has(&p->known, id))
		return; /* of an earlier attempt */
	keyset_add(&p->known, id);
	HASH_FIND_STR(p->waiting, id, c);
	if (c == NULL || c->json != NULL) /* came before, and is to be deleted since */
		p->events->row(p->arg, kind, key, (const char *)blob, len);
}

static void
on_load_end(void *arg, struct wire_msg *msg)
{
	struct persist *p = arg;
	bool whole;
	const char *why;

	wire_get_u32(msg); /* how many */
	whole = wire_get_u8(msg) != 0;
	why = wire_get_str(msg);
	if (!wire_end(msg))
		return;
	if (!p->asked) {
		wire_refuse(msg);
		return;
	}
	p->asked = false;
	if (!whole) {
		p->reload_ns = -1;
		p->events->failed(p->arg, why);
		return;
	}
	p->loading = false;
	p->events->loaded(p->arg);
	if (p->rows_lost)
		p->events->fresh(p->arg);
}

/* A keeper that knows nothing of us. */
static void
on_fresh(void *arg)
{
	struct persist *p = arg;

	requeue_in_flight(p);
	p->retry_ns = 0;
	p->asked = false;
	p->rows_lost = p->known.items != NULL;
	if (p->loading) {
		p->load_owed = true;
		p->reload_ns = 0;
	} else {
		p->events->fresh(p->arg);
	}
}

struct persist *
persist_new(struct keeper_link *link, const struct persist_events *events, void *arg)
{
	static const struct keeper_link_message messages[] = {{WIRE_COMMITTED, on_committed},
	    {WIRE_FAILED, on_failed}, {WIRE_ROW, on_row}, {WIRE_LOAD_END, on_load_end}, {0}};
	static const struct keeper_link_user type = {messages, on_fresh, pump};
	struct persist *p = mem_zalloc(1, sizeof(*p));

	p->link = link;
	p->events = events;
	p->arg = arg;
	p->loading = true;
	keeper_link_add(link, &type, p);
	return p;
}

void
persist_free(struct persist *p)
{
	struct change *c, *tmp;

	if (p == NULL)
		return;
	requeue_in_flight(p);
	HASH_ITER (hh, p->waiting, c, tmp) {
		free_change(&p->waiting, c);
	}
	keyset_free(&p->known);
	mem_free(p);
}

/* Else nobody ever heard of it. */
static bool
may_be_kept(const struct persist *p, const char *id)
{
	struct change *leaving;

	HASH_FIND_STR(p->in_flight, id, leaving);
	return leaving != NULL || keyset_has(&p->known, id);
}

void
persist_put(struct persist *p, enum kept_kind kind, const char *key, char *json)
{
	struct change *c;
	char id[KEPT_KEY_MAX + 1];

	make_id(id, kind, key);
	HASH_FIND_STR(p->waiting, id, c);
	if (json == NULL && !may_be_kept(p, id)) {
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
	if (p->reload_ns != 0 && now->boot_ns >= p->reload_ns) {
		p->reload_ns = 0;
		p->load_owed = true;
	}
	keeper_link_pump(p->link);
}

bool
persist_idle(const struct persist *p)
{
	return p->waiting == NULL && p->in_flight == NULL;
}
