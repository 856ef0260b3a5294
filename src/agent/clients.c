/*
 * Lines in, answers out, over descriptors that never block. A client that is slow, silent or talks
 * too much is closed on; while all places are taken the next ones wait in the kernel's queue.
 */
#include "agent/clients.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/io.h"
#include "base/mem.h"
#include "priv/control.h"

#define ASK_NS (2 * NS_PER_SEC)  /* to say a line */
#define PAUSE_NS (NS_PER_SEC)    /* when there is no descriptor to have */
#define TAKE_NS (5 * NS_PER_SEC) /* to take the answer */

static void on_connection(void *arg, unsigned events);

static void
leave(struct client *k)
{
	struct clients *c = k->owner;

	loop_io_stop(c->loop, &k->io);
	loop_timer_stop(c->loop, &k->deadline);
	io_close(&k->fd);
	mem_free(k->answer);
	k->answer = NULL;
	loop_io_start(c->loop, &c->io, c->listen_fd, LOOP_READ, on_connection, c);
}

static void
on_deadline(void *arg)
{
	leave(arg);
}

static void
on_writable(void *arg, unsigned events)
{
	struct client *k = arg;
	ssize_t n;

	(void)events;
	while (k->sent < k->len) {
		n = write(k->fd, k->answer + k->sent, k->len - k->sent);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0 && errno == EAGAIN)
			return;
		if (n <= 0)
			break;
		k->sent += (size_t)n;
	}
	leave(k);
}

static void
answer(struct client *k, size_t line_len)
{
	struct clients *c = k->owner;
	struct request request;
	const char *why;
	struct buf b;

	k->answer = mem_zalloc(1, CLIENTS_ANSWER_MAX);
	buf_init(&b, k->answer, CLIENTS_ANSWER_MAX);
	buf_adds(&b, "ok\n");
	why = request_parse(k->line, line_len, &request);
	if (why == NULL)
		why = c->answer(c->arg, &request, &b);
	if (why != NULL) {
		b.len = 0;
		buf_addf(&b, "error %s\n", why);
	}
	k->len = b.len;
	loop_timer_start(c->loop, &k->deadline, TAKE_NS, on_deadline, k);
	loop_io_start(c->loop, &k->io, k->fd, LOOP_WRITE, on_writable, k);
	on_writable(k, LOOP_WRITE);
}

static void
on_readable(void *arg, unsigned events)
{
	struct client *k = arg;
	char *newline;
	ssize_t n = read(k->fd, k->line + k->got, REQUEST_MAX - k->got);

	(void)events;
	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return;
	if (n <= 0) {
		leave(k);
		return;
	}
	k->got += (size_t)n;
	newline = memchr(k->line, '\n', k->got);
	if (newline != NULL)
		answer(k, (size_t)(newline - k->line));
	else if (k->got == REQUEST_MAX)
		answer(k, k->got);
}

static void
on_pause_over(void *arg)
{
	struct clients *c = arg;

	loop_io_start(c->loop, &c->io, c->listen_fd, LOOP_READ, on_connection, c);
}

static void
on_connection(void *arg, unsigned events)
{
	struct clients *c = arg;

	(void)events;
	for (size_t i = 0; i < CLIENTS_MAX; i++) {
		struct client *k = &c->all[i];

		if (k->fd >= 0)
			continue;
		k->fd = control_accept(c->listen_fd, c->shared);
		if (k->fd < 0 && errno == EAGAIN)
			return;
		if (k->fd < 0) {
			loop_timer_start(c->loop, &c->pause, PAUSE_NS, on_pause_over, c);
			break;
		}
		k->got = k->len = k->sent = 0;
		loop_timer_start(c->loop, &k->deadline, ASK_NS, on_deadline, k);
		loop_io_start(c->loop, &k->io, k->fd, LOOP_READ, on_readable, k);
	}
	loop_io_stop(c->loop, &c->io);
}

void
clients_init(struct clients *c, struct loop *loop, int listen_fd, bool shared,
    clients_answer_fn *answer_fn, void *arg)
{
	*c = (struct clients){
	    .loop = loop, .listen_fd = -1, .shared = shared, .answer = answer_fn, .arg = arg};
	for (size_t i = 0; i < CLIENTS_MAX; i++) {
		c->all[i].owner = c;
		c->all[i].fd = -1;
	}
	clients_listen(c, listen_fd);
}

void
clients_listen(struct clients *c, int listen_fd)
{
	if (listen_fd < 0 || c->listen_fd >= 0)
		return;
	c->listen_fd = listen_fd;
	loop_io_start(c->loop, &c->io, listen_fd, LOOP_READ, on_connection, c);
}

void
clients_done(struct clients *c)
{
	for (size_t i = 0; i < CLIENTS_MAX; i++) {
		if (c->all[i].fd >= 0)
			leave(&c->all[i]);
	}
	loop_io_stop(c->loop, &c->io);
	loop_timer_stop(c->loop, &c->pause);
}
