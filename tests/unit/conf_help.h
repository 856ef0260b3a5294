/*
 * Loading configurations from text and from files in a scratch folder.
 */
#ifndef TESTS_CONF_HELP_H
#define TESTS_CONF_HELP_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <fcntl.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "conf/conf.h"
#include "tests/unit/load_bytes.h"

#define UNUSED __attribute__((unused))

static struct conf_report report;
static char scratch[64];

static struct conf *
load_text(const char *text)
{
	return load_bytes("t.toml", text, strlen(text), &report);
}

static UNUSED struct conf *
load_ok(const char *text)
{
	struct conf *conf = load_text(text);

	if (conf == NULL)
		conf_report_print(&report, 2);
	assert_non_null(conf);
	return conf;
}

/* Exactly one error (and any warnings), there and with these words in it. */
static UNUSED void
expect_error(const char *text, int line, int col, const char *words)
{
	struct conf *conf = load_text(text);
	const struct conf_error *e = NULL;

	assert_null(conf);
	for (size_t i = 0; i < report.len && e == NULL; i++)
		e = report.items[i].warning ? NULL : &report.items[i];
	if (report.errors != 1 || e->line != line || e->col != col ||
	    strstr(e->text, words) == NULL) {
		conf_report_print(&report, 2);
		fail_msg("expected one error at %d:%d: %s", line, col, words);
	}
}

/* No error, and exactly one warning, there and with these words in it. */
static UNUSED void
expect_warning(const char *text, int line, int col, const char *words)
{
	const struct conf_error *w = &report.items[0];

	conf_free(load_ok(text));
	if (report.warnings != 1 || w->line != line || w->col != col ||
	    strstr(w->text, words) == NULL) {
		conf_report_print(&report, 2);
		fail_msg("expected one warning at %d:%d: %s", line, col, words);
	}
}

static UNUSED int
make_scratch(void **state)
{
	(void)state;
	snprintf(scratch, sizeof(scratch), "/tmp/test_conf.XXXXXX");
	return mkdtemp(scratch) == NULL ? -1 : 0;
}

static UNUSED const char *
path_of(const char *name, char out[256])
{
	snprintf(out, 256, "%s/%s", scratch, name);
	return out;
}

/* Writes a file of the scratch folder; returns its path. */
static UNUSED const char *
put_file(const char *name, const char *text, mode_t mode, char out[256])
{
	int fd;

	path_of(name, out);
	fd = open(out, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	assert_true(fd >= 0);
	assert_int_equal(write(fd, text, strlen(text)), (ssize_t)strlen(text));
	fchmod(fd, mode);
	close(fd);
	return out;
}

static UNUSED int
drop_scratch(void **state)
{
	char name[4][256];

	(void)state;
	for (int i = 0; i < 4; i++)
		snprintf(name[i], 256, "%s/%s", scratch,
		    (const char *const[]){"config.d/10.toml", "config.d/9.toml", "config.d/x.txt",
		        "config.d/20.toml"}[i]);
	for (int i = 0; i < 4; i++)
		unlink(name[i]);
	snprintf(name[0], 256, "%s/config.d", scratch);
	rmdir(name[0]);
	for (int i = 0; i < 4; i++) {
		snprintf(name[i], 256, "%s/%s", scratch,
		    (const char *const[]){"config.toml", "secret", "fifo", "other"}[i]);
		unlink(name[i]);
	}
	rmdir(scratch);
	return 0;
}

#endif
