/*
 * Gives a fuzz target a main() that feeds it each file of a folder, so that the committed corpus
 * runs in the ordinary tests with any compiler. Included last by each fuzz_*.c.
 */
#ifdef FUZZ_REPLAY
#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

#include "base/mem.h"
#include "base/stream.h"

int
main(int argc, char **argv)
{
	DIR *dir = argc == 2 ? opendir(argv[1]) : NULL;
	struct dirent *entry;
	int files = 0;

	if (dir == NULL) {
		fprintf(stderr, "no corpus folder: %s\n", argc == 2 ? argv[1] : "(none given)");
		return 1;
	}
	while ((entry = readdir(dir)) != NULL) {
		int fd = openat(dirfd(dir), entry->d_name, O_RDONLY | O_CLOEXEC);
		char *data;
		ssize_t len;

		if (fd < 0 || entry->d_name[0] == '.' ||
		    (len = stream_read_all(fd, 1 << 24, &data)) < 0) {
			if (fd >= 0)
				close(fd);
			continue;
		}
		LLVMFuzzerTestOneInput((const uint8_t *)data, (size_t)len);
		mem_free(data);
		close(fd);
		files++;
	}
	closedir(dir);
	printf("%d inputs\n", files);
	return files > 0 ? 0 : 1;
}
#endif
