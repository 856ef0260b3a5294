/*
 * The forms in which a secret may come back: as a service, a proxy or a library encodes it.
 */
#ifndef COURIER_SECRET_FORM_H
#define COURIER_SECRET_FORM_H

#include <stddef.h>

#include "base/buf.h"

#define SECRET_FORM_BYTES(len) (6 * (len) + 8) /* the longest form of so many bytes, with a NUL */

/* Appends the secret in that form. */
typedef void secret_form_fn(struct buf *b, const char *secret, size_t len);

extern secret_form_fn *const secret_forms[];
extern const size_t secret_form_count;

/* Undoes percent-encoding (RFC 3986), as in the user part of a URL. */
void secret_form_decode(struct buf *b, const char *text, size_t len);

#endif
