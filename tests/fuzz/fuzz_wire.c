/*
 * Any packet, read by the fields of each message and by a script of getters that the input's tail
 * dictates: nothing is read outside the packet, and a message is good only to its last byte.
 */
#include <assert.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "priv/wire.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* 1 u8, 4 u32, 8 u64, s str, b bytes */
static const char *const fields[WIRE_IDS] = {
    [WIRE_TXN_BEGIN] = "8",
    [WIRE_PUT] = "1sb",
    [WIRE_DEL] = "1s",
    [WIRE_TXN_COMMIT] = "8",
    [WIRE_LOAD] = "",
    [WIRE_COMMITTED] = "8",
    [WIRE_FAILED] = "8s",
    [WIRE_ROW] = "1sb",
    [WIRE_LOAD_END] = "41s",
    [WIRE_JOB] = "14844sbn",
    [WIRE_RECEIPT] = "14841448sn",
    [WIRE_SNAP_BEGIN] = "88",
    [WIRE_SNAP_DATA] = "b",
    [WIRE_SNAP_END] = "88",
    [WIRE_SNAP_LOAD] = "",
    [WIRE_SNAP_SAVED] = "8",
    [WIRE_SNAP_FAILED] = "8s",
    [WIRE_SNAP_PIECE] = "b",
    [WIRE_SNAP_LOAD_END] = "81s",
};

#define NUMBERS 256
static uint64_t numbers[NUMBERS];
static uint64_t sum; /* what was read is used, so that the sanitizers look at it */

static void
read_field(struct wire_msg *msg, char kind)
{
	const uint8_t *bytes;
	size_t len;

	switch (kind) {
	case '1':
		sum += wire_get_u8(msg);
		break;
	case '4':
		sum += wire_get_u32(msg);
		break;
	case '8':
		sum += wire_get_u64(msg);
		break;
	case 's':
		len = strlen(wire_get_str(msg));
		assert(len <= msg->len);
		sum += len;
		break;
	case 'n':
		len = wire_get_numbers(msg, numbers, NUMBERS);
		for (size_t i = 0; i < len; i++)
			sum += numbers[i];
		break;
	default:
		bytes = wire_get_bytes(msg, &len);
		assert(len <= msg->len);
		for (size_t i = 0; i < len; i++)
			sum += bytes[i];
	}
	assert(msg->pos <= msg->len);
}

/* The same fields written again are the same packet. */
static void
write_again(struct wire_msg *msg, const char *kinds)
{
	static struct wire_msg copy;
	const uint8_t *bytes;
	size_t len;

	msg->pos = 1;
	wire_begin(&copy, wire_id(msg));
	for (const char *k = kinds; *k != '\0'; k++) {
		switch (*k) {
		case '1':
			wire_put_u8(&copy, wire_get_u8(msg));
			break;
		case '4':
			wire_put_u32(&copy, wire_get_u32(msg));
			break;
		case '8':
			wire_put_u64(&copy, wire_get_u64(msg));
			break;
		case 's':
			wire_put_str(&copy, wire_get_str(msg));
			break;
		case 'n':
			len = wire_get_numbers(msg, numbers, NUMBERS);
			wire_put_numbers(&copy, numbers, len);
			break;
		default:
			bytes = wire_get_bytes(msg, &len);
			wire_put_bytes(&copy, bytes, len);
		}
	}
	assert(!copy.bad && copy.len == msg->len && memcmp(copy.data, msg->data, msg->len) == 0);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const char kinds[] = "148sbn";
	struct wire_msg *msg = malloc(sizeof(*msg));
	const char *script;

	if (msg == NULL || size > sizeof(msg->data)) {
		free(msg);
		return 0;
	}
	for (unsigned dir = WIRE_AGENT_TO_KEEPER; dir <= WIRE_COURIER_TO_AGENT; dir *= 2) {
		if (size > 0)
			memcpy(msg->data, data, size);
		msg->len = size;
		if (!wire_check(msg, (enum wire_dir)dir))
			continue;
		script = fields[wire_id(msg)];
		assert(script != NULL); /* each message of the table has its line above */
		for (const char *k = script; *k != '\0'; k++)
			read_field(msg, *k);
		if (wire_end(msg))
			write_again(msg, script);
		(void)wire_check(msg, (enum wire_dir)dir);
		for (size_t i = 0; i < size && i < 32; i++)
			read_field(msg, kinds[data[size - 1 - i] % 6]);
		sum += wire_end(msg);
	}
	free(msg);
	return 0;
}

#include "tests/fuzz/replay_main.h"
