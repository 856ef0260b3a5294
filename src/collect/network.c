/*
 * /proc/net/dev and the operstate of each interface to the net.* samples that have an interface.
 * Interfaces come and go: each has a place in a bounded table, known by its name. A name may be
 * given to another device (udev swaps some at boot): the kernel's number of the device that has it,
 * ifindex, is looked up each cycle by name, for a descriptor that is kept stays with its device.
 * Another number, or a cycle without the name, and the place starts anew. When the table is full
 * what leads to the world takes the place of what leads to a container.
 */
#include <math.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/io.h"
#include "base/log.h"
#include "base/mem.h"
#include "base/str.h"
#include "collect/collect.h"
#include "collect/host_lines.h"
#include "collect/host_net.h"
#include "collect/network_line.h"
#include "collect/rate.h"
#include "collect/scan.h"

#define TELLS                                                                              \
	"net.rx_bytes_rate, net.tx_bytes_rate, net.rx_packets_rate, "                      \
	"net.tx_packets_rate, net.rx_errors_rate, net.tx_errors_rate, net.rx_drops_rate, " \
	"net.tx_drops_rate, net.link_up"
#define INTERFACES_MAX 64 /* their series fit the default quota of group network */
#define REFUSED_MAX 1024  /* remembered */
#define REFUSED_CYCLES 64 /* then they are looked at again */
/* A place is kept this many cycles for an interface that is away. */
#define FORGET_CYCLES 5

static const enum metric_id metric_of[NETWORK_COUNTERS] = {
    [NETWORK_RX_BYTES] = METRIC_NET_RX_BYTES,
    [NETWORK_RX_PACKETS] = METRIC_NET_RX_PACKETS,
    [NETWORK_RX_ERRORS] = METRIC_NET_RX_ERRORS,
    [NETWORK_RX_DROPS] = METRIC_NET_RX_DROPS,
    [NETWORK_TX_BYTES] = METRIC_NET_TX_BYTES,
    [NETWORK_TX_PACKETS] = METRIC_NET_TX_PACKETS,
    [NETWORK_TX_ERRORS] = METRIC_NET_TX_ERRORS,
    [NETWORK_TX_DROPS] = METRIC_NET_TX_DROPS,
};

enum rank { RANK_VIRTUAL, RANK_BUNDLE, RANK_DEVICE }; /* a bundle is a bond, team or VLAN */

struct interface {
	char name[NETWORK_NAME_MAX]; /* empty: place is free */
	char path[NETWORK_NAME_MAX + 24];
	struct host_file operstate;
	enum rank rank;
	uint64_t index; /* ifindex of the device that has the name; 0: not known */
	uint64_t cycle; /* in which last was listed */
	struct rate rates[NETWORK_COUNTERS];
	struct series_ref refs[NETWORK_COUNTERS], link_ref;
};

struct network {
	struct host_net_file dev_file;
	const struct strings *exclude;
	bool said_many, full;
	uint64_t cycle;
	uint64_t refused[REFUSED_MAX]; /* hashes of names, each at one place only */
	size_t used;                   /* places below it may be taken */
	size_t left_out;               /* interfaces without a place in this cycle */
	struct interface places[INTERFACES_MAX];
};

static bool
is_excluded(const struct network *net, const char *name)
{
	return str_glob_any(net->exclude->items, net->exclude->len, name);
}

static bool
has_file(const struct host *host, const char *name, const char *file)
{
	char path[NETWORK_NAME_MAX + 32];

	snprintf(path, sizeof(path), "class/net/%s/%s", name, file);
	return host_has(host, true, path);
}

static enum rank
rank_of(const struct host *host, const char *name)
{
	char path[NETWORK_NAME_MAX + 32], text[256];
	ssize_t len;

	if (has_file(host, name, "device"))
		return RANK_DEVICE;
	if (has_file(host, name, "bonding"))
		return RANK_BUNDLE;
	snprintf(path, sizeof(path), "class/net/%s/uevent", name);
	len = host_read_into(host, true, path, text, sizeof(text));
	if (len > 0 && (str_starts(text, "DEVTYPE=vlan\n") || str_starts(text, "DEVTYPE=team\n")))
		return RANK_BUNDLE;
	return RANK_VIRTUAL;
}

