/*
 * The keeper against an agent played by the test, on a real folder: what it says is committed is
 * there, and when it is not, or cannot be, it says so.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/wait.h>

#include "src/keeper/keeper.c"

#include "base/io.h"
#include "base/str.h"
#include "model/kept_kind.h"
#include "tests/unit/log_help.h"
#include "tests/unit/random.h"
#include "tests/unit/wire_help.h"

static char top[] = "/tmp/test_keeper.XXXXXX";

struct rig {
	struct role_ctx ctx;
	struct keeper k;
	struct link agent;
	struct wire_msg msg;
	int lifeline[2];
};

static int
enter_folder(void **fixture)
{
	(void)fixture;
	set_log_level(LOGL_ERROR + 1);
	return mkdtemp(top) != NULL && chdir(top) == 0 && mkdir("data", 0700) == 0 ? 0 : -1;
}

/* The keeper does what it was told. */
static void
turn(struct rig *r)
{
	on_agent(&r->k, LOOP_READ | LOOP_WRITE);
}

static struct rig *
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

static void
replace_agent(struct rig *r)
{
	link_take(&r->k.agent, wire_anew(&r->agent, WIRE_KEEPER_TO_AGENT));
}

static void
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

static void
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

static enum wire_id
hear(struct rig *r)
{
	enum link_event event;

	while ((event = link_recv(&r->agent, &r->msg)) == LINK_FRESH)
		;
	return event == LINK_MESSAGE ? wire_id(&r->msg) : WIRE_NOTHING;
}

/* The answer to a transaction of one row. */
static enum wire_id
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
static int
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

static void
what_is_committed_is_loaded(void **fixture)
{
	struct rig *r = start("data");
	bool whole;

	(void)fixture;
	assert_int_equal(store(r, 1, "a"), WIRE_COMMITTED);
	assert_int_equal(store(r, 2, "b"), WIRE_COMMITTED);
	finish(r);
	r = start("data");
	assert_int_equal(load(r, &whole), 2);
	assert_true(whole);
	finish(r);
}

/* 0 would be taken for no transaction at all, and its rows be dropped. */
static void
a_transaction_without_a_number_is_a_violation(void **fixture)
{
	struct rig *r = start("data");
	char accused = 0;

	(void)fixture;
	assert_int_equal(store(r, 0, "zero"), WIRE_NOTHING);
	assert_int_equal(recv(r->lifeline[1], &accused, 1, MSG_DONTWAIT), 1);
	assert_int_equal(accused, ROLE_AGENT);
	finish(r);
}

static void
without_a_directory_there_are_no_rows_and_never_will_be(void **fixture)
{
	struct rig *r = start(NULL);
	bool whole;

	(void)fixture;
	assert_int_equal(load(r, &whole), 0);
	assert_true(whole);
	assert_int_equal(store(r, 1, "a"), WIRE_FAILED);
	finish(r);
}

/* A database that cannot be had now is not an empty one. */
static void
rows_that_cannot_be_had_are_not_none(void **fixture)
{
	struct rig *r;
	bool whole;

	(void)fixture;
	assert_int_equal(chdir(top), 0);
	assert_int_equal(rename("data/state.db", "away"), 0);
	assert_int_equal(mkdir("data/state.db", 0700), 0);
	r = start("data");
	assert_int_equal(load(r, &whole), 0);
	assert_false(whole);
	assert_int_equal(store(r, 1, "c"), WIRE_FAILED);
	assert_int_equal(rmdir("state.db"), 0);
	assert_int_equal(rename("../away", "state.db"), 0);
	r->k.rows.reopen_ns = 0;
	assert_int_equal(load(r, &whole), 2);
	assert_true(whole);
	finish(r);
}

static void
a_directory_taken_away_takes_no_more(void **fixture)
{
	struct rig *r = start("data");
	bool whole;

	(void)fixture;
	assert_int_equal(rename("../data", "../moved"), 0);
	assert_int_equal(store(r, 1, "c"), WIRE_FAILED);
	assert_non_null(strstr(wire_get_str(&r->msg), "data_dir was removed"));
	assert_int_equal(mkdir("../data", 0700), 0);
	assert_int_equal(store(r, 2, "c"), WIRE_FAILED);
	assert_int_equal(rmdir("../data"), 0);
	assert_int_equal(rename("../moved", "../data"), 0);
	assert_int_equal(store(r, 3, "c"), WIRE_COMMITTED);
	assert_int_equal(load(r, &whole), 3);
	finish(r);
}

