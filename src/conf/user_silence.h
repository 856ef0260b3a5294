/*
 * [[alerting.silences]] as given, to the silences of the alert stages.
 */
#ifndef CONF_USER_SILENCE_H
#define CONF_USER_SILENCE_H

#include "conf/error_list.h"
#include "conf/keys.h"

/* Checks draft->silences and makes conf.alert.silences of them. */
void user_silence_build_all(struct conf_draft *draft, struct error_list *errors);

/* What a day or a time of day must look like; as the functions of conf/string_check.h. */
const char *user_silence_check_day(const char *text);
const char *user_silence_check_time(const char *text);

#endif
