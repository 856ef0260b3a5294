/*
 * The labels of an alert and of the agent together: which of two of a key counts, and how many.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

#include "src/notify/labels.c"

static char device[] = "device", team[] = "team", theirs[] = "theirs", storage_team[] = "storage";
static struct string_pair pairs[] = {{device, theirs}, {team, storage_team}};
static const struct string_pairs agent = {pairs, 2};

static struct label_set
subject_of(const char *mountpoint)
{
	struct label_set subject = {0};

	label_set_add(&subject, "mountpoint", mountpoint);
	label_set_add(&subject, "device", "sda1");
	return subject;
}

static void
test_the_subjects_label_counts(void **state)
{
	struct label_set subject = subject_of("/var");
	char text[256];
	struct buf b;

	(void)state;
	buf_init(&b, text, sizeof(text));
	labels_add_text(&subject, &agent, escape_plain, 200, &b);
	assert_string_equal(text, "mountpoint=/var, device=sda1, team=storage");
}

static void
test_values_are_escaped(void **state)
{
	struct label_set subject = subject_of("/a\nb");
	char text[256];
	struct buf b;

	(void)state;
	buf_init(&b, text, sizeof(text));
	labels_add_text(&subject, &agent, escape_plain, 200, &b);
	assert_string_equal(text, "mountpoint=/a\\x0ab, device=sda1, team=storage");
}

/* The agent's stop at the bound; the subject's are always there. */
static void
test_the_agents_are_bounded(void **state)
{
	struct label_set subject = subject_of("/var");
	char text[256];
	struct buf b;

	(void)state;
	buf_init(&b, text, sizeof(text));
	labels_add_text(&subject, &agent, escape_plain, 10, &b);
	assert_string_equal(text, "mountpoint=/var, device=sda1");
}

static void
add_line(struct buf *b, const char *key, const char *value)
{
	buf_addf(b, "%s %s\n", key, value);
}

static void
test_a_form_of_the_channels_own(void **state)
{
	struct label_set subject = subject_of("/var");
	char text[256];
	struct buf b;

	(void)state;
	buf_init(&b, text, sizeof(text));
	labels_add_subject(&subject, add_line, &b);
	labels_add_agent(&subject, &agent, add_line, b.len, &b);
	assert_string_equal(text, "mountpoint /var\ndevice sda1\n");
	labels_add_agent(&subject, &agent, add_line, b.len + 1, &b);
	assert_string_equal(text, "mountpoint /var\ndevice sda1\nteam storage\n");
}

/* Below the sentence about a place: what that has not said, and nothing twice. */
static void
test_what_the_place_does_not_say(void **state)
{
	static const struct {
		const char *labels[6], *text;
	} cases[] = {
	    {{"mountpoint", "/var", "device", "/dev/sda1", "fstype", "ext4"},
	        "device=/dev/sda1, fstype=ext4"},
	    {{"mountpoint", "/tmp", "device", "tmpfs", "fstype", "tmpfs"}, "fstype=tmpfs"},
	    {{"pid", "4711", "name", "nginx"}, ""},
	    {{"interface", "eth0"}, ""},
	    {{"unit", "nginx", "device", "x\n"}, "device=x\\x0a"},
	    {{NULL}, ""},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct label_set subject = {0};
		char text[256];
		struct buf b;

		for (size_t k = 0; k < 6 && cases[i].labels[k] != NULL; k += 2)
			label_set_add(&subject, cases[i].labels[k], cases[i].labels[k + 1]);
		buf_init(&b, text, sizeof(text));
		labels_add_unsaid(&subject, escape_plain, &b);
		assert_string_equal(text, cases[i].text);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_the_subjects_label_counts),
	    cmocka_unit_test(test_values_are_escaped),
	    cmocka_unit_test(test_the_agents_are_bounded),
	    cmocka_unit_test(test_what_the_place_does_not_say),
	    cmocka_unit_test(test_a_form_of_the_channels_own),
	};

	return cmocka_run_group_tests_name("labels", tests, NULL, NULL);
}
