/*
 * What /proc/net/sockstat, snmp and netstat say of TCP: one table for IPv4 and IPv6 together
 * (RFC 4022; sockstat's tw and the two MIBs count both, so sockstat6 adds nothing).
 */
#ifndef COLLECT_TCP_H
#define COLLECT_TCP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define TCP_ESTABLISHED_NOW 1u
#define TCP_RETRANSMITS 2u

struct tcp_snmp {
	unsigned have; /* TCP_ bits */
	uint64_t established, retransmits;
};

bool tcp_parse_snmp(const char *text, size_t len, struct tcp_snmp *out);
bool tcp_parse_netstat(const char *text, size_t len, uint64_t *listen_overflows);
bool tcp_parse_sockstat(const char *text, size_t len, uint64_t *time_wait);

#endif
