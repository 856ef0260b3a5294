/*
 * Writes and reads the packets of typed fields that workers exchange. Nothing that a peer sends is
 * trusted: a packet is held against its row of wire.def before any field is read, and every field
 * against the bytes that are there. A peer that is gone or does not read is reported, never waited
 * for.
 */
#include "priv/wire.h"

#include <assert.h>
#include <errno.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/uio.h>

#include "base/bytes.h"

#define SOCKET_BUFFER_BYTES (1 << 20) /* asked for; the kernel gives what wmem_max allows */

struct row {
	unsigned dir;
	size_t longest;
};

static const struct row rows[WIRE_IDS] = {
#define WIRE(name, dir, longest) [WIRE_##name] = {dir, longest},
#include "priv/wire.def"
#undef WIRE
};

bool
wire_pair(int fds[2])
{
	int want = SOCKET_BUFFER_BYTES;

	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, fds) != 0)
		return false;
	for (int i = 0; i < 2; i++)
		(void)setsockopt(fds[i], SOL_SOCKET, SO_SNDBUF, &want, sizeof(want));
	return true;
}

/* Room for n more bytes of the message being written, or NULL and the message is bad. */
static uint8_t *
extend(struct wire_msg *msg, size_t n)
{
	uint8_t *at = msg->data + msg->len;

	if (msg->bad || n > rows[wire_id(msg)].longest - msg->len) {
		msg->bad = true;
		return NULL;
	}
	msg->len += n;
	return at;
}

static void
put_number(struct wire_msg *msg, uint64_t value, size_t n)
{
	uint8_t *at = extend(msg, n);

	if (at != NULL)
		bytes_encode(at, value, n);
}

void
wire_begin(struct wire_msg *msg, enum wire_id id)
{
	assert(id > WIRE_NOTHING && id < WIRE_IDS);
	msg->data[0] = (uint8_t)id;
	msg->len = 1;
	msg->pos = 1;
	msg->bad = false;
}

void
wire_put_u8(struct wire_msg *msg, uint8_t value)
{
	put_number(msg, value, 1);
}

void
wire_put_u32(struct wire_msg *msg, uint32_t value)
{
	put_number(msg, value, 4);
}

void
wire_put_u64(struct wire_msg *msg, uint64_t value)
{
	put_number(msg, value, 8);
}

void
wire_put_numbers(struct wire_msg *msg, const uint64_t *numbers, size_t count)
{
	wire_put_u32(msg, (uint32_t)count);
	for (size_t i = 0; i < count; i++)
		wire_put_u64(msg, numbers[i]);
}

void
wire_put_str(struct wire_msg *msg, const char *text)
{
	size_t n = strlen(text);
	uint8_t *at = n <= UINT16_MAX ? extend(msg, 2 + n + 1) : NULL;

	if (at == NULL) {
		msg->bad = true;
		return;
	}
	bytes_encode(at, n, 2);
	memcpy(at + 2, text, n + 1);
}

void
wire_put_bytes(struct wire_msg *msg, const void *bytes, size_t len)
{
	uint8_t *at = len <= WIRE_PACKET_MAX ? extend(msg, 4 + len) : NULL;

	if (at == NULL) {
		msg->bad = true;
		return;
	}
	bytes_encode(at, len, 4);
	if (len > 0)
		memcpy(at + 4, bytes, len);
}

uint8_t *
wire_put_bytes_begin(struct wire_msg *msg, size_t max)
{
	uint8_t *at = max <= WIRE_PACKET_MAX ? extend(msg, 4 + max) : NULL;

	if (at == NULL) {
		msg->bad = true;
		return NULL;
	}
	msg->len -= 4 + max;
	return at + 4;
}

void
wire_put_bytes_end(struct wire_msg *msg, size_t len)
{
	uint8_t *at = extend(msg, 4 + len);

	if (at != NULL)
		bytes_encode(at, len, 4);
}

enum wire_io
wire_send(int fd, const struct wire_msg *msg)
{
	ssize_t n;

	if (msg->bad)
		return WIRE_VIOLATION;
	do {
		n = send(fd, msg->data, msg->len, MSG_DONTWAIT | MSG_NOSIGNAL);
	} while (n < 0 && errno == EINTR);
	if (n >= 0)
		return WIRE_OK;
	if (errno == EMSGSIZE)
		return WIRE_VIOLATION;
	return errno == EPIPE || errno == ECONNRESET || errno == ENOTCONN || errno == EBADF
	           ? WIRE_GONE
	           : WIRE_AGAIN;
}

