/*
 * Chooses among the three places of a file of proc/net.
 */
#include "collect/host_net.h"

#include <errno.h>

/* Only where there is no process 1 to look at does proc/net (our own network) stand in for its. */
struct host_file *
host_net_file(const struct host *host, struct host_net_file *file)
{
	if (host->own_proc)
		return &file->self;
	return host_has(host, false, file->init.path) || errno != ENOENT ? &file->init
	                                                                 : &file->plain;
}

void
host_net_close(struct host_net_file *file)
{
	host_file_close(&file->self);
	host_file_close(&file->init);
	host_file_close(&file->plain);
}
