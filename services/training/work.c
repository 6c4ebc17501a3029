/*
 * work.c - the tables of work.def, and parts of the child's input.
 */
#include "services/training/work.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>
#include <zlib.h>

#include "base/file.h"
#include "base/must.h"

#define PROTO_DEF "services/training/work.def"
#include "proto/as_messages.h"

struct part_head {
	uint32_t kind;
	uint32_t tag;
	uint64_t size;
	uint64_t whole;
};

#define BODY_MOST (UINT64_C(1) << 30)

void
part_add(struct buf *out, const struct part *part)
{
	struct part_head head = { .kind = part->kind,
		.tag = part->tag,
		.whole = part->body.size };
	uLongf size = compressBound(part->body.size);
	size_t at = out->size;
	Bytef *to =
	    (Bytef *)buf_reserve(out, sizeof(head) + size) + sizeof(head);

	must(compress2(to, &size, (const Bytef *)part->body.data,
		 part->body.size, Z_BEST_SPEED) == Z_OK);
	head.size = size;
	memcpy(out->data + at, &head, sizeof(head));
	out->size += sizeof(head) + size;
	out->data[out->size] = '\0';
}

bool
part_write(int file, const struct part *part, struct err *err)
{
	struct buf packed = { 0 };
	bool is_good;

	part_add(&packed, part);
	is_good = file_write(file, buf_slice(&packed), "the samples", err);
	buf_close(&packed);
	return is_good;
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
	    head.size > rest->size - sizeof(head) || head.whole > BODY_MOST)
		return err_set(err, ERR_INVALID,
		    "the input holds no part here");
	*part = (struct part){ (enum part_kind)head.kind, head.tag,
		{ rest->data + sizeof(head), head.size }, head.whole };
	rest->data += sizeof(head) + head.size;
	rest->size -= sizeof(head) + head.size;
	return true;
}

bool
part_open(const struct part *part, struct arena *arena, struct slice *body,
    struct err *err)
{
	char *to = arena_alloc(arena, part->whole + 1);
	uLongf size = part->whole;

	if (uncompress((Bytef *)to, &size, (const Bytef *)part->body.data,
		part->body.size) != Z_OK ||
	    size != part->whole)
		return err_set(err, ERR_INVALID, "a part cannot be inflated");
	*body = (struct slice){ to, size };
	return true;
}

const struct work_model *
work_winner(const struct work_result *result)
{
	const struct work_model *made[] = { result->network, result->logistic,
		result->trees };

	for (size_t i = 0; i < ARRAY_SIZE(made); i++)
		if (strcmp(made[i]->version, result->winner) == 0)
			return made[i];
	return NULL;
}
