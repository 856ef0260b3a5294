/*
 * The agent's end of snapshots and the real keeper, on a real folder and one loop, for tests: save,
 * load, kill the keeper, start another, and see what is on the disk. Includes the keeper whole.
 */
#ifndef TESTS_TRANSFER_SCENE_H
#define TESTS_TRANSFER_SCENE_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "src/keeper/keeper.c"

#include "agent/keeper_link.h"
#include "agent/persist.h"
#include "agent/snapshot_transfer.h"
#include "base/io.h"
#include "tests/unit/log_help.h"
#include "tests/unit/wire_help.h"

#define MIB (1024 * 1024)

/* Room of the sockets: as made, or what a kernel allows that allows little. */
static bool small_socket;

static char top[] = "/tmp/test_snapshot_transfer.XXXXXX";

/* A snapshot of some version: the number in its first eight bytes, then bytes that depend on it. */
struct content {
	uint64_t version, size, at;
	int restarts;
};

struct scene {
	struct loop *loop;
	struct role_ctx agent_ctx, keeper_ctx;
	int lifeline[2];
	int launchers_end;     /* of the keeper's wire: its death does not close it */
	struct keeper *keeper; /* NULL: it died */
	struct keeper_link *link;
	struct persist *persist;
	struct snapshot_transfer *transfer;
	struct now now;
	struct content given, taken;
	int saved, failed, loaded, rows_loaded;
	uint64_t saved_bytes, confirmed;
	bool whole;
	size_t take_max; /* the sink takes no more than that */
	char why[256];
};

static uint8_t
byte_at(uint64_t version, uint64_t at)
{
	if (at < 8)
		return (uint8_t)(version >> (8 * at));
	return (uint8_t)((at * 2654435761u + version * 40503u) >> 7);
}

static inline size_t
give(void *arg, uint8_t *out, size_t cap)
{
	struct content *c = arg;
	size_t len = c->size - c->at < cap ? c->size - c->at : cap;

	assert_true(cap > 0);
	if (len > 10000 && c->at % 3 == 0) /* pieces need not be full */
		len = 10000;
	for (size_t i = 0; i < len; i++)
		out[i] = byte_at(c->version, c->at + i);
	c->at += len;
	return len;
}

static inline void
give_again(void *arg)
{
	struct content *c = arg;

	c->at = 0;
	c->restarts++;
}

static inline bool
take(void *arg, const uint8_t *bytes, size_t len)
{
	struct scene *s = arg;
	struct content *c = &s->taken;

	for (size_t i = 0; i < len; i++, c->at++) {
		if (c->at < 8)
			c->version |= (uint64_t)bytes[i] << (8 * c->at);
		else
			assert_int_equal(bytes[i], byte_at(c->version, c->at));
	}
	return c->at <= s->take_max;
}

static inline void
take_again(void *arg)
{
	struct scene *s = arg;

	s->taken.at = s->taken.version = 0;
	s->taken.restarts++;
}

static inline void
note_loaded(void *arg, bool whole, const char *why)
{
	struct scene *s = arg;

	s->loaded++;
	s->whole = whole;
	assert_int_equal(whole, *why == '\0');
	snprintf(s->why, sizeof(s->why), "%s", why);
}

static inline void
note_saved(void *arg, uint64_t bytes)
{
	struct scene *s = arg;

	s->saved++;
	s->saved_bytes = bytes;
	assert_true(snapshot_transfer_idle(s->transfer));
}

static inline void
note_failed(void *arg, const char *why)
{
	struct scene *s = arg;

	s->failed++;
	snprintf(s->why, sizeof(s->why), "%s", why);
	assert_true(snapshot_transfer_idle(s->transfer));
}

static inline void
ignore_row(void *arg, enum kept_kind kind, const char *key, const char *blob, size_t len)
{
	(void)arg, (void)kind, (void)key, (void)blob, (void)len;
}

static inline void
note_rows(void *arg)
{
	((struct scene *)arg)->rows_loaded++;
}

static inline void
note_confirmed(void *arg, uint64_t txn)
{
	((struct scene *)arg)->confirmed = txn;
}

static inline void
fail_rows(void *arg, const char *why)
{
	(void)arg;
	fail_msg("rows are not kept: %s", why);
}

static inline void
ignore(void *arg)
{
	(void)arg;
}

static inline void
shrink(int fd)
{
	assert_int_equal(setsockopt(fd, SOL_SOCKET, SO_SNDBUF, &(int){90000}, sizeof(int)), 0);
}

static inline void
start_keeper(struct scene *s)
{
	struct keeper *k = mem_zalloc(1, sizeof(*k));

	s->keeper = k;
	k->ctx = &s->keeper_ctx;
	k->loop = s->loop;
	open_services(k);
	wire_anew_to(&k->agent, WIRE_AGENT_TO_KEEPER, &s->agent_ctx, ROLE_KEEPER);
	io_close(&s->launchers_end);
	s->launchers_end = dup(k->agent.fd);
	if (small_socket) {
		shrink(k->agent.fd);
		shrink(s->agent_ctx.peer_fd[ROLE_KEEPER]);
	}
	if (s->link != NULL)
		keeper_link_take_wire(s->link);
	watch_agent(k);
}

