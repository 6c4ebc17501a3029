/*
 * uploads.c - a long body of any type: cut to parts of 256 KiB, each stored
 * with the service that will read it (PUT /internal/uploads/ID/parts/N), a few
 * at a time; when all are there the route itself is asked, with an
 * upload_reference in place of the body.
 *
 * The client is read no faster than parts are stored.  What an upload that
 * failed or was given up has left behind, the service clears away by itself.
 * An Idempotency-Key is not passed on: the parts have their own names each
 * time.
 */
#include <stdio.h>
#include <string.h>

#include "base/utf8.h"
#include "base/uuid.h"
#include "services/gateway/gateway.h"
#include "services/gateway/passage.h"
#include "wire/json.h"

enum {
	PART_BYTES = 256 * 1024,
	PARTS_IN_FLIGHT = 4,
	TARGET_SIZE = 128,
	NAME_MOST = 255
};

struct upload {
	struct passage passage; /* first: it is one */
	char id[UUID_TEXT_SIZE];
	const char *file_name; /* in the request's arena; NULL: not given */
	struct buf bytes;      /* owned: came, but not yet sent */
	int64_t parts;         /* sent */
	int64_t size;          /* bytes of them */
	int in_flight;
	bool is_asked; /* the route itself was */
};

static struct upload *
upload_of(struct passage *passage)
{
	return (struct upload *)passage;
}

static bool
open_upload(struct passage *passage, struct err *err)
{
	struct upload *upload = upload_of(passage);
	struct slice name;

	uuid_make(upload->id);
	if (!http_query(passage->request, "file_name", &upload->file_name, err))
		return false;
	if (upload->file_name == NULL)
		return true;
	name = slice_of(upload->file_name);
	if (name.size == 0 || name.size > NAME_MOST ||
	    utf8_valid(name) < name.size)
		return err_set(err, ERR_MALFORMED,
		    "file_name is UTF-8 of 1 to %d bytes", NAME_MOST);
	return true;
}

static void
ask_route(struct upload *upload)
{
	struct passage *passage = &upload->passage;
	struct upload_reference reference = { .upload_id = upload->id,
		.parts = upload->parts,
		.size = upload->size,
		.file_name = upload->file_name };
	struct bus_head head;
	struct buf body = { 0 };

	upload->is_asked = true;
	passage_head(passage, &head);
	reference.content_type = head.content_type;
	head.content_type = "application/json";
	json_encode(&upload_reference_message, &reference, &body);
	passage_hold(passage);
	asks_send(&passage->gateway->asks, passage->peer, &head,
	    buf_slice(&body), passage_answered, passage);
	buf_close(&body);
}

static void part_answered(void *user, const struct answer *answer,
    const struct err *err);

static void
send_part(struct upload *upload, size_t size)
{
	struct passage *passage = &upload->passage;
	struct buf *bytes = &upload->bytes;
	char target[TARGET_SIZE];
	struct bus_head head;

	snprintf(target, sizeof(target), "/internal/uploads/%s/parts/%lld",
	    upload->id, (long long)upload->parts);
	passage_head(passage, &head);
	head.method = "PUT";
	head.target = target;
	head.role = ROLE_INTERNAL;
	head.content_type = "application/octet-stream";
	head.upload_id = upload->id;
	head.part = upload->parts;
	head.has_part = true;
	upload->parts++;
	upload->size += (int64_t)size;
	upload->in_flight++;
	passage_hold(passage);
	asks_send(&passage->gateway->asks, passage->peer, &head,
	    (struct slice){ bytes->data, size }, part_answered, upload);
	bytes->size -= size;
	memmove(bytes->data, bytes->data + size, bytes->size);
}

/* Whatever can be done now: send parts, take more, ask the route. */
static void
go_on(struct passage *passage)
{
	struct upload *upload = upload_of(passage);
	struct err err = { 0 };

	if (passage->holder == NULL || upload->is_asked)
		return;
	while (upload->in_flight < PARTS_IN_FLIGHT &&
	    (upload->bytes.size >= PART_BYTES ||
		(passage->is_complete && upload->bytes.size > 0)))
		send_part(upload,
		    upload->bytes.size < PART_BYTES ? upload->bytes.size
						    : PART_BYTES);
	if (!passage->is_complete) {
		if (upload->bytes.size < PART_BYTES)
			http_body_resume(passage->request);
		return;
	}
	if (upload->bytes.size > 0 || upload->in_flight > 0)
		return;
	if (upload->parts > 0) {
		ask_route(upload);
		return;
	}
	(void)err_set(&err, ERR_MALFORMED, "the body is empty: send the file");
	passage_fail(passage, &err);
}

/* The service's own problem goes to the client as it is. */
static void
part_answered(void *user, const struct answer *answer, const struct err *err)
{
	struct upload *upload = user;
	struct passage *passage = &upload->passage;

	upload->in_flight--;
	if (answer == NULL)
		passage_fail(passage, err);
	else if (answer->head.status >= 400)
		passage_answer(passage, answer);
	else if (passage->request != NULL)
		go_on(passage);
	passage_release(passage);
}

static void
take_chunk(struct passage *passage, struct slice chunk)
{
	struct upload *upload = upload_of(passage);

	buf_add(&upload->bytes, chunk.data, chunk.size);
	if (upload->bytes.size >= PART_BYTES)
		http_body_pause(passage->request);
	go_on(passage);
}

static void
close_upload(struct passage *passage)
{
	buf_close(&upload_of(passage)->bytes);
}

const struct manner upload_manner = {
	.size = sizeof(struct upload),
	.body = HTTP_STREAM,
	.open = open_upload,
	.admitted = go_on,
	.chunk = take_chunk,
	.complete = go_on,
	.close = close_upload,
};
