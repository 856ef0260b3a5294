/*
 * Understands one interface's line of /proc/net/dev, and its operstate. The name comes from whoever
 * made the interface: it is bounded, and can be part of a path.
 */
#include "collect/network_line.h"

#include <string.h>

#include "base/str.h"
#include "collect/scan.h"

/* Sixteen columns, receive then transmit: bytes packets errs drop ...; the place of each we keep.
 */
static const unsigned char column_of[NETWORK_COUNTERS] = {
    [NETWORK_RX_BYTES] = 0,
    [NETWORK_RX_PACKETS] = 1,
    [NETWORK_RX_ERRORS] = 2,
    [NETWORK_RX_DROPS] = 3,
    [NETWORK_TX_BYTES] = 8,
    [NETWORK_TX_PACKETS] = 9,
    [NETWORK_TX_ERRORS] = 10,
    [NETWORK_TX_DROPS] = 11,
};

/* Visible UTF-8, no slash, not "." or "..". */
static bool
copy_name(char out[NETWORK_NAME_MAX], const char *name, size_t len)
{
	if (len == 0 || len >= NETWORK_NAME_MAX || !str_utf8_valid(name, len))
		return false;
	for (size_t i = 0; i < len; i++)
		if ((unsigned char)name[i] <= ' ' || name[i] == 0x7f || name[i] == '/')
			return false;
	if (name[0] == '.' && (len == 1 || (len == 2 && name[1] == '.')))
		return false;
	memset(out, 0, NETWORK_NAME_MAX);
	memcpy(out, name, len);
	return true;
}

bool
network_line_parse(const char *line, const char *end, struct network_line *out)
{
	const char *colon;

	line = str_skip_blank(line, end);
	/* An alias ("eth0:1") has a colon of its own: the last one ends the name. */
	colon = line < end ? memrchr(line, ':', (size_t)(end - line)) : NULL;
	if (colon == NULL || !copy_name(out->name, line, (size_t)(colon - line)))
		return false;
	out->have = scan_numbers(colon + 1, end, column_of, NETWORK_COUNTERS, out->values);
	return out->have != 0;
}

int
network_line_operstate(const char *text, size_t len)
{
	static const struct {
		const char *word; /* RFC 2863, as linkwatch names them */
		int up;
	} states[] = {{"up", 1}, {"unknown", 1}, {"down", 0}, {"dormant", 0}, {"lowerlayerdown", 0},
	    {"notpresent", 0}, {"testing", 0}};

	if (len > 0 && text[len - 1] == '\n')
		len--;
	for (size_t i = 0; i < sizeof(states) / sizeof(states[0]); i++)
		if (strlen(states[i].word) == len && memcmp(text, states[i].word, len) == 0)
			return states[i].up;
	return -1;
}
