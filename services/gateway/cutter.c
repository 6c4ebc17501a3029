/* cutter.c - finds the last line end that fits. */
#include "services/gateway/cutter.h"

#include <string.h>

void
cutter_init(struct cutter *cutter, size_t most)
{
	*cutter = (struct cutter){ .most = most };
}

void
cutter_close(struct cutter *cutter)
{
	buf_close(&cutter->bytes);
}

bool
cutter_add(struct cutter *cutter, struct slice bytes, struct err *err)
{
	const char *at = bytes.data, *end = bytes.data + bytes.size;

	while (at < end) {
		const char *stop = memchr(at, '\n', (size_t)(end - at));
		size_t size = (size_t)((stop != NULL ? stop + 1 : end) - at);
		size_t line = cutter->bytes.size - cutter->lines_size + size;

		/* A line without its end must leave room for it: else the
		 * cutter would be full and have nothing to give. */
		if (line + (stop == NULL ? 1 : 0) > cutter->most)
			return err_set(err, ERR_TOO_LARGE,
			    "a line is longer than %zu bytes", cutter->most);
		buf_add(&cutter->bytes, at, size);
		if (stop != NULL)
			cutter->lines_size = cutter->bytes.size;
		at += size;
	}
	return true;
}

bool
cutter_next(const struct cutter *cutter, enum cut cut, struct slice *part)
{
	const struct buf *bytes = &cutter->bytes;
	size_t fits = bytes->size < cutter->most ? bytes->size : cutter->most;
	const char *stop;

	if (bytes->size == 0 || (cut == CUT_FULL && !cutter_is_full(cutter)))
		return false;
	*part = (struct slice){ bytes->data, bytes->size };
	if (cut == CUT_ALL && bytes->size < cutter->most)
		return true;
	stop = memrchr(bytes->data, '\n', fits);
	if (stop == NULL)
		return false;
	part->size = (size_t)(stop - bytes->data) + 1;
	return true;
}

void
cutter_drop(struct cutter *cutter, size_t size)
{
	struct buf *bytes = &cutter->bytes;

	must(size <= bytes->size);
	bytes->size -= size;
	memmove(bytes->data, bytes->data + size, bytes->size);
	cutter->lines_size =
	    cutter->lines_size > size ? cutter->lines_size - size : 0;
}

bool
cutter_is_full(const struct cutter *cutter)
{
	return cutter->bytes.size >= cutter->most;
}
