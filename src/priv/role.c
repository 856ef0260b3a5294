/*
 * The worker's side of its lifeline, the socket to the launcher, which is trusted. A ping is
 * answered by reading it: the launcher asks the kernel whether it lies there still. A log file that
 * was opened anew comes attached to such a packet; a configuration that is to be followed in place
 * comes in pieces. What a worker sends is one byte that names the peer it accuses, or the report of
 * its crash (base/crash.h). A launcher that is gone ends the worker.
 */
#include "priv/role.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <unistd.h>

#include "base/log.h"
#include "base/mem.h"
#include "priv/lifeline_packet.h"

static const char *const names[ROLE_COUNT] = {"agent", "keeper", "courier"};

const char *
role_name(enum role role)
{
	return role < ROLE_COUNT ? names[role] : "launcher";
}

union one_fd {
	struct cmsghdr head;
	char room[CMSG_SPACE(sizeof(int))];
};

bool
role_hand_log(int lifeline)
{
	const int fd = STDERR_FILENO;
	struct iovec byte = {.iov_base = (char[]){'l'}, .iov_len = 1};
	union one_fd control = {.head = {.cmsg_len = CMSG_LEN(sizeof(fd)),
	                            .cmsg_level = SOL_SOCKET,
	                            .cmsg_type = SCM_RIGHTS}};
	struct msghdr msg = {.msg_iov = &byte,
	    .msg_iovlen = 1,
	    .msg_control = &control,
	    .msg_controllen = sizeof(control.room)};

	memcpy(CMSG_DATA(&control.head), &fd, sizeof(fd));
	return sendmsg(lifeline, &msg, MSG_DONTWAIT | MSG_NOSIGNAL) == 1;
}

static void
take_log(struct msghdr *msg)
{
	const struct cmsghdr *head = CMSG_FIRSTHDR(msg);
	int fd;

	if (head == NULL || head->cmsg_type != SCM_RIGHTS || head->cmsg_len != CMSG_LEN(sizeof(fd)))
		return;
	memcpy(&fd, CMSG_DATA(head), sizeof(fd));
	if (dup2(fd, STDERR_FILENO) < 0)
		log_warn_errno("follow the log");
	close(fd);
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
		ctx->configured_wall_ms = end->configured_wall_ms;
	} else {
		log_warn("a new configuration came incomplete: the old one stays");
		mem_free(ctx->incoming);
	}
	ctx->incoming = NULL;
	ctx->incoming_len = 0;
}

static void
take_packet(struct role_ctx *ctx, struct msghdr *msg, const char *packet, size_t len)
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
	default:
		take_log(msg);
		break;
	}
}

bool
role_answer_ping(struct role_ctx *ctx)
{
	char packet[1 + LIFELINE_PIECE_MAX];

	for (;;) {
		struct iovec bytes = {.iov_base = packet, .iov_len = sizeof(packet)};
		union one_fd control;
		struct msghdr msg = {.msg_iov = &bytes,
		    .msg_iovlen = 1,
		    .msg_control = &control,
		    .msg_controllen = sizeof(control.room)};
		ssize_t n = recvmsg(ctx->lifeline_fd, &msg, MSG_DONTWAIT | MSG_CMSG_CLOEXEC);

		if (n == 0)
			return false;
		if (n < 0 && errno != EINTR)
			return errno == EAGAIN;
		if (n > 0)
			take_packet(ctx, &msg, packet, (size_t)n);
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
