/*
 * A struct codec as bytes that another build understands. What is read is checked field by field:
 * encoder and decoder stay within their bounds whatever a file says.
 */
#ifndef STORE_CODEC_BYTES_H
#define STORE_CODEC_BYTES_H

#include <stdbool.h>
#include <stdint.h>

#include "base/bytes.h"
#include "store/codec.h"

/* To raise whenever struct codec, what it learns or what a code means changes. */
#define CODEC_VERSION 1
#define CODEC_SAVED_BYTES 116

void codec_put(const struct codec *c, struct bytes_out *out);

/* False when cut, or when no stream could have led there; *c is then of no use. */
bool codec_get(struct codec *c, struct bytes_in *in);

bool codec_equal(const struct codec *a, const struct codec *b);

#endif
