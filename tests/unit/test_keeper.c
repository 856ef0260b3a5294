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

static char top[] = "/tmp/test_keeper.XXXXXX";

struct rig {
	struct role_ctx ctx;
	struct keeper k;
	struct link agent;
	struct wire_msg msg;
	int wire[2], lifeline[2];
};

static int
enter_folder(void **fixture)
{
	(void)fixture;
	log_set_level(LOGL_ERROR + 1);
	return mkdtemp(top) != NULL && chdir(top) == 0 && mkdir("data", 0700) == 0 ? 0 : -1;
}

/* Lets both ends greet, then the keeper do what it was told. */
static void
turn(struct rig *r)
{
	on_agent(&r->k, LOOP_READ | LOOP_WRITE);
}

static struct rig *
start(const char *dir)
{
	struct rig *r = mem_zalloc(1, sizeof(*r));
	static uint32_t generation = 1;

	assert_int_equal(chdir(top), 0);
	assert_true(wire_pair(r->wire));
	assert_true(wire_pair(r->lifeline));
	r->ctx = (struct role_ctx){.role = ROLE_KEEPER,
	    .generation = ++generation,
	    .lifeline_fd = r->lifeline[0],
	    .data_dir_fd = dir == NULL ? -1 : open(dir, O_RDONLY | O_DIRECTORY)};
	if (dir != NULL)
		assert_int_equal(fchdir(r->ctx.data_dir_fd), 0);
	r->k.ctx = &r->ctx;
	r->k.loop = loop_new();
	open_services(&r->k);
	link_init(&r->agent, r->wire[0], WIRE_KEEPER_TO_AGENT, 1);
	link_init(&r->k.agent, r->wire[1], WIRE_AGENT_TO_KEEPER, generation);
	turn(r);
	assert_int_equal(link_recv(&r->agent, &r->msg), LINK_FRESH);
	return r;
}

static void
finish(struct rig *r)
{
	rows_done(&r->k.rows);
	snapshot_done(&r->k.snapshot);
	loop_io_stop(r->k.loop, &r->k.agent_io);
	loop_free(r->k.loop);
	for (int i = 0; i < 2; i++) {
		close(r->wire[i]);
		close(r->lifeline[i]);
	}
	if (r->ctx.data_dir_fd >= 0)
		close(r->ctx.data_dir_fd);
	mem_free(r);
}

static void
say(struct rig *r, enum wire_id id, uint64_t txn, const char *key)
{
	wire_begin(&r->msg, id);
	if (id == WIRE_PUT) {
		wire_put_u8(&r->msg, WIRE_KIND_ALERT);
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
	};

	return cmocka_run_group_tests_name("keeper", tests, enter_folder, NULL);
}
