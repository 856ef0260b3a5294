/*
 * The agent's end of the control socket: a few clients at a time, each with one line to say, one
 * answer to take, and little time for both. An idle socket costs no wake-up.
 */
#ifndef AGENT_CLIENTS_H
#define AGENT_CLIENTS_H

#include <stdint.h>

#include "agent/request.h"
#include "base/buf.h"
#include "base/loop.h"

#define CLIENTS_MAX 4
#define CLIENTS_ANSWER_MAX (256u * 1024)

struct clients;

struct client {
	struct clients *owner;
	int fd; /* -1: free */
	struct loop_io io;
	struct loop_timer deadline;
	char line[REQUEST_MAX + 1];
	size_t got;
	char *answer; /* from mem, while it is being sent */
	size_t len, sent;
};

/* Appends the answer's text and returns NULL, or says why there is none. */
typedef const char *clients_answer_fn(void *arg, const struct request *request, struct buf *out);

struct clients {
	struct loop *loop;
	int listen_fd;
	bool shared; /* our user is: see control_accept() */
	struct loop_io io;
	struct loop_timer pause; /* after a failure to let anyone in */
	clients_answer_fn *answer;
	void *arg;
	struct client all[CLIENTS_MAX];
};

/* listen_fd: as of control_open(), or -1: then nobody comes, until clients_listen(). It is not
 * closed. */
void clients_init(struct clients *c, struct loop *loop, int listen_fd, bool shared,
    clients_answer_fn *answer, void *arg);
void clients_done(struct clients *c);

/* There is such a descriptor now; once it listens, nothing. */
void clients_listen(struct clients *c, int listen_fd);

#endif
