/*
 * Labels packed into one struct: keys side by side, values one after the other. What does not fit
 * is refused whole, never cut: a label that is cut would name another thing.
 */
#include "model/label_set.h"

#include <string.h>

#include "base/str.h"

bool
label_set_add(struct label_set *set, const char *key, const char *value)
{
	size_t at = 0, len = strlen(value) + 1;

	if (set->count == LABEL_SET_MAX || strlen(key) >= LABEL_SET_KEY_MAX)
		return false;
	if (set->count > 0)
		at = set->value_at[set->count - 1] + strlen(label_set_value(set, set->count - 1)) +
		     1;
	if (len > LABEL_SET_TEXT_MAX - at)
		return false;
	memcpy(set->text + at, value, len);
	str_copy(set->keys[set->count], LABEL_SET_KEY_MAX, key);
	set->value_at[set->count++] = (uint16_t)at;
	return true;
}

const char *
label_set_value(const struct label_set *set, size_t i)
{
	return i < set->count ? set->text + set->value_at[i] : "";
}

const char *
label_set_get(const struct label_set *set, const char *key)
{
	for (size_t i = 0; i < set->count; i++) {
		if (str_eq(set->keys[i], key))
			return label_set_value(set, i);
	}
	return NULL;
}

bool
label_set_agree(
    const struct label_set *a, const struct label_set *b, const char *const keys[], size_t n)
{
	for (size_t i = 0; i < n && keys[i] != NULL; i++) {
		const char *left = label_set_get(a, keys[i]), *right = label_set_get(b, keys[i]);

		if (left == NULL || right == NULL || !str_eq(left, right))
			return false;
	}
	return true;
}
