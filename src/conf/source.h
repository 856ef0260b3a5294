/*
 * The files of a configuration: reading one whole, and finding the drop-ins beside it.
 */
#ifndef CONF_SOURCE_H
#define CONF_SOURCE_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/stat.h>

#define SOURCE_WHY_MAX 160

/*
 * Reads a regular file of at most max bytes into memory from mem (NUL added; wipe it with
 * source_free). Never waits for a pipe or a device. False: why says what is wrong with the file. st
 * is that of what was read.
 */
bool source_read(const char *path, size_t max, char **data, size_t *len, struct stat *st,
    char why[SOURCE_WHY_MAX]);
void source_free(char *data, size_t len);

#define SOURCE_DROP_INS_MAX 256

/* Paths from mem, in bytewise order of their names. */
struct source_list {
	char **paths;
	size_t len;
	char *folder;
	struct stat st; /* of the folder; st_mode 0: there is none */
};

/*
 * The *.toml files in the folder of drop-ins: /etc/x.d for /etc/x.toml. No folder: none. False: why
 * says what is wrong with the folder.
 */
bool source_drop_ins(const char *path, struct source_list *list, char why[SOURCE_WHY_MAX]);
void source_list_free(struct source_list *list);

#endif
