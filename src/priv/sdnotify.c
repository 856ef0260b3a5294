/*
 * Tells the service manager of the state, one datagram a message. The variables come from the
 * manager that started us; a name that is too long or relative is ignored, a send that fails is
 * nobody's emergency.
 */
#include "priv/sdnotify.h"

#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/str.h"

/* False: nobody wants to know. */
static bool
find_address(struct sockaddr_un *addr, socklen_t *len)
{
	const char *name = getenv("NOTIFY_SOCKET");
	size_t n = name == NULL ? 0 : strlen(name);

	if (n < 2 || n >= sizeof(addr->sun_path) || (name[0] != '/' && name[0] != '@'))
		return false;
	memset(addr, 0, sizeof(*addr));
	addr->sun_family = AF_UNIX;
	memcpy(addr->sun_path, name, n);
	if (name[0] == '@')
		addr->sun_path[0] = '\0';
	*len = (socklen_t)(offsetof(struct sockaddr_un, sun_path) + n);
	return true;
}

void
sdnotify_send(const char *state)
{
	const struct timeval patience = {.tv_usec = 500000};
	struct sockaddr_un addr;
	socklen_t len;
	int fd;

	if (!find_address(&addr, &len))
		return;
	fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	if (fd < 0 || setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof(patience)) != 0 ||
	    sendto(fd, state, strlen(state), MSG_NOSIGNAL, (const struct sockaddr *)&addr, len) < 0)
		log_debug("service manager not told: %s", state);
	if (fd >= 0)
		close(fd);
}

void
sdnotify_reloading(void)
{
	char state[64];

	snprintf(state, sizeof(state), "RELOADING=1\nMONOTONIC_USEC=%lld",
	    (long long)(clock_monotonic_ns() / 1000));
	sdnotify_send(state);
}

static bool
read_u64(const char *name, uint64_t *value)
{
	const char *text = getenv(name);

	return text != NULL && str_u64(&text, text + strlen(text), value) && *text == '\0';
}

int64_t
sdnotify_watchdog_ms(void)
{
	uint64_t usec, pid;

	if (!read_u64("WATCHDOG_USEC", &usec) || usec < 1000 || usec / 1000 > INT32_MAX)
		return 0;
	if (read_u64("WATCHDOG_PID", &pid) && pid != (uint64_t)getpid())
		return 0;
	return (int64_t)(usec / 1000);
}
