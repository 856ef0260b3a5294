/*
 * Loading a configuration from bytes.
 */
#ifndef TESTS_LOAD_BYTES_H
#define TESTS_LOAD_BYTES_H

#include "src/conf/load.c"

/* As conf_load() for one file of that name and content, without drop-ins. */
static struct conf *
load_bytes(const char *name, const char *bytes, size_t len, struct conf_report *report)
{
	struct load l;

	load_init(&l, NULL, report);
	read_bytes(&l, error_list_file(&l.errors, name), bytes, len);
	return load_done(&l, NULL, report);
}

#endif
