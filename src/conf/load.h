/*
 * Loading from bytes, for tests and fuzzers; conf.h has the way from files.
 */
#ifndef CONF_LOAD_H
#define CONF_LOAD_H

#include <stddef.h>

#include "conf/conf.h"

/* As conf_load() for one file of that name and content, without drop-ins. */
struct conf *load_bytes(
    const char *name, const char *bytes, size_t len, struct conf_report *report);

#endif
