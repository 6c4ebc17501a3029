/*
 * streams.c - NDJSON without end: cut at line ends into parts of at most
 * 256 KiB, each one ask of the route (head.upload_id names the stream,
 * head.part counts from 0).
 *
 * The answer is NDJSON too: one line a part, written when the part is stored;
 * that line is the acknowledgement.  Lines also go on after 50 ms of silence,
 * so a slow stream is acknowledged soon.  One part is on its way at a time:
 * a correction must not overtake what it corrects.  Meanwhile the next one
 * gathers, and the client is read no faster than that.
 *
 * A stream with a key (batch_key in the query, else Idempotency-Key) is cut
 * into full parts alone, silence or not: sent again, the same bytes give the
 * same parts, and the service knows each by key and number.
 *
 * A part that fails, and a line longer than a part, end the stream: with a
 * problem and its status when nothing was acknowledged yet, else with the
 * problem as the last line.
 */
#include <stdlib.h>
#include <string.h>

#include "base/utf8.h"
#include "base/uuid.h"
#include "services/gateway/cutter.h"
#include "services/gateway/gateway.h"
#include "services/gateway/passage.h"

enum { PART_BYTES = 256 * 1024, SILENCE_MS = 50 };

struct stream {
	struct passage passage; /* first: it is one */
	char id[UUID_TEXT_SIZE];
	const char *key; /* in the request's arena; NULL: it has none */
	struct cutter cutter;
	uv_timer_t silence; /* open while the passage is held for it */
	int64_t part;       /* the next one's number */
	bool is_waiting;    /* for a part's answer */
	bool is_quiet;      /* 50 ms have passed: whole lines may go */
	bool is_started;    /* the answer's head is out */
	bool is_slow;       /* the client takes no acknowledgement now */
	bool has_failed;    /* `fault` ends it after what went before */
	struct err fault;
};

static void go_on(struct passage *passage);

static struct stream *
stream_of(struct passage *passage)
{
	return (struct stream *)passage;
}

static void
fell_silent(uv_timer_t *timer)
{
	struct stream *stream = timer->data;

	stream->is_quiet = true;
	if (stream->passage.request != NULL)
		go_on(&stream->passage);
}

/* What the head of a question holds. */
static bool
check_key_text(const char *key, struct err *err)
{
	struct slice text = slice_of(key);

	return (text.size >= 1 && text.size <= 255 &&
		   utf8_valid(text) == text.size) ||
	    err_at(err, "batch_key", "a key has 1 to 255 bytes of UTF-8");
}

static bool
open_stream(struct passage *passage, struct err *err)
{
	struct stream *stream = stream_of(passage);

	/* First what `over` and `close` take back, also of a refused one. */
	uuid_make(stream->id);
	cutter_init(&stream->cutter, PART_BYTES);
	must(uv_timer_init(passage->gateway->loop, &stream->silence) == 0);
	stream->silence.data = stream;
	passage_hold(passage);
	if (!http_query(passage->request, "batch_key", &stream->key, err) ||
	    (stream->key != NULL && !check_key_text(stream->key, err)))
		return false;
	if (stream->key == NULL)
		stream->key = http_header(passage->request, "Idempotency-Key");
	return true;
}

/* End the request: a problem as the answer, or as its last line. */
static void
fail(struct stream *stream)
{
	struct passage *passage = &stream->passage;
	struct buf line = { 0 };

	if (!stream->is_started) {
		passage_fail(passage, &stream->fault);
		return;
	}
	http_problem(passage->request, &stream->fault, &line);
	buf_byte(&line, '\n');
	(void)http_reply_part(passage->request, buf_slice(&line));
	buf_close(&line);
	http_reply_end(passage->request);
	passage_over(passage);
}

static void
end(struct stream *stream)
{
	struct passage *passage = &stream->passage;

	if (!stream->is_started) {
		(void)err_set(&stream->fault, ERR_MALFORMED,
		    "the body is empty: there is no record");
		fail(stream);
		return;
	}
	http_reply_end(passage->request);
	passage_over(passage);
}

