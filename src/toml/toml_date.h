/*
 * RFC 3339 dates and times as TOML writes them.
 */
#ifndef TOML_TOML_DATE_H
#define TOML_TOML_DATE_H

#include <stdbool.h>

#include "toml/toml_value.h"

#define TOML_DATE_MAX 48

struct toml_date {
	enum toml_type type;
	char text[TOML_DATE_MAX]; /* normalised as struct toml_value says */
	const char *end;          /* the byte after it; after a failure, the byte that is wrong */
	const char *why;          /* of a failure */
};

/* True if what starts here can only be meant as a date or a time. */
bool toml_date_looks_like(const char *p, const char *end);

bool toml_date_read(const char *p, const char *end, struct toml_date *out);

#endif
