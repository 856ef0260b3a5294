/*
 * Waiting for some of a few descriptors to become readable, for a limited time.
 */
#ifndef COLLECT_AWAIT_H
#define COLLECT_AWAIT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define AWAIT_MAX 32 /* descriptors */

struct await {
	int epoll_fd, timer_fd;
};

#define AWAIT_CLOSED   \
	{              \
		-1, -1 \
	}

/* Does nothing when open already. False with errno. */
bool await_open(struct await *a);
void await_close(struct await *a);

bool await_add(struct await *a, int fd, uint32_t number);
void await_remove(struct await *a, int fd);

/* The time is up this many milliseconds from now; 0 stops the timer. */
void await_set_timer(struct await *a, int64_t ms);

/*
 * Fills numbers with those of the readable descriptors; returns how many. wait: until there is one
 * or the time is up, which *time_is_up tells.
 */
size_t await_next(struct await *a, bool wait, uint32_t numbers[AWAIT_MAX], bool *time_is_up);

#endif
