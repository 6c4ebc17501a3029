/* file.c - writing to files, pipes and memory files. */
#include "base/file.h"

#include <errno.h>
#include <unistd.h>

bool
file_write(int file, struct slice bytes, const char *what, struct err *err)
{
	while (bytes.size > 0) {
		ssize_t written = write(file, bytes.data, bytes.size);

		if (written == -1 && errno == EINTR)
			continue;
		if (written == -1)
			return err_os(err, "write %s", what);
		bytes.data += written;
		bytes.size -= (size_t)written;
	}
	return true;
}
