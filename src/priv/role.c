/*
 * The worker's side of its lifeline, the socket to the launcher, which is trusted. A ping is
 * answered by reading it: the launcher asks the kernel whether it lies there still. A log file that
 * was opened anew comes attached to such a packet. What a worker sends is one byte that names the
 * peer it accuses, or the report of its crash (base/crash.h). A launcher that is gone ends the
 * worker.
 */
#include "priv/role.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <unistd.h>

#include "base/log.h"
#include "base/mem.h"

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

bool
role_answer_ping(struct role_ctx *ctx)
{
	char ping[8];

	for (;;) {
		struct iovec bytes = {.iov_base = ping, .iov_len = sizeof(ping)};
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
			take_log(&msg);
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
}