/* Its successor is told everything: this one only has to end, without an answer. */
static void
end_without_an_answer(struct rig *r)
{
	int status;
	pid_t pid = fork();

	if (pid == 0) {
		say(r, WIRE_TXN_BEGIN, 9, NULL);
		say(r, WIRE_PUT, 0, "d");
		say(r, WIRE_TXN_COMMIT, 9, NULL);
		turn(r);
		_exit(0);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFEXITED(status) && WEXITSTATUS(status) == 1);
	assert_int_equal(hear(r), WIRE_NOTHING);
}

static void
a_file_taken_away_ends_the_keeper(void **fixture)
{
	struct rig *r = start("data");

	(void)fixture;
	assert_int_equal(store(r, 1, "c"), WIRE_COMMITTED);
	assert_int_equal(unlink("state.db"), 0);
	end_without_an_answer(r);
	finish(r);
}

static void
damage_met_while_running_ends_the_keeper(void **fixture)
{
	struct rig *r = start("data");
	int fd;

	(void)fixture;
	assert_int_equal(store(r, 1, "c"), WIRE_COMMITTED);
	finish(r);
	unlink("state.db-wal");
	r = start("data");
	fd = open("state.db", O_WRONLY);
	for (off_t at = 4096; at < 16 * 4096; at++)
		assert_int_equal(pwrite(fd, "\xa5", 1, at), 1);
	close(fd);
	end_without_an_answer(r);
	assert_int_equal(access("state.db.damaged", F_OK), 0);
	assert_int_equal(access("state.db", F_OK), -1);
	finish(r);
	r = start("data");
	assert_int_equal(store(r, 1, "c"), WIRE_COMMITTED);
	finish(r);
}

static void
say_snapshot(struct rig *r, enum wire_id id, uint64_t first, uint64_t second)
{
	wire_begin(&r->msg, id);
	wire_put_u64(&r->msg, first);
	wire_put_u64(&r->msg, second);
	assert_int_equal(link_send(&r->agent, &r->msg), WIRE_OK);
}

static void
say_piece(struct rig *r, const char *piece)
{
	wire_begin(&r->msg, WIRE_SNAP_DATA);
	wire_put_bytes(&r->msg, piece, strlen(piece));
	assert_int_equal(link_send(&r->agent, &r->msg), WIRE_OK);
}

/* The answer to the end of snapshot number, with why it failed in msg. */
static enum wire_id
end_snapshot(struct rig *r, uint64_t number, uint64_t bytes, const char *all)
{
	enum wire_id id;

	say_snapshot(r, WIRE_SNAP_END, bytes, str_hash(STR_HASH_SEED, all, strlen(all)));
	turn(r);
	id = hear(r);
	assert_int_equal(wire_get_u64(&r->msg), number);
	return id;
}

static void
expect_file(const char *content)
{
	char read_back[64];

	assert_int_equal(
	    io_read_at(AT_FDCWD, "snapshot.bin", read_back, sizeof(read_back)), strlen(content));
	assert_string_equal(read_back, content);
	assert_int_equal(access("snapshot.bin.new", F_OK), -1);
}

static void
only_the_snapshot_that_was_sent_takes_the_place(void **fixture)
{
	struct rig *r = start("data");

	(void)fixture;
	say_snapshot(r, WIRE_SNAP_BEGIN, 1, 11);
	say_piece(r, "first ");
	say_piece(r, "whole");
	assert_int_equal(end_snapshot(r, 1, 11, "first whole"), WIRE_SNAP_SAVED);
	expect_file("first whole");
	say_snapshot(r, WIRE_SNAP_BEGIN, 2, 0); /* a piece is missing */
	say_piece(r, "second ");
	assert_int_equal(end_snapshot(r, 2, 12, "second whole"), WIRE_SNAP_FAILED);
	assert_string_equal(wire_get_str(&r->msg), "what came is not what was sent");
	expect_file("first whole");
	say_snapshot(r, WIRE_SNAP_BEGIN, 3, 0); /* the same length, other bytes */
	say_piece(r, "third");
	assert_int_equal(end_snapshot(r, 3, 5, "turnd"), WIRE_SNAP_FAILED);
	expect_file("first whole");
	finish(r);
}

static void
a_snapshot_begun_anew_replaces_the_half_of_another(void **fixture)
{
	struct rig *r = start("data");

	(void)fixture;
	say_piece(r, "of nothing"); /* late pieces of a save that has failed */
	say_snapshot(r, WIRE_SNAP_END, 10, 0);
	say_snapshot(r, WIRE_SNAP_BEGIN, 1, 0);
	say_piece(r, "half");
	say_snapshot(r, WIRE_SNAP_BEGIN, 2, 0);
	say_piece(r, "new");
	assert_int_equal(end_snapshot(r, 2, 3, "new"), WIRE_SNAP_SAVED);
	expect_file("new");
	finish(r);
}

