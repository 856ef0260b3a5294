/*
 * A file of proc/net, of the network namespace to watch: our own where proc_root is our own /proc,
 * else that of its process 1.
 */
#ifndef COLLECT_HOST_NET_H
#define COLLECT_HOST_NET_H

#include "collect/host.h"

/* HOST_NET("dev", "net.rx_bytes_rate") is its initialiser. */
struct host_net_file {
	struct host_file self, init, plain;
};
#define HOST_NET(name, metrics)                                                                  \
	{                                                                                        \
		.self = {.path = "self/net/" name, .tells = (metrics), .fd = -1},                \
		.init = {.path = "1/net/" name, .tells = (metrics), .optional = true, .fd = -1}, \
		.plain = {.path = "net/" name, .tells = (metrics), .fd = -1},                    \
	}

/* Which of them is the one to read now. */
struct host_file *host_net_file(const struct host *host, struct host_net_file *file);
void host_net_close(struct host_net_file *file);

#endif
