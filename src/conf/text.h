/*
 * What a string value must look like. Each returns NULL when it is fine, else what is wrong, in
 * words that follow the key's name ("must ..."); they never repeat the value.
 */
#ifndef CONF_TEXT_H
#define CONF_TEXT_H

#include <stdbool.h>

const char *text_check_filled(const char *text);
const char *text_check_user(const char *text);
const char *text_check_hostname(const char *text);
const char *text_check_label_key(const char *text);
const char *text_check_url(const char *text);
/* https, but plain http to this very host. */
const char *text_check_secure_url(const char *text);
const char *text_check_proxy(const char *text);
const char *text_check_method(const char *text);
const char *text_check_header_key(const char *text);
const char *text_check_collector(const char *text);

/* For every string: no control bytes. */
bool text_is_plain(const char *text);

/* "cpu", "memory", ...: the collectors, as COLLECTOR_CPU and so on; NULL past the last. */
const char *text_collector_name(unsigned id);

#endif
