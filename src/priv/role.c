/*
 * The worker's side of its lifeline, the socket to the launcher, which is trusted. A ping is
 * answered by reading it: the launcher asks the kernel whether it lies there still. A log file that
 * was opened anew, and the wire to a peer that was started, come attached to a packet; a
 * configuration that is to be followed in place comes in pieces; a control socket that could not be
 * had at start comes when it can. What a worker sends is one byte that names the peer it accuses,
 * or the report of its crash (base/crash.h). A launcher that is gone ends the worker, and so does a
 * descriptor that found no room here: there is none to ask for another, and the worker's next start
 * brings it.
 */
#include "priv/role.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <unistd.h>

#include "base/io.h"
#include "base/log.h"
#include "base/mem.h"
#include "priv/lifeline_packet.h"

static const char *const names[ROLE_COUNT] = {"agent", "keeper", "courier"};

const char *
role_name(enum role role)
{
	return role < ROLE_COUNT ? names[role] : "launcher";
}

void
role_note_failure(int64_t failed_ns[ROLE_FAILURES_MAX], int64_t now_ns)
{
	memmove(&failed_ns[1], &failed_ns[0], (ROLE_FAILURES_MAX - 1) * sizeof(failed_ns[0]));
	failed_ns[0] = now_ns;
}

/* The descriptor that came with a packet, now ours; -1: none. */
static int
attached_fd(struct msghdr *msg)
{
	const struct cmsghdr *head = CMSG_FIRSTHDR(msg);
	int fd;

	if (head == NULL || head->cmsg_type != SCM_RIGHTS || head->cmsg_len != CMSG_LEN(sizeof(fd)))
		return -1;
	memcpy(&fd, CMSG_DATA(head), sizeof(fd));
	return fd;
}

static void
take_log(int fd)
{
	if (dup2(fd, STDERR_FILENO) < 0)
		log_warn_errno("follow the log");
	io_close(&fd);
}

/* One that was not taken yet leads to a peer that is gone. */
static void
keep_wire(struct role_ctx *ctx, unsigned peer, int fd)
{
	if (peer >= ROLE_COUNT) {
		io_close(&fd);
		return;
	}
	io_close(&ctx->peer_fd[peer]);
	ctx->peer_fd[peer] = fd;
}

int
role_take_wire(struct role_ctx *ctx, enum role peer)
{
	int fd = ctx->peer_fd[peer];

	ctx->peer_fd[peer] = -1;
	return fd;
}

/* One more piece of a configuration; the end of it says how long all of it is. */
static void
take_piece(struct role_ctx *ctx, const char *bytes, size_t len)
{
	char *grown;

	if (ctx->incoming_len + len > ROLE_BLOB_MAX)
		return; /* its end will not agree */
	grown = mem_zalloc(1, ctx->incoming_len + len + 1);
	if (ctx->incoming_len > 0)
		memcpy(grown, ctx->incoming, ctx->incoming_len);
	memcpy(grown + ctx->incoming_len, bytes, len);
	if (ctx->incoming != NULL)
		mem_wipe(ctx->incoming, ctx->incoming_len);
	mem_free(ctx->incoming);
	ctx->incoming = grown;
	ctx->incoming_len += len;
}

static void
take_end(struct role_ctx *ctx, const struct lifeline_conf_end *end)
{
	if (ctx->blob != NULL)
		role_forget_blob(ctx);
	ctx->configured = end->len == ctx->incoming_len && ctx->incoming != NULL;
	if (ctx->configured) {
		ctx->blob = ctx->incoming;
		ctx->blob_len = ctx->incoming_len;
		ctx->configured_at = end->configured_at;
	} else {
		log_warn("a new configuration came incomplete: the old one stays");
		if (ctx->incoming != NULL)
			mem_wipe(ctx->incoming, ctx->incoming_len);
		mem_free(ctx->incoming);
	}
	ctx->incoming = NULL;
	ctx->incoming_len = 0;
}

/* The kernel drops a descriptor where the process or the host may have no more (MSG_CTRUNC). */
static bool
lacks_fd(char type, int fd)
{
	return fd < 0 &&
	       (type == LIFELINE_WIRE || type == LIFELINE_LOG || type == LIFELINE_CONTROL);
}

static void
take_packet(struct role_ctx *ctx, const char *packet, size_t len, int fd)
{
	struct lifeline_conf_end end;

	switch (packet[0]) {
	case LIFELINE_CONF_PIECE:
		take_piece(ctx, packet + 1, len - 1);
		break;
	case LIFELINE_CONF_END:
		if (len == 1 + sizeof(end)) {
			memcpy(&end, packet + 1, sizeof(end));
			take_end(ctx, &end);
		}
		break;
	case LIFELINE_WIRE:
		keep_wire(ctx, len == 2 ? (unsigned char)packet[1] : ROLE_COUNT, fd);
		break;
	case LIFELINE_LOG:
		take_log(fd);
		break;
	case LIFELINE_CONTROL:
		io_close(&ctx->control_fd);
		ctx->control_fd = fd;
		break;
	default:
		io_close(&fd);
		break;
	}
}

bool
role_read_lifeline(struct role_ctx *ctx)
{
	char packet[1 + LIFELINE_PIECE_MAX];

	for (;;) {
		struct iovec bytes = {.iov_base = packet, .iov_len = sizeof(packet)};
		union lifeline_fd control;
		struct msghdr msg = {.msg_iov = &bytes,
		    .msg_iovlen = 1,
		    .msg_control = &control,
		    .msg_controllen = sizeof(control.room)};
		ssize_t n = recvmsg(ctx->lifeline_fd, &msg, MSG_DONTWAIT | MSG_CMSG_CLOEXEC);
		int fd;

		if (n == 0)
			return false;
		if (n < 0 && errno != EINTR)
			return errno == EAGAIN;
		if (n < 0)
			continue;
		fd = attached_fd(&msg);
		if (lacks_fd(packet[0], fd)) {
			log_error("no room for a descriptor that the launcher has handed over: "
			          "ending, to begin anew");
			return false;
		}
		take_packet(ctx, packet, (size_t)n, fd);
		if (packet[0] == LIFELINE_WIRE)
			return true;
	}
}

void
role_accuse(struct role_ctx *ctx, enum role peer)
{
	char byte = (char)peer;

	log_warn("%s broke the rules of the wire", role_name(peer));
	if (send(ctx->lifeline_fd, &byte, 1, MSG_DONTWAIT | MSG_NOSIGNAL) < 0)
		log_warn_errno("tell the launcher");
}

void
role_forget_blob(struct role_ctx *ctx)
{
	mem_wipe(ctx->blob, ctx->blob_len);
	mem_free(ctx->blob);
	ctx->blob = NULL;
	ctx->blob_len = 0;
	ctx->configured = false;
}
