/*
 * A keeper on a real folder, and an agent played by the test: say something, let the keeper do it,
 * hear what it answers. Includes the keeper whole.
 */
#ifndef TESTS_KEEPER_RIG_H
#define TESTS_KEEPER_RIG_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <fcntl.h>
#include <stdlib.h>

#include "src/keeper/keeper.c"

#include "model/kept_kind.h"
#include "tests/unit/log_help.h"
#include "tests/unit/wire_help.h"

static char top[] = "/tmp/test_keeper.XXXXXX";

struct rig {
	struct role_ctx ctx;
	struct keeper k;
	struct link agent;
	struct wire_msg msg;
	int lifeline[2];
};

static inline int
enter_folder(void **fixture)
{
	(void)fixture;
	set_log_level(LOGL_ERROR + 1);
	return mkdtemp(top) != NULL && chdir(top) == 0 && mkdir("data", 0700) == 0 ? 0 : -1;
}

/* The keeper does what it was told. */
static inline void
turn(struct rig *r)
{
	on_agent(&r->k, LOOP_READ | LOOP_WRITE);
}

static inline struct rig *
start(const char *dir)
{
	struct rig *r = mem_zalloc(1, sizeof(*r));

	assert_int_equal(chdir(top), 0);
	assert_true(wire_pair(r->lifeline));
	r->ctx = (struct role_ctx){.role = ROLE_KEEPER,
	    .lifeline_fd = r->lifeline[0],
	    .data_dir_fd = dir == NULL ? -1 : open(dir, O_RDONLY | O_DIRECTORY)};
	if (dir != NULL)
		assert_int_equal(fchdir(r->ctx.data_dir_fd), 0);
	r->k.ctx = &r->ctx;
	r->k.loop = loop_new();
	open_services(&r->k);
	link_init(&r->k.agent, wire_anew(&r->agent, WIRE_KEEPER_TO_AGENT), WIRE_AGENT_TO_KEEPER);
	turn(r);
	assert_int_equal(link_recv(&r->agent, &r->msg), LINK_FRESH);
	return r;
}

static inline void
replace_agent(struct rig *r)
{
	link_take(&r->k.agent, wire_anew(&r->agent, WIRE_KEEPER_TO_AGENT));
}

static inline void
finish(struct rig *r)
{
	rows_done(&r->k.rows);
	snapshot_done(&r->k.snapshot);
	loop_io_stop(r->k.loop, &r->k.agent_io);
	loop_free(r->k.loop);
	link_done(&r->agent);
	link_done(&r->k.agent);
	close(r->lifeline[0]);
	close(r->lifeline[1]);
	if (r->ctx.data_dir_fd >= 0)
		close(r->ctx.data_dir_fd);
	mem_free(r);
}

static inline void
say(struct rig *r, enum wire_id id, uint64_t txn, const char *key)
{
	wire_begin(&r->msg, id);
	if (id == WIRE_PUT) {
		wire_put_u8(&r->msg, KEPT_ALERT);
		wire_put_str(&r->msg, key);
		wire_put_bytes(&r->msg, "{}", 2);
	} else if (id != WIRE_LOAD) {
		wire_put_u64(&r->msg, txn);
	}
	assert_int_equal(link_send(&r->agent, &r->msg), WIRE_OK);
}

static inline enum wire_id
hear(struct rig *r)
{
	enum link_event event;

	while ((event = link_recv(&r->agent, &r->msg)) == LINK_FRESH)
		;
	return event == LINK_MESSAGE ? wire_id(&r->msg) : WIRE_NOTHING;
}

/* The answer to a transaction of one row. */
static inline enum wire_id
store(struct rig *r, uint64_t txn, const char *key)
{
	enum wire_id id;

	say(r, WIRE_TXN_BEGIN, txn, NULL);
	say(r, WIRE_PUT, 0, key);
	say(r, WIRE_TXN_COMMIT, txn, NULL);
	turn(r);
	id = hear(r);
	if (id != WIRE_NOTHING)
		assert_int_equal(wire_get_u64(&r->msg), txn);
	return id;
}

/* The number of rows that come, and whether these are all. */
static inline int
load(struct rig *r, bool *whole)
{
	int rows = 0;

	say(r, WIRE_LOAD, 0, NULL);
	turn(r);
	for (;;) {
		enum wire_id id = hear(r);

		if (id == WIRE_LOAD_END)
			break;
		assert_int_equal(id, WIRE_ROW);
		rows++;
	}
	assert_int_equal(wire_get_u32(&r->msg), rows);
	*whole = wire_get_u8(&r->msg) != 0;
	assert_int_equal(*wire_get_str(&r->msg) == '\0', *whole);
	assert_true(wire_end(&r->msg));
	return rows;
}

#endif
