/*
 * Days of the week and times of day, as silences name them.
 */
#ifndef CONF_WEEKLY_H
#define CONF_WEEKLY_H

#define WEEKLY_DAYS 7

/* What a day or a time of day must look like; as the functions of conf/string_check.h. */
const char *weekly_check_day(const char *text);
const char *weekly_check_time(const char *text); /* "" is fine too */

/* 0 for "sun" to 6 for "sat"; -1 for anything else. */
int weekly_day(const char *text);
/* Minutes since midnight of "22:30", 0 to 24 * 60; -1 for anything else. */
int weekly_minute(const char *text);

#endif
