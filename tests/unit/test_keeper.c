/*
 * The keeper's rows, on a real folder: what it says is committed is there, and when it is not, or
 * cannot be, it says so.
 */
#include <sys/socket.h>
#include <sys/wait.h>

#include "tests/unit/keeper_rig.h"

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
