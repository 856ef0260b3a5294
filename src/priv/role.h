/*
 * What a worker is given, and what it owes its launcher. A role's main is a script: read the blob,
 * open what needs rights, priv_lock(), loop. It is entered with: everything of the others wiped or
 * closed; the environment reduced; SIGINT, SIGTERM, SIGHUP, SIGUSR1, SIGPIPE and SIGXFSZ ignored
 * (install handlers for what you want), the rest default, none blocked; capabilities dropped to the
 * role's own; no_new_privs; not dumpable; SIGKILL if the launcher dies.
 */
#ifndef PRIV_ROLE_H
#define PRIV_ROLE_H

#include <signal.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/clock.h"

/*
 * The launcher's word to end. SIGTERM comes to all processes at once from service managers: the
 * keeper would be gone before the agent has handed over what is to be kept. So that is the
 * launcher's alone, which stops one after the other.
 */
#define ROLE_STOP_SIGNAL SIGUSR2

enum role { ROLE_AGENT, ROLE_KEEPER, ROLE_COURIER, ROLE_COUNT };

/* Lives of a role that are remembered: those that ended by themselves, or were ended. */
#define ROLE_FAILURES_MAX 8

struct role_ctx {
	enum role role;
	char *blob; /* this role's configuration, blob_len bytes and a NUL */
	size_t blob_len;
	/* Ends of wires that were not taken yet (role_take_wire), by the role at the other; -1:
	 * none. The agent has two wires, the others one to the agent. */
	int peer_fd[ROLE_COUNT];
	int lifeline_fd;          /* readable: call role_read_lifeline */
	int data_dir_fd;          /* keeper: the data directory; the others, or without one: -1 */
	int control_fd;           /* agent: listens for clients; the others, or without one: -1 */
	bool data_dir_awaited;    /* there is none yet: the next keeper may have it */
	bool user_is_shared;      /* other services run as the same: it speaks for nobody */
	const char *conf_origin;  /* what the configuration was read from, for people */
	struct now launched_at;   /* when the launcher came up */
	struct now configured_at; /* when the configuration was last taken */
	int64_t failed_ns[ROLE_FAILURES_MAX]; /* boot times of its last failures, newest first */
	void *arg;                            /* struct launch's arg */
	/* A newer configuration, piece by piece; complete: it lies in blob, to be taken. */
	char *incoming;
	size_t incoming_len;
	bool configured;
};

/* A worker that ends with this status has not failed: it wants to begin anew. */
#define ROLE_STATUS_AGAIN 75
/* Bytes of a role's configuration, at most. */
#define ROLE_BLOB_MAX (1u << 20)

/* One more: what it forgets is the oldest. */
void role_note_failure(int64_t failed_ns[ROLE_FAILURES_MAX], int64_t now_ns);

/* "agent", "keeper", "courier" */
const char *role_name(enum role role);

/*
 * Call when lifeline_fd is readable. False: exit, for the launcher is gone, or what it has handed
 * over is lost. After it ctx->configured may be true: blob is the role's new configuration then;
 * role_forget_blob() resets it. And there may be a new wire: call role_take_wire(). More of the
 * lifeline may be left to read.
 */
bool role_read_lifeline(struct role_ctx *ctx);

/*
 * The end of a wire to that peer, which is the caller's now; -1: there is no new one. A wire lives
 * as long as whoever has its ends: each start of the peer brings another.
 */
int role_take_wire(struct role_ctx *ctx, enum role peer);

/* Tells the launcher that the peer broke the wire's table; it replaces the peer. */
void role_accuse(struct role_ctx *ctx, enum role peer);

/* Wipes and frees the blob, once it has been read. */
void role_forget_blob(struct role_ctx *ctx);

#endif
