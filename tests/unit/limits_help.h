/*
 * The built-in limits as a configuration without a file has them.
 */
#ifndef TESTS_LIMITS_HELP_H
#define TESTS_LIMITS_HELP_H

#include "conf/conf.h"

static inline void
take_default_limits(struct conf_detect *conf)
{
#define LIMIT(id, stem, suffix, warn_, critical_, most, help) \
	conf->warn[LIMIT_##id] = (warn_);                     \
	conf->critical[LIMIT_##id] = (critical_);
#include "model/limits.def"
}

#endif
