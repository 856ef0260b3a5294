/*
 * Numbers and strings to bytes and back. A writer never passes its capacity and a reader never
 * passes its end, whatever lengths the bytes claim; the first thing that does not fit, or is not
 * there, ends all reading or writing for good. It trusts its caller for valid memory only.
 */
#include "base/bytes.h"

#include <string.h>

void
bytes_encode(uint8_t *at, uint64_t value, size_t size)
{
	for (size_t i = 0; i < size; i++)
		at[i] = (uint8_t)(value >> (8 * i));
}

uint64_t
bytes_decode(const uint8_t *at, size_t size)
{
	uint64_t value = 0;

	for (size_t i = 0; i < size; i++)
		value |= (uint64_t)at[i] << (8 * i);
	return value;
}

void
bytes_out_init(struct bytes_out *out, uint8_t *storage, size_t cap)
{
	*out = (struct bytes_out){.data = storage, .cap = cap};
}

void
bytes_put(struct bytes_out *out, const void *bytes, size_t len)
{
	if (out->full || len > out->cap - out->len) {
		out->full = true;
		return;
	}
	if (len > 0)
		memcpy(out->data + out->len, bytes, len);
	out->len += len;
}

static void
put_number(struct bytes_out *out, uint64_t value, unsigned size)
{
	uint8_t bytes[8];

	bytes_encode(bytes, value, size);
	bytes_put(out, bytes, size);
}

void
bytes_put_u8(struct bytes_out *out, uint8_t value)
{
	put_number(out, value, 1);
}

void
bytes_put_u16(struct bytes_out *out, uint16_t value)
{
	put_number(out, value, 2);
}

void
bytes_put_u32(struct bytes_out *out, uint32_t value)
{
	put_number(out, value, 4);
}

void
bytes_put_u64(struct bytes_out *out, uint64_t value)
{
	put_number(out, value, 8);
}

void
bytes_put_i64(struct bytes_out *out, int64_t value)
{
	put_number(out, (uint64_t)value, 8);
}

void
bytes_put_f64(struct bytes_out *out, double value)
{
	uint64_t bits;

	memcpy(&bits, &value, sizeof(bits));
	put_number(out, bits, 8);
}

/* A length and its bytes: both or neither. */
static void
put_counted(struct bytes_out *out, const void *bytes, size_t len, size_t max, unsigned size)
{
	if (len > max || out->cap - out->len < size || len > out->cap - out->len - size)
		out->full = true;
	put_number(out, len, size);
	bytes_put(out, bytes, len);
}

void
bytes_put_text(struct bytes_out *out, const char *text)
{
	put_counted(out, text, strlen(text), BYTES_TEXT_MAX, 2);
}

void
bytes_put_raw(struct bytes_out *out, const void *bytes, size_t len)
{
	put_counted(out, bytes, len, UINT32_MAX, 4);
}

void
bytes_in_init(struct bytes_in *in, const uint8_t *bytes, size_t len)
{
	*in = (struct bytes_in){.at = bytes, .end = len > 0 ? bytes + len : bytes};
}

const uint8_t *
bytes_get(struct bytes_in *in, size_t len)
{
	const uint8_t *at = in->at;

	if (in->bad || len > (size_t)(in->end - in->at)) {
		in->bad = true;
		return NULL;
	}
	if (len > 0)
		in->at += len;
	return at;
}

static uint64_t
get_number(struct bytes_in *in, unsigned size)
{
	const uint8_t *bytes = bytes_get(in, size);

	return bytes == NULL ? 0 : bytes_decode(bytes, size);
}

uint8_t
bytes_get_u8(struct bytes_in *in)
{
	return (uint8_t)get_number(in, 1);
}

uint16_t
bytes_get_u16(struct bytes_in *in)
{
	return (uint16_t)get_number(in, 2);
}

uint32_t
bytes_get_u32(struct bytes_in *in)
{
	return (uint32_t)get_number(in, 4);
}

uint64_t
bytes_get_u64(struct bytes_in *in)
{
	return get_number(in, 8);
}

int64_t
bytes_get_i64(struct bytes_in *in)
{
	return (int64_t)get_number(in, 8);
}

double
bytes_get_f64(struct bytes_in *in)
{
	uint64_t bits = get_number(in, 8);
	double value;

	memcpy(&value, &bits, sizeof(value));
	return value;
}

/* The bytes after a length of that size; without them the length is not taken either. */
static const uint8_t *
get_counted(struct bytes_in *in, size_t *len, unsigned size)
{
	const uint8_t *start = in->at, *bytes;

	*len = (size_t)get_number(in, size);
	bytes = bytes_get(in, *len);
	if (bytes != NULL)
		return bytes;
	in->at = start;
	*len = 0;
	return NULL;
}

const char *
bytes_get_text(struct bytes_in *in, size_t *len)
{
	const uint8_t *bytes = get_counted(in, len, 2);

	return bytes != NULL ? (const char *)bytes : "";
}

void
bytes_get_string(struct bytes_in *in, char *dst, size_t cap)
{
	const uint8_t *start = in->at;
	size_t len;
	const char *text = bytes_get_text(in, &len);

	if (len >= cap || memchr(text, '\0', len) != NULL) {
		in->at = start;
		in->bad = true;
		len = 0;
	}
	if (cap > 0) {
		memcpy(dst, text, len);
		dst[len] = '\0';
	}
}

const uint8_t *
bytes_get_raw(struct bytes_in *in, size_t *len)
{
	return get_counted(in, len, 4);
}