/* One line: the service's answer, whose JSON has no line ends. */
static void
acknowledge(struct stream *stream, struct slice body)
{
	static const struct http_header headers[] = {
		{ "Content-Type", "application/x-ndjson" },
		{ "Cache-Control", "no-store" },
		{ "X-Content-Type-Options", "nosniff" },
	};
	struct http_request *request = stream->passage.request;

	if (!stream->is_started)
		http_reply_start(request, 200, headers, ARRAY_SIZE(headers));
	stream->is_started = true;
	(void)http_reply_part(request, body);
	stream->is_slow = !http_reply_part(request, slice_of("\n"));
}

/* A refusal before anything was acknowledged is the answer; later it is the
 * last line. */
static void
refuse(struct stream *stream, const struct answer *answer)
{
	struct passage *passage = &stream->passage;

	if (!stream->is_started) {
		passage_answer(passage, answer);
		return;
	}
	acknowledge(stream, answer->body);
	http_reply_end(passage->request);
	passage_over(passage);
}

static void
part_answered(void *user, const struct answer *answer, const struct err *err)
{
	struct stream *stream = user;
	struct passage *passage = &stream->passage;

	stream->is_waiting = false;
	if (passage->request == NULL) {
		passage_release(passage);
		return;
	}
	if (answer == NULL) {
		stream->fault = *err;
		fail(stream);
	} else if (answer->head.status >= 400) {
		refuse(stream, answer);
	} else {
		acknowledge(stream, answer->body);
		go_on(passage);
	}
	passage_release(passage);
}

static void
send_part(struct stream *stream, struct slice part)
{
	struct passage *passage = &stream->passage;
	struct bus_head head;

	passage_head(passage, &head);
	head.upload_id = stream->id;
	head.stream_key = stream->key;
	head.part = stream->part++;
	head.has_part = true;
	head.last =
	    passage->is_complete && part.size == stream->cutter.bytes.size;
	head.has_last = true;
	stream->is_waiting = true;
	passage_hold(passage);
	asks_send(&passage->gateway->asks, passage->peer, &head, part,
	    part_answered, stream);
	cutter_drop(&stream->cutter, part.size);
}

/* The next part, or the end when there is none to come. */
static void
send_or_end(struct stream *stream)
{
	struct passage *passage = &stream->passage;
	enum cut cut =
	    stream->is_quiet && stream->key == NULL ? CUT_LINES : CUT_FULL;
	struct slice part;

	if (stream->has_failed)
		cut = CUT_LINES;
	else if (passage->is_complete)
		cut = CUT_ALL;
	if (cutter_next(&stream->cutter, cut, &part))
		send_part(stream, part);
	else if (stream->has_failed)
		fail(stream);
	else if (passage->is_complete)
		end(stream);
}

/* Whatever can be done now: send a part, end, take more. */
static void
go_on(struct passage *passage)
{
	struct stream *stream = stream_of(passage);

	if (passage->holder == NULL)
		return;
	if (!stream->is_waiting && !stream->is_slow)
		send_or_end(stream);
	if (passage->request != NULL && !passage->is_complete &&
	    !stream->has_failed && !cutter_is_full(&stream->cutter))
		http_body_resume(passage->request);
}

static void
take_chunk(struct passage *passage, struct slice chunk)
{
	struct stream *stream = stream_of(passage);

	if (stream->has_failed)
		return;
	stream->is_quiet = false;
	if (!cutter_add(&stream->cutter, chunk, &stream->fault)) {
		stream->has_failed = true;
		http_body_pause(passage->request);
	} else if (cutter_is_full(&stream->cutter)) {
		http_body_pause(passage->request);
	}
	uv_timer_start(&stream->silence, fell_silent, SILENCE_MS, 0);
	go_on(passage);
}

static void
client_takes_more(struct passage *passage)
{
	stream_of(passage)->is_slow = false;
	go_on(passage);
}

static void
timer_closed(uv_handle_t *handle)
{
	struct stream *stream = handle->data;

	passage_release(&stream->passage);
}

static void
over(struct passage *passage)
{
	uv_close((uv_handle_t *)&stream_of(passage)->silence, timer_closed);
}

static void
close_stream(struct passage *passage)
{
	cutter_close(&stream_of(passage)->cutter);
}

const struct manner stream_manner = {
	.size = sizeof(struct stream),
	.body = HTTP_STREAM,
	.open = open_stream,
	.admitted = go_on,
	.chunk = take_chunk,
	.complete = go_on,
	.drained = client_takes_more,
	.over = over,
	.close = close_stream,
};
