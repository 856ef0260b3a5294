/*
 * What only shows when all keys are known: limits in the wrong order, channels without a URL,
 * features that are not there yet.
 */
#ifndef CONF_CHECK_H
#define CONF_CHECK_H

#include "conf/error_list.h"
#include "conf/keys.h"

/* On a settled draft. */
void check_draft(const struct conf_draft *draft, struct error_list *errors);

#endif
