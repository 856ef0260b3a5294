/*
 * Binary records, little-endian, over memory of a fixed size. Errors last: once something did not
 * fit, or was not there, every later call does nothing, so that a record is checked once at its
 * end. No allocation; nothing of the host's layout shows in the bytes.
 */
#ifndef BASE_BYTES_H
#define BASE_BYTES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define BYTES_TEXT_MAX UINT16_MAX

/* The lowest size bytes of a number, at most 8, little-endian. */
void bytes_encode(uint8_t *at, uint64_t value, size_t size);
uint64_t bytes_decode(const uint8_t *at, size_t size);

struct bytes_out {
	uint8_t *data;
	size_t len, cap; /* bytes written; never over cap */
	bool full;       /* something did not fit; it and all that followed were left out */
};

void bytes_out_init(struct bytes_out *out, uint8_t *storage, size_t cap);

void bytes_put_u8(struct bytes_out *out, uint8_t value);
void bytes_put_u16(struct bytes_out *out, uint16_t value);
void bytes_put_u32(struct bytes_out *out, uint32_t value);
void bytes_put_u64(struct bytes_out *out, uint64_t value);
void bytes_put_i64(struct bytes_out *out, int64_t value);
void bytes_put_f64(struct bytes_out *out, double value);

/* Two bytes of length and the text without its NUL. Over BYTES_TEXT_MAX: full. */
void bytes_put_text(struct bytes_out *out, const char *text);

/* Four bytes of length and the bytes. */
void bytes_put_raw(struct bytes_out *out, const void *bytes, size_t len);

/* The bytes alone. */
void bytes_put(struct bytes_out *out, const void *bytes, size_t len);

struct bytes_in {
	const uint8_t *at, *end;
	bool bad; /* something was not there; at stays where that began */
};

void bytes_in_init(struct bytes_in *in, const uint8_t *bytes, size_t len);

/* 0 when bad. */
uint8_t bytes_get_u8(struct bytes_in *in);
uint16_t bytes_get_u16(struct bytes_in *in);
uint32_t bytes_get_u32(struct bytes_in *in);
uint64_t bytes_get_u64(struct bytes_in *in);
int64_t bytes_get_i64(struct bytes_in *in);
double bytes_get_f64(struct bytes_in *in); /* any bits: NAN and infinities as well */

/* What bytes_put_text() wrote, without a NUL at its end: points into the buffer. "" when bad. */
const char *bytes_get_text(struct bytes_in *in, size_t *len);

/* The same as a string. Bad when it is cap bytes or longer, or has a NUL inside: then "". */
void bytes_get_string(struct bytes_in *in, char *dst, size_t cap);

/* What bytes_put_raw() wrote; NULL and 0 when bad. */
const uint8_t *bytes_get_raw(struct bytes_in *in, size_t *len);

/* The next len bytes; NULL when bad. */
const uint8_t *bytes_get(struct bytes_in *in, size_t len);

#endif
