/*
 * Tells what the number of a destination means: its name, its settings, and how many deliveries may
 * run at a time. Numbers that come from a peer are checked once, by destination_read(); after that
 * they are sound.
 */
#include "conf/destination.h"

static const char *
name_channel(uint32_t index)
{
	return channel_name((enum channel_id)index);
}

static const struct conf_channel *
find_channel(const struct conf *conf, uint32_t index)
{
	return &conf->channels[index];
}

static const char *
name_heartbeat(uint32_t index)
{
	(void)index;
	return "heartbeat";
}

static const struct conf_channel *
find_heartbeat(const struct conf *conf, uint32_t index)
{
	(void)index;
	return &conf->heartbeat.channel;
}

static const struct row {
	uint32_t count;
	unsigned runners;
	const char *(*name)(uint32_t index);
	const struct conf_channel *(*find)(const struct conf *conf, uint32_t index);
} rows[DESTINATION_KINDS] = {
#define X(id, name, count, runners) \
	[DESTINATION_##id] = {(count), (runners), name_##name, find_##name},
    DESTINATIONS(X)
#undef X
};

bool
destination_read(unsigned kind, uint32_t index, struct destination *out)
{
	if (kind >= DESTINATION_KINDS || index >= rows[kind].count)
		return false;
	*out = (struct destination){(enum destination_kind)kind, index};
	return true;
}

const char *
destination_name(struct destination to)
{
	return rows[to.kind].name(to.index);
}

const struct conf_channel *
destination_settings(const struct conf *conf, struct destination to)
{
	return rows[to.kind].find(conf, to.index);
}

unsigned
destination_runners(enum destination_kind kind)
{
	return rows[kind].runners;
}
