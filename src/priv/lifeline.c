/*
 * Reads what a worker tells the launcher, pings it, and hands it a new log, wire or configuration.
 * The worker is not trusted: a packet is one byte that names a peer it accuses, or a valid report
 * of a crash, or invalid. A worker that does not read costs no wait.
 */
#include "priv/lifeline.h"

#include <errno.h>
#include <string.h>
#include <linux/sockios.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <unistd.h>

#include "priv/lifeline_packet.h"

enum lifeline_event
lifeline_receive(int fd, struct lifeline_packet *out)
{
	union {
		unsigned char accused;
		struct crash_report crash;
	} packet;
	ssize_t n;

	do {
		n = recv(fd, &packet, sizeof(packet), MSG_DONTWAIT | MSG_TRUNC);
		/* Reset, told once: it ended before it read all. What it said is still there. */
	} while (n < 0 && (errno == EINTR || errno == ECONNRESET));
	if (n < 0 && errno == EAGAIN)
		return LIFELINE_NOTHING;
	if (n <= 0)
		return LIFELINE_CLOSED;
	if (crash_report_is_valid(&packet, (size_t)n)) {
		out->crash = packet.crash;
		return LIFELINE_CRASH;
	}
	if (n != 1 || packet.accused >= ROLE_COUNT)
		return LIFELINE_INVALID;
	out->accused = (enum role)packet.accused;
	return LIFELINE_ACCUSATION;
}

bool
lifeline_ping(int fd)
{
	return send(fd, "p", 1, MSG_DONTWAIT | MSG_NOSIGNAL) == 1;
}

static bool
send_with_fd(int lifeline, const char *packet, size_t len, int fd)
{
	struct iovec bytes = {.iov_base = (void *)(uintptr_t)packet, .iov_len = len};
	union lifeline_fd control = {.head = {.cmsg_len = CMSG_LEN(sizeof(fd)),
	                                 .cmsg_level = SOL_SOCKET,
	                                 .cmsg_type = SCM_RIGHTS}};
	struct msghdr msg = {.msg_iov = &bytes,
	    .msg_iovlen = 1,
	    .msg_control = &control,
	    .msg_controllen = sizeof(control.room)};

	memcpy(CMSG_DATA(&control.head), &fd, sizeof(fd));
	return sendmsg(lifeline, &msg, MSG_DONTWAIT | MSG_NOSIGNAL) == (ssize_t)len;
}

bool
lifeline_hand_log(int fd)
{
	const char packet[] = {LIFELINE_LOG};

	return send_with_fd(fd, packet, sizeof(packet), STDERR_FILENO);
}

bool
lifeline_hand_control(int fd, int control_fd)
{
	const char packet[] = {LIFELINE_CONTROL};

	return send_with_fd(fd, packet, sizeof(packet), control_fd);
}

bool
lifeline_hand_wire(int fd, enum role peer, int wire_fd)
{
	const char packet[] = {LIFELINE_WIRE, (char)peer};

	return send_with_fd(fd, packet, sizeof(packet), wire_fd);
}

bool
lifeline_configure(int fd, const char *blob, size_t len, const struct now *configured_at)
{
	const struct lifeline_conf_end end = {len, *configured_at};
	char packet[1 + LIFELINE_PIECE_MAX];

	packet[0] = LIFELINE_CONF_PIECE;
	for (size_t at = 0; at < len;) {
		size_t n = len - at < LIFELINE_PIECE_MAX ? len - at : LIFELINE_PIECE_MAX;

		memcpy(packet + 1, blob + at, n);
		if (send(fd, packet, 1 + n, MSG_DONTWAIT | MSG_NOSIGNAL) < 0)
			return false;
		at += n;
	}
	packet[0] = LIFELINE_CONF_END;
	memcpy(packet + 1, &end, sizeof(end));
	return send(fd, packet, 1 + sizeof(end), MSG_DONTWAIT | MSG_NOSIGNAL) > 0;
}

bool
lifeline_is_unread(int fd)
{
	int unread = 0;

	return ioctl(fd, SIOCOUTQ, &unread) == 0 && unread > 0;
}
