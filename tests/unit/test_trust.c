/*
 * Who can write to a file, by owner and mode.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "src/base/trust.c"

static bool
ours(uid_t uid, gid_t gid, mode_t mode)
{
	const struct stat st = {.st_uid = uid, .st_gid = gid, .st_mode = S_IFREG | mode};
	char why[TRUST_WHY_MAX] = "";
	const struct trust us = trust_self();
	bool good = trust_is_ours(&us, &st, why);

	assert_true(good == (why[0] == '\0'));
	return good;
}

static void
roots_and_our_own_are_ours(void **state)
{
	uid_t me = geteuid(), stranger = me + 1;
	gid_t mine = getegid(), strangers = mine + 1;

	(void)state;
	assert_true(ours(me, mine, 0600) && ours(0, 0, 0644) && ours(me, strangers, 0755));
	assert_true(ours(me, mine, 0664) && ours(0, 0, 0775)); /* a private group, and root's */
	assert_false(ours(stranger, mine, 0600));
	assert_false(ours(me, mine, 0602) || ours(0, 0, 0666) || ours(me, mine, 01777));
	assert_false(ours(me, strangers, 0660));
}

static void
what_mends_it_is_said(void **state)
{
	struct stat st = {.st_uid = geteuid() + 7, .st_mode = S_IFDIR | 0777};
	const struct trust us = trust_self();
	char why[TRUST_WHY_MAX], want[TRUST_WHY_MAX];

	(void)state;
	assert_false(trust_is_ours(&us, &st, why));
	snprintf(want, sizeof(want), "belongs to user %u: chown it to user %u", (unsigned)st.st_uid,
	    (unsigned)geteuid());
	assert_string_equal(why, want);
	assert_false(trust_is_closed(&st, why));
	assert_string_equal(why, "can be written by everyone (mode 0777): chmod o-w it");
	st.st_mode = S_IFREG | 0664;
	assert_true(trust_is_closed(&st, why));
	st.st_uid = 0;
	st.st_gid = getegid() + 7;
	assert_false(trust_is_ours(&us, &st, why));
	snprintf(want, sizeof(want), "can be written by group %u (mode 0664): chmod g-w it",
	    (unsigned)st.st_gid);
	assert_string_equal(why, want);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(roots_and_our_own_are_ours),
	    cmocka_unit_test(what_mends_it_is_said),
	};

	return cmocka_run_group_tests_name("trust", tests, NULL, NULL);
}
