/*
 * What a string value must look like. Each returns NULL when it is fine, else what is wrong, in
 * words that follow the key's name ("must ..."); they never repeat the value.
 */
#ifndef CONF_STRING_CHECK_H
#define CONF_STRING_CHECK_H

#include <stdbool.h>
#include <stddef.h>

const char *string_check_filled(const char *text);
const char *string_check_user(const char *text);
const char *string_check_hostname(const char *text);
const char *string_check_label_key(const char *text);
const char *string_check_url(const char *text);
/* https, but plain http to this very host. */
const char *string_check_secure_url(const char *text);
/* One that a path is put after: no query. The second is as string_check_secure_url(). */
const char *string_check_base_url(const char *text);
const char *string_check_secure_base_url(const char *text);
/* The URL of an ntfy topic: its last part is the topic's name. */
const char *string_check_topic_url(const char *text);
const char *string_check_proxy(const char *text);
const char *string_check_token(const char *text);
const char *string_check_bot_token(const char *text);
const char *string_check_chat(const char *text);
const char *string_check_method(const char *text);
const char *string_check_header_key(const char *text);
const char *string_check_collector(const char *text);
const char *string_check_host(const char *text);
/* "a@b.c" or "Name <a@b.c>" */
const char *string_check_address(const char *text);
const char *string_check_path(const char *text);
/* The name of a channel, or "default". */
const char *string_check_channel(const char *text);

/* The "a@b.c" in an address; the name before it, if any, without quotes and blanks. */
struct string_check_address {
	const char *name, *mailbox;
	size_t name_len, mailbox_len;
};
struct string_check_address string_check_split_address(const char *text);

/* This very host, by its name or address: no one else can listen in. */
bool string_check_is_local_host(const char *host);

/* For every string: no control bytes. */
bool string_check_is_plain(const char *text);
/* The same, but for line feeds and tabs. */
bool string_check_is_lines(const char *text);

#endif