/* The agent's successor did not ask for it. */
static void
half_a_snapshot_ends_with_its_agent(void **fixture)
{
	struct rig *r = start("data");

	(void)fixture;
	say_snapshot(r, WIRE_SNAP_BEGIN, 1, 0);
	say_piece(r, "half");
	turn(r);
	assert_int_equal(access("snapshot.bin.new", F_OK), 0);
	replace_agent(r);
	turn(r);
	assert_int_equal(access("snapshot.bin.new", F_OK), -1);
	assert_int_equal(hear(r), WIRE_NOTHING);
	finish(r);
}

static void
a_piece_with_bad_fields_is_a_violation(void **fixture)
{
	struct rig *r = start("data");
	char accused = 0;

	(void)fixture;
	say_snapshot(r, WIRE_SNAP_BEGIN, 1, 0);
	wire_begin(&r->msg, WIRE_SNAP_DATA);
	wire_put_u32(&r->msg, 1000); /* bytes that are not there */
	assert_int_equal(link_send(&r->agent, &r->msg), WIRE_OK);
	turn(r);
	assert_int_equal(recv(r->lifeline[1], &accused, 1, MSG_DONTWAIT), 1);
	assert_int_equal(accused, ROLE_AGENT);
	assert_int_equal(access("snapshot.bin.new", F_OK), -1);
	finish(r);
}

/* Its answers wait, one in the keeper and the rest in the socket; and none is lost. */
static void
an_agent_that_does_not_read_is_waited_for(void **fixture)
{
	enum { ASKED = 400 };
	struct rig *r = start("data");
	static char big[40000];
	int rows = 0, ends = 0, asked = 0;
	enum wire_id id;

	(void)fixture;
	say(r, WIRE_TXN_BEGIN, 1, NULL);
	wire_begin(&r->msg, WIRE_PUT);
	wire_put_u8(&r->msg, KEPT_ALERT);
	wire_put_str(&r->msg, "big");
	wire_put_bytes(&r->msg, big, sizeof(big));
	assert_int_equal(link_send(&r->agent, &r->msg), WIRE_OK);
	say(r, WIRE_TXN_COMMIT, 1, NULL);
	turn(r);
	assert_int_equal(hear(r), WIRE_COMMITTED);
	wire_begin(&r->msg, WIRE_LOAD);
	for (; asked < ASKED && link_send(&r->agent, &r->msg) == WIRE_OK; asked++)
		turn(r);
	assert_true(r->k.out_held);
	for (int i = 0; i < 2 * ASKED; i++) {
		while ((id = hear(r)) != WIRE_NOTHING) {
			assert_true(id == WIRE_ROW || id == WIRE_LOAD_END);
			rows += id == WIRE_ROW;
			ends += id == WIRE_LOAD_END;
		}
		turn(r);
	}
	assert_int_equal(ends, asked);
	assert_true(rows >= asked);
	finish(r);
}

static void
answers_wait_for_room(void **fixture)
{
	enum { TRANSACTIONS = 40 };
	struct rig *r = start("data");
	uint64_t next = 1;

	(void)fixture;
	assert_int_equal(
	    setsockopt(r->k.agent.fd, SOL_SOCKET, SO_SNDBUF, &(int){1}, sizeof(int)), 0);
	for (uint64_t txn = 1; txn <= TRANSACTIONS; txn++) {
		say(r, WIRE_TXN_BEGIN, txn, NULL);
		say(r, WIRE_PUT, 0, "row");
		say(r, WIRE_TXN_COMMIT, txn, NULL);
		turn(r);
	}
	assert_true(r->k.out_held);
	assert_int_equal(r->k.agent_io.ev.events & EV_READ, 0); /* would wake it for nothing */
	for (int i = 0; i < 10 * TRANSACTIONS; i++) {
		if (hear(r) == WIRE_COMMITTED)
			assert_int_equal(wire_get_u64(&r->msg), next++);
		turn(r);
	}
	assert_int_equal(next, TRANSACTIONS + 1);
	finish(r);
}

/* A number that a field might have, or might never. */
static uint64_t
any_number(void)
{
	static const uint64_t odd[] = {0, 1, 2, 7, 255, UINT32_MAX, INT64_MAX, UINT64_MAX};

	return odd[draw(sizeof(odd) / sizeof(odd[0]))];
}

static void
put_any_bytes(struct wire_msg *msg, size_t len)
{
	static const uint8_t noise[WIRE_PIECE_MAX];

	wire_put_bytes(msg, noise, len);
}

