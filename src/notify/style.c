/*
 * Tells how a message looks from the kind and the severity of its notice, and the colours of that.
 * A severity that is none looks like SEV_NONE.
 */
#include "notify/style.h"

const unsigned style_colours[STYLE_COUNT] = {
    [SEV_NONE] = 0x95a5a6,
    [SEV_INFO] = 0x3498db,
    [SEV_WARN] = 0xf1c40f,
    [SEV_CRITICAL] = 0xe74c3c,
    [SEV_EMERGENCY] = 0x9b59b6,
    [STYLE_RESOLVED] = 0x2ecc71,
    [STYLE_UNWATCHED] = 0x95a5a6,
    [STYLE_TEST] = 0x3498db,
};

enum style
style_of(const struct notice *n)
{
	if (n->kind == NOTICE_RESOLVE)
		return notice_is_of_unwatched(n) ? STYLE_UNWATCHED : STYLE_RESOLVED;
	if (n->kind == NOTICE_TEST)
		return STYLE_TEST;
	return (enum style)severity_checked(n->severity);
}
