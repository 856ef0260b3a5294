/*
 * tcp: columns by name, whatever the kernel puts between them, and connection tracking.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "src/collect/tcp.c"

#include "fake_host.h"

static void
write_all(const struct fake *f, int established, int retransmits, int overflows)
{
	char text[512];

	snprintf(text, sizeof(text),
	    "Ip: Forwarding DefaultTTL\nIp: 1 64\nTcp: RtoMin MaxConn CurrEstab InSegs "
	    "RetransSegs\n"
	    "Tcp: 200 -1 %d 5 %d\nUdp: InDatagrams\nUdp: 7\n",
	    established, retransmits);
	fake_write(f, "proc/net/snmp", text);
	snprintf(text, sizeof(text),
	    "TcpExt: SyncookiesSent ListenOverflows ListenDrops\nTcpExt: 1 %d 9\n", overflows);
	fake_write(f, "proc/net/netstat", text);
	fake_write(f, "proc/net/sockstat",
	    "sockets: used 300\nTCP: inuse 8 orphan 0 tw 12 alloc 10 mem 1\nUDP: inuse 2 mem 1\n");
}

static void
test_tcp(void **state)
{
	struct fake f;

	(void)state;
	fake_init(&f);
	fake_open(&f, &collector_tcp);
	write_all(&f, 42, 1000, 7);
	fake_collect(&f, 10);
	assert_int_equal(f.batch.len, 2);
	assert_near(fake_value(&f, METRIC_NET_TCP_CONNECTIONS, NULL), 42);
	assert_near(fake_value(&f, METRIC_NET_TCP_TIME_WAIT, NULL), 12);
	write_all(&f, 43, 1050, 17);
	fake_collect(&f, 20);
	assert_near(fake_value(&f, METRIC_NET_TCP_RETRANSMITS, NULL), 5);
	assert_near(fake_value(&f, METRIC_NET_LISTEN_OVERFLOWS, NULL), 1);
	assert_false(fake_has(&f, METRIC_NET_CONNTRACK_USAGE, NULL));
	fake_done(&f);
}

static void
test_the_namespace_of_pid_1_comes_first(void **state)
{
	struct fake f;

	(void)state;
	fake_init(&f);
	fake_open(&f, &collector_tcp);
	write_all(&f, 42, 1000, 7);
	fake_write(&f, "proc/1/net/snmp", "Tcp: CurrEstab\nTcp: 99\n");
	fake_collect(&f, 10);
	assert_near(fake_value(&f, METRIC_NET_TCP_CONNECTIONS, NULL), 99);
	fake_done(&f);
}

static void
test_conntrack(void **state)
{
	struct fake f;

	(void)state;
	fake_init(&f);
	fake_open(&f, &collector_tcp);
	fake_write(&f, "proc/sys/net/netfilter/nf_conntrack_count", "250\n");
	fake_collect(&f, 10);
	assert_int_equal(f.batch.len, 0);
	fake_write(&f, "proc/sys/net/netfilter/nf_conntrack_max", "1000\n");
	fake_collect(&f, 20);
	assert_near(fake_value(&f, METRIC_NET_CONNTRACK_USAGE, NULL), 25);
	fake_write(&f, "proc/sys/net/netfilter/nf_conntrack_max", "1\n");
	fake_collect(&f, 25);
	assert_near(fake_value(&f, METRIC_NET_CONNTRACK_USAGE, NULL), 25000);
	fake_write(&f, "proc/sys/net/netfilter/nf_conntrack_max", "0\n");
	fake_collect(&f, 30);
	assert_int_equal(f.batch.len, 0);
	fake_done(&f);
}

static void
test_nonsense(void **state)
{
	uint64_t v = 0;
	struct tcp_snmp s;

	(void)state;
	assert_false(tcp_parse_sockstat("TCP: inuse 8 orphan 0 tw\n", 25, &v));
	assert_false(tcp_parse_sockstat("TCP: inuse 8 tw -1 mem 1\n", 25, &v));
	assert_false(tcp_parse_sockstat("TCP6: inuse 8 tw 1\n", 19, &v));
	assert_false(tcp_parse_sockstat("TCP: inuse 8 tw 1", 17, &v));
	assert_false(tcp_parse_sockstat("TCP:\n", 5, &v));
	assert_false(tcp_parse_sockstat("TCP: \n", 6, &v));
	assert_false(tcp_parse_sockstat("TCP: twx 5\n", 11, &v));
	assert_false(tcp_parse_sockstat("TCP: inuse 5\nTCP: tw 5\n", 23, &v));
	assert_true(tcp_parse_sockstat("TCP: tw 5\n", 10, &v));
	assert_int_equal(v, 5);
	assert_true(tcp_parse_snmp("Tcp: RetransSegs\nTcp: 6\n", 25, &s));
	assert_int_equal(s.have, TCP_RETRANSMITS);
	assert_false(tcp_parse_snmp("Tcp: CurrEstab\n", 15, &s));
	assert_false(tcp_parse_netstat("TcpExt: ListenOverflows\nTcpExt: \n", 33, &v));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_tcp),
	    cmocka_unit_test(test_the_namespace_of_pid_1_comes_first),
	    cmocka_unit_test(test_conntrack),
	    cmocka_unit_test(test_nonsense),
	};

	return cmocka_run_group_tests_name("tcp", tests, NULL, NULL);
}
