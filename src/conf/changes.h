/*
 * What has changed between two configurations, and so what a reload must do.
 */
#ifndef CONF_CHANGES_H
#define CONF_CHANGES_H

#include "conf/conf.h"
#include "conf/keys.h"

/* The most that any key asks for whose value differs; RELOAD_AT_ONCE when none does. */
enum key_reload changes_find(const struct conf *before, const struct conf *after);

#endif
