/*
 * [[alerting.silences]] as given: what only shows when all keys of one are known.
 */
#ifndef CONF_USER_SILENCE_H
#define CONF_USER_SILENCE_H

#include "conf/error_list.h"
#include "conf/keys.h"

void user_silence_check_all(const struct conf_draft *draft, struct error_list *errors);

/* Warns of those that name nothing known, once the rules are built, and of those that are on all
 * day long. */
void user_silence_warn_all(const struct conf_draft *draft, struct error_list *errors);

/* Warns of those that are over. */
void user_silence_warn_past(
    const struct conf_draft *draft, const struct now *now, struct error_list *errors);

#endif
