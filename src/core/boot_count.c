/*
 * boot_id is new with each boot. On a host without one (or a recorded one) nothing is known.
 */
#include "core/boot_count.h"

#include <jansson.h>
#include <string.h>

#include "base/buf.h"
#include "base/mem.h"
#include "base/str.h"

bool
boot_count_from_json(struct boot_count *b, const char *json, size_t len)
{
	json_t *root = json_loadb(json, len, 0, NULL);
	const char *id = json_string_value(json_object_get(root, "boot_id"));
	const json_t *reboots = json_object_get(root, "reboots");
	bool ok = id != NULL && str_copy(b->id, sizeof(b->id), id) && json_is_integer(reboots) &&
	          json_integer_value(reboots) >= 0;

	b->reboots = ok ? json_integer_value(reboots) : -1;
	json_decref(root);
	return ok;
}

char *
boot_count_to_json(const struct boot_count *b)
{
	char text[BOOT_COUNT_ID_MAX * 6 + 64];
	struct buf out;

	buf_init(&out, text, sizeof(text));
	buf_adds(&out, "{\"boot_id\":\"");
	buf_add_json(&out, b->id, strlen(b->id));
	buf_addf(&out, "\",\"reboots\":%lld}", (long long)b->reboots);
	return mem_strdup(text);
}

void
boot_count_look(struct boot_count *b, const char *boot_id)
{
	char id[BOOT_COUNT_ID_MAX];
	size_t len = strcspn(boot_id, "\n");

	if (len == 0 || len >= sizeof(id))
		return;
	memcpy(id, boot_id, len);
	id[len] = '\0';
	if (str_eq(id, b->id))
		return;
	b->reboots = b->id[0] == '\0' ? 0 : b->reboots + 1;
	str_copy(b->id, sizeof(b->id), id);
	b->changed = true;
}