/* A free place, or that of the last one which ranks lower; INTERFACES_MAX when there is none. */
static size_t
find_place(const struct network *net, enum rank rank)
{
	size_t i = 0, least = INTERFACES_MAX;

	while (i < net->used && net->places[i].name[0] != '\0')
		i++;
	if (i < INTERFACES_MAX)
		return i;
	while (i-- > 0) {
		enum rank lowest = least < INTERFACES_MAX ? net->places[least].rank : rank;

		if (net->places[i].rank < lowest)
			least = i;
	}
	return least;
}

static uint64_t *
refused_at(struct network *net, uint64_t hash)
{
	return &net->refused[hash % REFUSED_MAX];
}

static void
refuse(struct network *net, const char *name, uint64_t hash)
{
	*refused_at(net, hash) = hash;
	net->full = true;
	net->left_out++;
	if (!net->said_many)
		log_warn("more than %d network interfaces: further ones, like %s, are left out "
		         "(see collector.network.exclude_interfaces)",
		    INTERFACES_MAX, name);
	net->said_many = true;
}

static struct interface *
take_place(struct network *net, const struct host *host, const char name[NETWORK_NAME_MAX])
{
	uint64_t hash = str_hash(STR_HASH_SEED, name, NETWORK_NAME_MAX);
	struct interface *it;
	enum rank rank;
	size_t i;

	if (net->full && *refused_at(net, hash) == hash) {
		net->left_out++;
		return NULL;
	}
	rank = rank_of(host, name);
	i = find_place(net, rank);
	if (i == INTERFACES_MAX) {
		refuse(net, name, hash);
		return NULL;
	}
	it = &net->places[i];
	if (i == net->used)
		net->used++;
	else if (it->name[0] != '\0')
		host_file_close(&it->operstate);
	*it = (struct interface){.rank = rank, .operstate = {.in_sys = true, .fd = -1}};
	memcpy(it->name, name, NETWORK_NAME_MAX);
	snprintf(it->path, sizeof(it->path), "class/net/%s/operstate", name);
	it->operstate.path = it->path;
	return it;
}

/* The interface of that name; most often at the place where it was listed before. */
static struct interface *
find_interface(
    struct network *net, const struct host *host, const char name[NETWORK_NAME_MAX], size_t hint)
{
	if (hint < net->used && memcmp(net->places[hint].name, name, NETWORK_NAME_MAX) == 0)
		return &net->places[hint];
	if (is_excluded(net, name))
		return NULL;
	for (size_t i = 0; i < net->used; i++)
		if (memcmp(net->places[i].name, name, NETWORK_NAME_MAX) == 0)
			return &net->places[i];
	return take_place(net, host, name);
}

static uint64_t
index_of(const struct host *host, const char *name)
{
	char path[NETWORK_NAME_MAX + 32], text[24];
	uint64_t index;
	ssize_t len;

	snprintf(path, sizeof(path), "class/net/%s/ifindex", name);
	len = host_read_into(host, true, path, text, sizeof(text));
	return len > 0 && scan_single(text, (size_t)len, &index) ? index : 0;
}

/* True: the name is that of another device than before. What the place held was of that one. */
static bool
has_moved(struct interface *it, const struct host *host)
{
	uint64_t index = index_of(host, it->name);

	if (index == it->index)
		return false;
	it->index = index;
	it->rank = rank_of(host, it->name);
	host_file_close(&it->operstate);
	memset(it->rates, 0, sizeof(it->rates));
	return true;
}

static void
add_counters(struct interface *it, const struct network_line *line, struct batch *batch)
{
	const char *values[] = {it->name};
	double per_sec;

	for (size_t i = 0; i < NETWORK_COUNTERS; i++) {
		if ((line->have >> i & 1) != 0 &&
		    rate_update(&it->rates[i], line->values[i], batch->now.boot_ns, &per_sec))
			batch_add_labelled(batch, &it->refs[i], metric_of[i], values, per_sec,
			    (double)line->values[i]);
	}
}

