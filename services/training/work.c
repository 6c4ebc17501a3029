/*
 * work.c - the tables of work.def, and parts of the child's input.
 */
#include "services/training/work.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

#define PROTO_DEF "services/training/work.def"
#include "proto/as_messages.h"

struct part_head {
	uint32_t kind;
	uint32_t tag;
	uint64_t size;
};

static bool
write_all(int file, const char *data, size_t size, struct err *err)
{
	while (size > 0) {
		ssize_t written = write(file, data, size);

		if (written == -1 && errno == EINTR)
			continue;
		if (written == -1)
			return err_os(err, "write the samples");
		data += written;
		size -= (size_t)written;
	}
	return true;
}

bool
part_write(int file, const struct part *part, struct err *err)
{
	struct part_head head = { part->kind, part->tag, part->body.size };

	return write_all(file, (const char *)&head, sizeof(head), err) &&
	    write_all(file, part->body.data, part->body.size, err);
}

bool
part_next(struct slice *rest, struct part *part, struct err *err)
{
	struct part_head head;

	if (rest->size == 0)
		return false;
	if (rest->size < sizeof(head))
		return err_set(err, ERR_INVALID, "the input is cut off");
	memcpy(&head, rest->data, sizeof(head));
	if (head.kind < PART_QUESTION || head.kind > PART_TEST_SOONER ||
	    head.size > rest->size - sizeof(head))
		return err_set(err, ERR_INVALID,
		    "the input holds no part here");
	*part = (struct part){ (enum part_kind)head.kind, head.tag,
		{ rest->data + sizeof(head), head.size } };
	rest->data += sizeof(head) + head.size;
	rest->size -= sizeof(head) + head.size;
	return true;
}
