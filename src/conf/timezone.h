/*
 * The check of agent.timezone against the tz database of this host.
 */
#ifndef CONF_TIMEZONE_H
#define CONF_TIMEZONE_H

#include "conf/error_list.h"
#include "conf/keys.h"

void timezone_check(const struct conf_draft *draft, struct error_list *errors);

#endif
