/*
 * Tells recipients apart by a hash of their mailbox. Numbers come from the agent, which is not
 * trusted: they choose among those of the configuration and add nobody.
 */
#include "courier/recipient.h"

#include "base/str.h"
#include "conf/string_check.h"
#include "model/delivery.h"

_Static_assert(DELIVERY_RECIPIENTS_MAX >= 256, "as many as a list of the configuration may have");

uint64_t
recipient_number(const char *address)
{
	const struct string_check_address a = string_check_split_address(address);

	return str_hash(STR_HASH_SEED, a.mailbox, a.mailbox_len);
}

void
recipient_select(
    const struct strings *to, const uint64_t *owed, size_t owed_count, struct strings *out)
{
	for (size_t i = 0; i < to->len; i++) {
		uint64_t number = recipient_number(to->items[i]);
		bool wanted = owed_count == 0;

		for (size_t k = 0; k < owed_count; k++)
			wanted = wanted || owed[k] == number;
		if (wanted)
			out->items[out->len++] = to->items[i];
	}
}
