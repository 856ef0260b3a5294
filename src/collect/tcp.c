/*
 * The kernel's totals of TCP and connection tracking to samples. The list of sockets is never
 * read: on a busy host it takes longer than all the rest together.
 */
#include "collect/tcp.h"

#include <math.h>

#include "base/mem.h"
#include "collect/collect.h"
#include "collect/host_net.h"
#include "collect/rate.h"
#include "collect/scan.h"

struct tcp {
	struct host_net_file snmp_file, netstat_file, sockstat_file;
	struct host_file tracked_file, tracked_max_file;
	struct rate retransmits, listen_overflows;
};

/* In the order of the TCP_ bits. */
static const struct scan_key snmp_keys[] = {
    SCAN_KEY("CurrEstab", struct tcp_snmp, established),
    SCAN_KEY("RetransSegs", struct tcp_snmp, retransmits),
};

static const struct scan_key netstat_keys[] = {{"ListenOverflows", 15, 0, 0}};

bool
tcp_parse_snmp(const char *text, size_t len, struct tcp_snmp *out)
{
	*out = (struct tcp_snmp){0};
	out->have = (unsigned)scan_columns(text, len, "Tcp:", snmp_keys, 2, out);
	return out->have != 0;
}

bool
tcp_parse_netstat(const char *text, size_t len, uint64_t *listen_overflows)
{
	return scan_columns(text, len, "TcpExt:", netstat_keys, 1, listen_overflows) != 0;
}

/* "TCP: inuse 8 orphan 0 tw 2 alloc 10 mem 1" */
bool
tcp_parse_sockstat(const char *text, size_t len, uint64_t *time_wait)
{
	const char *p = text, *end = text + len, *line, *line_end;

	while (scan_line(&p, end, &line, &line_end)) {
		if (!scan_prefix(&line, line_end, "TCP: "))
			continue;
		for (; line < line_end; line = scan_skip_word(line, line_end)) {
			if (scan_prefix(&line, line_end, "tw "))
				return scan_u64(&line, line_end, time_wait);
		}
		return false;
	}
	return false;
}

static void
collect_snmp(struct tcp *tcp, struct host *host, struct batch *batch)
{
	struct host_file *file = host_net_file(host, &tcp->snmp_file);
	ssize_t len = host_read(host, file);
	struct tcp_snmp snmp;

	if (len < 0)
		return;
	if (!tcp_parse_snmp(host->text, (size_t)len, &snmp))
		host_file_say_malformed(file);
	if (snmp.have & TCP_ESTABLISHED_NOW)
		batch_add(batch, METRIC_NET_TCP_CONNECTIONS, (double)snmp.established, NAN);
	if (snmp.have & TCP_RETRANSMITS)
		rate_add(&tcp->retransmits, batch, METRIC_NET_TCP_RETRANSMITS, snmp.retransmits);
}

static void
collect_netstat(struct tcp *tcp, struct host *host, struct batch *batch)
{
	struct host_file *file = host_net_file(host, &tcp->netstat_file);
	ssize_t len = host_read(host, file);
	uint64_t overflows;

	if (len < 0)
		return;
	if (tcp_parse_netstat(host->text, (size_t)len, &overflows))
		rate_add(&tcp->listen_overflows, batch, METRIC_NET_LISTEN_OVERFLOWS, overflows);
	else
		host_file_say_malformed(file);
}

static void
collect_sockstat(struct tcp *tcp, struct host *host, struct batch *batch)
{
	struct host_file *file = host_net_file(host, &tcp->sockstat_file);
	ssize_t len = host_read(host, file);
	uint64_t time_wait;

	if (len < 0)
		return;
	if (tcp_parse_sockstat(host->text, (size_t)len, &time_wait))
		batch_add(batch, METRIC_NET_TCP_TIME_WAIT, (double)time_wait, NAN);
	else
		host_file_say_malformed(file);
}

static void
collect_conntrack(struct tcp *tcp, struct host *host, struct batch *batch)
{
	uint64_t count, max;

	if (host_read_number(host, &tcp->tracked_file, &count) &&
	    host_read_number(host, &tcp->tracked_max_file, &max) && max > 0 &&
	    host_is_one_scope(&tcp->tracked_file, &tcp->tracked_max_file))
		batch_add(
		    batch, METRIC_NET_CONNTRACK_USAGE, 100 * (double)count / (double)max, NAN);
}

static void *
open_tcp(const struct conf_collect *conf, struct host *host)
{
	struct tcp *tcp = mem_zalloc(1, sizeof(*tcp));

	(void)conf;
	(void)host;
	tcp->snmp_file =
	    (struct host_net_file)HOST_NET("snmp", "net.tcp_connections, net.tcp_retransmits_rate");
	tcp->netstat_file = (struct host_net_file)HOST_NET("netstat", "net.listen_overflows_rate");
	tcp->sockstat_file = (struct host_net_file)HOST_NET("sockstat", "net.tcp_time_wait");
	tcp->tracked_file = (struct host_file){.path = "sys/net/netfilter/nf_conntrack_count",
	    .tells = "net.conntrack_usage_percent",
	    .optional = true,
	    .fd = -1};
	tcp->tracked_max_file = (struct host_file){.path = "sys/net/netfilter/nf_conntrack_max",
	    .tells = "net.conntrack_usage_percent",
	    .optional = true,
	    .fd = -1};
	return tcp;
}

static void
collect_tcp(void *state, struct host *host, struct batch *batch)
{
	struct tcp *tcp = state;

	collect_snmp(tcp, host, batch);
	collect_netstat(tcp, host, batch);
	collect_sockstat(tcp, host, batch);
	collect_conntrack(tcp, host, batch);
}

static void
close_tcp(void *state)
{
	struct tcp *tcp = state;

	host_net_close(&tcp->snmp_file);
	host_net_close(&tcp->netstat_file);
	host_net_close(&tcp->sockstat_file);
	host_file_close(&tcp->tracked_file);
	host_file_close(&tcp->tracked_max_file);
	mem_free(tcp);
}

const struct collector collector_tcp = {
    .name = "tcp",
    .section = COLLECTOR_NETWORK,
    .open = open_tcp,
    .collect = collect_tcp,
    .close = close_tcp,
};