static void
add_link(struct interface *it, struct host *host, struct batch *batch)
{
	const char *values[] = {it->name};
	ssize_t len = host_read(host, &it->operstate);
	int up;

	if (len < 0)
		return;
	up = network_line_operstate(host->text, (size_t)len);
	if (up < 0)
		host_file_say_malformed(&it->operstate);
	else
		batch_add_labelled(batch, &it->link_ref, METRIC_NET_LINK_UP, values, up, NAN);
}

/* Lets go of what interfaces that are away held. */
static void
tidy(struct network *net)
{
	for (size_t i = 0; i < net->used; i++) {
		struct interface *it = &net->places[i];

		if (it->name[0] == '\0' || it->cycle == net->cycle)
			continue;
		host_file_close(&it->operstate);
		memset(it->rates, 0, sizeof(it->rates));
		if (it->cycle + FORGET_CYCLES < net->cycle)
			it->name[0] = '\0';
		net->full = net->full && it->name[0] != '\0';
	}
	if (net->cycle % REFUSED_CYCLES == 0)
		net->full = false;
	while (net->used > 0 && net->places[net->used - 1].name[0] == '\0')
		net->used--;
}

/*
 * Takes the lines of interfaces that have none in this cycle. False: some have moved, and their
 * lines may have been of the device before.
 */
static bool
collect_lines(struct network *net, struct host_lines *lines, struct batch *batch)
{
	const struct host *host = lines->host;
	const char *line, *line_end;
	struct network_line counters;
	size_t hint = 0, understood = 0;
	bool steady = true;

	net->left_out = 0;
	while (host_lines_next(lines, &line, &line_end)) {
		struct interface *it;

		if (!network_line_parse(line, line_end, &counters))
			continue;
		understood++;
		it = find_interface(net, host, counters.name, hint);
		if (it == NULL)
			continue;
		hint = (size_t)(it - net->places) + 1;
		if (it->cycle == net->cycle)
			continue;
		if (has_moved(it, host)) {
			steady = false;
			continue;
		}
		it->cycle = net->cycle;
		add_counters(it, &counters, batch);
	}
	if (understood == 0)
		host_file_say_malformed(lines->file);
	return steady;
}

/* Read after its number, a line is of that device; one that moves again is away for this cycle. */
static void
collect_interfaces(struct network *net, struct host *host, struct batch *batch)
{
	struct host_file *file = host_net_file(host, &net->dev_file);
	struct host_lines lines;

	for (int tries = 0; tries < 2; tries++)
		if (!host_lines_open(&lines, host, file) || collect_lines(net, &lines, batch))
			return;
}

static void *
open_network(const struct conf_collect *conf, struct host *host)
{
	struct network *net = mem_zalloc(1, sizeof(*net));

	(void)host;
	net->dev_file = (struct host_net_file)HOST_NET("dev", TELLS);
	net->exclude = &conf->network_exclude_interfaces;
	return net;
}

static void
collect_network(void *state, struct host *host, struct batch *batch)
{
	struct network *net = state;

	net->cycle++;
	collect_interfaces(net, host, batch);
	tidy(net);
	gaps_note_bound(&host->gaps, "network interfaces", TELLS, INTERFACES_MAX,
	    INTERFACES_MAX + net->left_out);
	/* The scratch held the lines until here. */
	for (size_t i = 0; i < net->used; i++)
		if (net->places[i].cycle == net->cycle)
			add_link(&net->places[i], host, batch);
}

static void
close_network(void *state)
{
	struct network *net = state;

	for (size_t i = 0; i < net->used; i++)
		if (net->places[i].name[0] != '\0')
			host_file_close(&net->places[i].operstate);
	host_net_close(&net->dev_file);
	mem_free(net);
}

const struct collector collector_network = {
    .name = "network",
    .section = COLLECTOR_NETWORK,
    .open = open_network,
    .collect = collect_network,
    .close = close_network,
};