/* As a crash: what it did last stays as it is. */
static inline void
kill_keeper(struct scene *s)
{
	struct keeper *k = s->keeper;

	loop_io_stop(k->loop, &k->agent_io);
	link_done(&k->agent);
	io_close(&k->snapshot.file.writing);
	snapshot_done(&k->snapshot);
	rows_done(&k->rows);
	mem_free(k);
	s->keeper = NULL;
}

static inline void
start_agent(struct scene *s)
{
	static const struct persist_events rows = {
	    ignore_row, note_rows, note_confirmed, fail_rows, ignore};
	static const struct snapshot_transfer_events events = {note_saved, note_failed};

	s->link = keeper_link_new(s->loop, &s->agent_ctx);
	s->persist = persist_new(s->link, &rows, s);
	s->transfer = snapshot_transfer_new(s->link, &events, s);
}

static inline struct scene *
begin_in(const char *dir)
{
	struct scene *s = mem_zalloc(1, sizeof(*s));

	assert_int_equal(chdir(top), 0);
	if (mkdir(dir, 0700) != 0)
		assert_int_equal(errno, EEXIST);
	assert_int_equal(chdir(dir), 0);
	assert_true(wire_pair(s->lifeline));
	s->loop = loop_new();
	s->take_max = SIZE_MAX;
	s->launchers_end = -1;
	s->keeper_ctx = (struct role_ctx){.role = ROLE_KEEPER,
	    .lifeline_fd = s->lifeline[0],
	    .data_dir_fd = open(".", O_RDONLY | O_DIRECTORY)};
	s->agent_ctx = (struct role_ctx){
	    .role = ROLE_AGENT, .peer_fd = {-1, -1, -1}, .lifeline_fd = s->lifeline[0]};
	start_agent(s);
	start_keeper(s);
	return s;
}

static inline int
begin_scene(void **fixture)
{
	static int count;
	char dir[16];

	snprintf(dir, sizeof(dir), "data%d", count++);
	*fixture = begin_in(dir);
	return 0;
}

static inline void
free_scene(struct scene *s)
{
	static const char *const files[] = {
	    "state.db", "state.db-wal", "snapshot.bin", "snapshot.bin.new"};
	char accused;

	assert_int_equal(recv(s->lifeline[1], &accused, 1, MSG_DONTWAIT), -1);
	if (s->keeper != NULL)
		kill_keeper(s);
	keeper_link_free(s->link);
	snapshot_transfer_free(s->transfer);
	persist_free(s->persist);
	loop_free(s->loop);
	close(s->lifeline[0]);
	close(s->lifeline[1]);
	io_close(&s->launchers_end);
	for (size_t i = 0; i < sizeof(files) / sizeof(files[0]); i++)
		(void)unlinkat(s->keeper_ctx.data_dir_fd, files[i], 0);
	close(s->keeper_ctx.data_dir_fd);
	mem_free(s);
}

static inline int
end_scene(void **fixture)
{
	free_scene(*fixture);
	return 0;
}

static inline void
turn(struct scene *s)
{
	ev_run((struct ev_loop *)s->loop, EVRUN_NOWAIT);
}

static inline void
settle(struct scene *s)
{
	for (int i = 0; i < 2000; i++)
		turn(s);
}

static inline bool
save(struct scene *s, uint64_t version, uint64_t size, bool announced)
{
	struct snapshot_source source = {
	    .next = give, .restart = give_again, .arg = &s->given, .bytes = announced ? size : 0};

	s->given = (struct content){.version = version, .size = size};
	return snapshot_transfer_save(s->transfer, &source, &s->now);
}

static inline bool
load(struct scene *s)
{
	struct snapshot_sink sink = {
	    .take = take, .restart = take_again, .done = note_loaded, .arg = s};

	s->taken = (struct content){0};
	s->whole = false;
	return snapshot_transfer_load(s->transfer, &sink);
}

/* What is on the disk now. */
static inline void
expect_loaded(struct scene *s, uint64_t version, uint64_t size)
{
	int before = s->loaded;

	assert_true(load(s));
	settle(s);
	assert_int_equal(s->loaded, before + 1);
	assert_true(s->whole);
	assert_int_equal(s->taken.at, size);
	assert_int_equal(s->taken.version, version);
	assert_int_equal(access("snapshot.bin.new", F_OK), -1);
}

static inline void
put_row(struct scene *s, const char *key, uint64_t *txn)
{
	persist_put(s->persist, KEPT_ALERT, key, mem_strdup("{\"state\":\"firing\"}"));
	*txn = persist_commit(s->persist, &s->now);
}

#define IN_SCENE(f) cmocka_unit_test_setup_teardown(f, begin_scene, end_scene)

/* With the room that sockets have, then with little. */
static inline int
run_scenes(const char *name, const struct CMUnitTest *tests, size_t n)
{
	int failed = 0;

	if (mkdtemp(top) == NULL)
		return 1;
	set_log_level(LOGL_ERROR + 1);
	for (int small = 0; small < 2; small++) {
		small_socket = small != 0;
		failed += _cmocka_run_group_tests(
		    small_socket ? "small socket" : name, tests, n, NULL, NULL);
	}
	return failed;
}

#endif
