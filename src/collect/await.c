/*
 * epoll and a timerfd: the kernel keeps the time, so nobody here reads a clock. The epoll
 * descriptor is itself readable when one of the others is.
 */
#include "collect/await.h"

#include <errno.h>
#include <sys/epoll.h>
#include <sys/timerfd.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/io.h"

#define TIMER UINT32_MAX

bool
await_open(struct await *a)
{
	if (a->epoll_fd >= 0)
		return true;
	a->epoll_fd = epoll_create1(EPOLL_CLOEXEC);
	a->timer_fd = timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC | TFD_NONBLOCK);
	if (a->epoll_fd >= 0 && a->timer_fd >= 0 && await_add(a, a->timer_fd, TIMER))
		return true;
	await_close(a);
	return false;
}

void
await_close(struct await *a)
{
	int err = errno;

	io_close(&a->epoll_fd);
	io_close(&a->timer_fd);
	errno = err;
}

bool
await_add(struct await *a, int fd, uint32_t number)
{
	struct epoll_event event = {.events = EPOLLIN, .data.u32 = number};

	return epoll_ctl(a->epoll_fd, EPOLL_CTL_ADD, fd, &event) == 0;
}

void
await_remove(struct await *a, int fd)
{
	epoll_ctl(a->epoll_fd, EPOLL_CTL_DEL, fd, NULL);
}

void
await_set_timer(struct await *a, int64_t ms)
{
	struct itimerspec timer = {
	    .it_value = {.tv_sec = ms / 1000, .tv_nsec = ms % 1000 * NS_PER_MS}};

	timerfd_settime(a->timer_fd, 0, &timer, NULL);
}

size_t
await_next(struct await *a, bool wait, uint32_t numbers[AWAIT_MAX], bool *time_is_up)
{
	struct epoll_event events[AWAIT_MAX];
	uint64_t ticks;
	size_t len = 0;
	int n = epoll_wait(a->epoll_fd, events, AWAIT_MAX, wait ? -1 : 0);

	*time_is_up = n < 0 && errno != EINTR;
	for (int i = 0; i < n; i++) {
		if (events[i].data.u32 == TIMER)
			*time_is_up |= read(a->timer_fd, &ticks, sizeof(ticks)) == sizeof(ticks);
		else
			numbers[len++] = events[i].data.u32;
	}
	return len;
}