/* Each message that an agent has, at any time, with fields of the right kinds. */
static void
make_any_message(struct wire_msg *msg)
{
	static const enum wire_id ids[] = {WIRE_TXN_BEGIN, WIRE_PUT, WIRE_DEL, WIRE_TXN_COMMIT,
	    WIRE_LOAD, WIRE_SNAP_BEGIN, WIRE_SNAP_DATA, WIRE_SNAP_END, WIRE_SNAP_LOAD};
	enum wire_id id = ids[draw(sizeof(ids) / sizeof(ids[0]))];
	char key[300];

	wire_begin(msg, id);
	if (id == WIRE_PUT || id == WIRE_DEL) {
		memset(key, 'a' + (int)draw(26), sizeof(key));
		key[2 + draw(sizeof(key) - 2)] = '\0';
		key[sizeof(key) - 1] = '\0';
		wire_put_u8(msg, (uint8_t)any_number());
		wire_put_str(msg, key);
	}
	if (id == WIRE_PUT || id == WIRE_SNAP_DATA)
		put_any_bytes(msg, draw(4) == 0 ? 0 : draw(2000));
	if (id == WIRE_TXN_BEGIN || id == WIRE_TXN_COMMIT || id == WIRE_SNAP_BEGIN ||
	    id == WIRE_SNAP_END)
		wire_put_u64(msg, any_number());
	if (id == WIRE_SNAP_BEGIN || id == WIRE_SNAP_END)
		wire_put_u64(msg, any_number());
}

/* Now and then: a byte is another, or it is cut, or goes on. */
static void
damage(struct wire_msg *msg)
{
	if (draw(8) != 0)
		return;
	if (draw(2) == 0)
		msg->data[draw(msg->len < 20 ? msg->len : 20)] = (uint8_t)draw(256);
	else
		msg->len = draw(msg->len + 20);
}

/* Out of order, with wrong lengths, transfers that never end: what was kept stays, and the next
 * agent is served. */
static void
an_agent_that_talks_nonsense_takes_nothing_away(void **fixture)
{
	struct rig *r = start("data");
	static struct wire_msg msg;
	int before;
	bool whole;

	(void)fixture;
	assert_int_equal(store(r, 1, "k"), WIRE_COMMITTED);
	for (int i = 0; i < 3000; i++) {
		make_any_message(&msg);
		damage(&msg);
		(void)send(r->agent.fd, msg.data, msg.len, MSG_DONTWAIT | MSG_NOSIGNAL);
		if (draw(20) == 0)
			replace_agent(r);
		if (draw(3) == 0)
			turn(r);
		while (draw(2) == 0 && link_recv(&r->agent, &r->msg) != LINK_NOTHING)
			;
	}
	for (int i = 0; i < 100; i++) {
		turn(r);
		while (link_recv(&r->agent, &r->msg) != LINK_NOTHING)
			;
	}
	replace_agent(r);
	turn(r);
	while (link_recv(&r->agent, &r->msg) != LINK_NOTHING)
		;
	before = load(r, &whole);
	assert_true(whole && before >= 1);
	assert_int_equal(store(r, 5, "another"), WIRE_COMMITTED);
	finish(r);
	r = start("data");
	assert_int_equal(load(r, &whole), before + 1);
	assert_int_equal(access("snapshot.bin.new", F_OK), -1);
	finish(r);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(what_is_committed_is_loaded),
	    cmocka_unit_test(a_transaction_without_a_number_is_a_violation),
	    cmocka_unit_test(without_a_directory_there_are_no_rows_and_never_will_be),
	    cmocka_unit_test(rows_that_cannot_be_had_are_not_none),
	    cmocka_unit_test(a_directory_taken_away_takes_no_more),
	    cmocka_unit_test(a_file_taken_away_ends_the_keeper),
	    cmocka_unit_test(damage_met_while_running_ends_the_keeper),
	    cmocka_unit_test(only_the_snapshot_that_was_sent_takes_the_place),
	    cmocka_unit_test(a_snapshot_begun_anew_replaces_the_half_of_another),
	    cmocka_unit_test(half_a_snapshot_ends_with_its_agent),
	    cmocka_unit_test(a_piece_with_bad_fields_is_a_violation),
	    cmocka_unit_test(an_agent_that_does_not_read_is_waited_for),
	    cmocka_unit_test(answers_wait_for_room),
	    cmocka_unit_test(an_agent_that_talks_nonsense_takes_nothing_away),
	};

	random_start();
	return cmocka_run_group_tests_name("keeper", tests, enter_folder, NULL);
}
