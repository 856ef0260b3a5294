/*
 * HTTP statuses in words (RFC 9110 and its registry): the name that the standard gives, and what it
 * means to somebody who set up a channel.
 */
#ifndef COURIER_HTTP_STATUS_H
#define COURIER_HTTP_STATUS_H

#include <stdint.h>

struct http_status {
	uint32_t first, last;
	const char *name;    /* "Not Found"; NULL: the standard has none for these */
	const char *meaning; /* NULL: the name says it */
};

/* Never NULL. */
const struct http_status *http_status_find(uint32_t status);

#endif
