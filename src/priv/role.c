/*
 * The worker's side of its lifeline, the socket to the launcher. A ping is answered by reading it:
 * the launcher asks the kernel whether it lies there still. What a worker sends on it is one byte
 * that names the peer it accuses.
 */
#include "priv/role.h"

#include <errno.h>
#include <sys/socket.h>

#include "base/log.h"
#include "base/mem.h"

static const char *const names[ROLE_COUNT] = {"agent", "keeper", "courier"};

const char *
role_name(enum role role)
{
	return role < ROLE_COUNT ? names[role] : "launcher";
}

bool
role_answer_ping(struct role_ctx *ctx)
{
	char ping[8];

	for (;;) {
		ssize_t n = recv(ctx->lifeline_fd, ping, sizeof(ping), MSG_DONTWAIT);

		if (n == 0)
			return false;
		if (n < 0 && errno != EINTR)
			return errno == EAGAIN;
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
