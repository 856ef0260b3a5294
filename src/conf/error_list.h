/*
 * What is wrong with a configuration, gathered over all its files and told in their order.
 */
#ifndef CONF_ERROR_LIST_H
#define CONF_ERROR_LIST_H

#include "base/printf_like.h"
#include "conf/conf.h"
#include "conf/keys.h"

#define ERROR_LIST_KEPT_MAX 1024 /* the rest is only counted */

struct error_list {
	struct error_item *items;
	size_t len, cap;
	char **files; /* names, by number */
	size_t file_count;
	size_t errors, warnings;
};

void error_list_init(struct error_list *list);
void error_list_done(struct error_list *list);

/* The number of a further file. */
int error_list_file(struct error_list *list, const char *name);

/* line 0: of the file as a whole. */
void error_list_add(struct error_list *list, struct place at, const char *fmt, ...)
    PRINTF_LIKE(3, 4);
void error_list_warn(struct error_list *list, struct place at, const char *fmt, ...)
    PRINTF_LIKE(3, 4);

/* In the order of file, line, column. */
void error_list_report(struct error_list *list, struct conf_report *report);

/* "line 3, column 1" or "/etc/x.toml, line 3, column 1" when it is not the file of `from`. */
#define ERROR_LIST_PLACE_MAX 320
const char *error_list_place(const struct error_list *list, struct place at, struct place from,
    char out[ERROR_LIST_PLACE_MAX]);

#endif
