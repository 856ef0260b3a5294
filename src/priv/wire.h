/*
 * Messages between processes: one packet of a SOCK_SEQPACKET socket each. A packet is a byte with
 * the message's number in wire.def, then its fields: integers little-endian; str as u16 length,
 * bytes and a NUL (none inside); bytes as u32 length and bytes; numbers as u32 count and u64 each.
 *
 * Writing: wire_begin, wire_put_* in the order of wire.def, wire_send. Reading: wire_recv, wire_id,
 * wire_get_* in the same order, wire_end. A field that does not fit or is not there makes the
 * message bad for good: getters then return 0, "" or no bytes, wire_end is false, so one check at
 * the end is enough. Nothing is allocated; keep one struct wire_msg for each use, in bss or from
 * mem_zalloc: only pages that carried bytes cost memory.
 */
#ifndef PRIV_WIRE_H
#define PRIV_WIRE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define WIRE_PACKET_MAX 65536u
#define WIRE_PIECE_MAX 49152u /* bytes of a snapshot in one packet */

/*
 * What a conversation may come to, so that a worker that was taken over fills neither the disk nor
 * another's memory. Of ours there are at most 4,096 alerts and 10,240 notices, of about 1 KB each.
 */
#define WIRE_ROWS_MAX 65536u            /* of the state, and of a load of it */
#define WIRE_ROWS_BYTES_MAX (32u << 20) /* of a load, keys and blobs */
#define WIRE_SNAPSHOT_MAX (32u << 20)   /* four times the largest memory of an agent */

enum wire_dir {
	WIRE_AGENT_TO_KEEPER = 1,
	WIRE_KEEPER_TO_AGENT = 2,
	WIRE_AGENT_TO_COURIER = 4,
	WIRE_COURIER_TO_AGENT = 8,
};

enum wire_id {
	WIRE_NOTHING, /* a bad message */
#define WIRE(name, dir, longest) WIRE_##name,
#include "priv/wire.def"
#undef WIRE
	WIRE_IDS
};

enum wire_io {
	WIRE_OK,        /* sent, or received */
	WIRE_AGAIN,     /* would block: nothing there, or the peer's queue is full */
	WIRE_GONE,      /* nobody holds the other end, or it was shut down */
	WIRE_VIOLATION, /* received: breaks the table; sending: a field did not fit, nothing sent */
};

struct wire_msg {
	size_t len; /* bytes of the packet */
	size_t pos; /* read up to here */
	bool bad;
	uint8_t data[WIRE_PACKET_MAX];
};

/* Two connected ends, close-on-exec and non-blocking, with room for several long packets. */
bool wire_pair(int fds[2]);

void wire_begin(struct wire_msg *msg, enum wire_id id);
void wire_put_u8(struct wire_msg *msg, uint8_t value);
void wire_put_u32(struct wire_msg *msg, uint32_t value);
void wire_put_u64(struct wire_msg *msg, uint64_t value);
void wire_put_str(struct wire_msg *msg, const char *text);
void wire_put_bytes(struct wire_msg *msg, const void *bytes, size_t len);
void wire_put_numbers(struct wire_msg *msg, const uint64_t *numbers, size_t count);

/*
 * Bytes that are made in place: room for max of them, or NULL and the message is bad. Then
 * wire_put_bytes_end with how many there are, at most max, before anything else is put.
 */
uint8_t *wire_put_bytes_begin(struct wire_msg *msg, size_t max);
void wire_put_bytes_end(struct wire_msg *msg, size_t len);

/* Never blocks, never raises SIGPIPE. The message may be sent again. */
enum wire_io wire_send(int fd, const struct wire_msg *msg);

/*
 * Takes one packet if there is one; never blocks. dir: the one direction that ends here. Violation:
 * empty, cut, longer than its row, unknown, of another direction, or with descriptors attached
 * (which the kernel has then dropped). Fields are checked by the getters and wire_end.
 */
enum wire_io wire_recv(int fd, struct wire_msg *msg, enum wire_dir dir);

/* The part of wire_recv behind the system call, for data and len already set. */
bool wire_check(struct wire_msg *msg, enum wire_dir dir);

enum wire_id wire_id(const struct wire_msg *msg);
uint8_t wire_get_u8(struct wire_msg *msg);
uint32_t wire_get_u32(struct wire_msg *msg);
uint64_t wire_get_u64(struct wire_msg *msg);
const char *wire_get_str(struct wire_msg *msg);                   /* NUL-terminated, inside msg */
const uint8_t *wire_get_bytes(struct wire_msg *msg, size_t *len); /* inside msg */

/* How many there were; more than max make the message bad. */
size_t wire_get_numbers(struct wire_msg *msg, uint64_t *out, size_t max);

/* It may not be said now, or not so often: bad for good, so that wire_end is false. */
void wire_refuse(struct wire_msg *msg);

/* All fields were there and nothing follows them; false is a violation. */
bool wire_end(const struct wire_msg *msg);

#endif