static bool
hung_up(int fd)
{
	struct pollfd p = {.fd = fd, .events = POLLRDHUP};

	return poll(&p, 1, 0) > 0;
}

enum wire_io
wire_recv(int fd, struct wire_msg *msg, enum wire_dir dir)
{
	struct iovec iov = {.iov_base = msg->data, .iov_len = sizeof(msg->data)};
	struct msghdr hdr = {.msg_iov = &iov, .msg_iovlen = 1};
	ssize_t n;

	msg->len = 0;
	msg->pos = 0;
	msg->bad = true;
	do {
		n = recvmsg(fd, &hdr, MSG_DONTWAIT | MSG_CMSG_CLOEXEC);
		/* Reset, told once: it ended before it read all. What it said is still there. */
	} while (n < 0 && (errno == EINTR || errno == ECONNRESET));
	if (n < 0)
		return errno == EAGAIN || errno == ENOMEM || errno == ENOBUFS ? WIRE_AGAIN
		                                                              : WIRE_GONE;
	if (n == 0) /* an empty packet, or the end */
		return hung_up(fd) ? WIRE_GONE : WIRE_VIOLATION;
	if ((hdr.msg_flags & (MSG_TRUNC | MSG_CTRUNC)) != 0)
		return WIRE_VIOLATION;
	msg->len = (size_t)n;
	return wire_check(msg, dir) ? WIRE_OK : WIRE_VIOLATION;
}

bool
wire_check(struct wire_msg *msg, enum wire_dir dir)
{
	const struct row *row;

	msg->pos = 1;
	msg->bad = true;
	if (msg->len == 0 || msg->len > sizeof(msg->data))
		return false;
	if (msg->data[0] == WIRE_NOTHING || msg->data[0] >= WIRE_IDS)
		return false;
	row = &rows[msg->data[0]];
	msg->bad = (row->dir & (unsigned)dir) == 0 || msg->len > row->longest;
	return !msg->bad;
}

enum wire_id
wire_id(const struct wire_msg *msg)
{
	return msg->bad ? WIRE_NOTHING : (enum wire_id)msg->data[0];
}

/* The next n bytes of the message being read, or NULL and the message is bad. */
static const uint8_t *
take(struct wire_msg *msg, size_t n)
{
	const uint8_t *at = msg->data + msg->pos;

	if (msg->bad || n > msg->len - msg->pos) {
		msg->bad = true;
		return NULL;
	}
	msg->pos += n;
	return at;
}

static uint64_t
get_number(struct wire_msg *msg, size_t n)
{
	const uint8_t *at = take(msg, n);

	return at == NULL ? 0 : bytes_decode(at, n);
}

uint8_t
wire_get_u8(struct wire_msg *msg)
{
	return (uint8_t)get_number(msg, 1);
}

uint32_t
wire_get_u32(struct wire_msg *msg)
{
	return (uint32_t)get_number(msg, 4);
}

uint64_t
wire_get_u64(struct wire_msg *msg)
{
	return get_number(msg, 8);
}

size_t
wire_get_numbers(struct wire_msg *msg, uint64_t *out, size_t max)
{
	size_t count = wire_get_u32(msg);

	if (count > max)
		msg->bad = true;
	for (size_t i = 0; i < count && !msg->bad; i++)
		out[i] = wire_get_u64(msg);
	return msg->bad ? 0 : count;
}

const char *
wire_get_str(struct wire_msg *msg)
{
	size_t len = get_number(msg, 2);
	const uint8_t *at = take(msg, len + 1);

	if (at == NULL || memchr(at, '\0', len + 1) != at + len) {
		msg->bad = true;
		return "";
	}
	return (const char *)at;
}

const uint8_t *
wire_get_bytes(struct wire_msg *msg, size_t *len)
{
	size_t n = get_number(msg, 4);
	const uint8_t *at = take(msg, n);

	*len = at == NULL ? 0 : n;
	return at == NULL ? msg->data : at;
}

void
wire_refuse(struct wire_msg *msg)
{
	msg->bad = true;
}

bool
wire_end(const struct wire_msg *msg)
{
	return !msg->bad && msg->pos == msg->len;
}
