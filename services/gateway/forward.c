/*
 * forward.c - the ordinary request: its body, of known and small size,
 * crosses whole and unread.
 */
#include <string.h>

#include "services/gateway/gateway.h"
#include "services/gateway/passage.h"

/* Who asks is known and all of the body is there. */
static void
forward(struct passage *passage)
{
	struct bus_head head;

	if (passage->holder == NULL || !passage->is_complete)
		return;
	passage_head(passage, &head);
	/* An answer is kept for its key to be given again; the one that shows
	 * a new API key must not be, and that to an inference need not. */
	if (strcmp(passage->peer, "gateway") != 0 &&
	    passage->route->body != BODY_TENSORS)
		head.idempotency_key =
		    http_header(passage->request, "Idempotency-Key");
	passage_hold(passage);
	asks_send(&passage->gateway->asks, passage->peer, &head,
	    passage->request->body, passage_answered, passage);
}

const struct manner forward_manner = {
	.size = sizeof(struct passage),
	.body = HTTP_BUFFER,
	.admitted = forward,
	.complete = forward,
};
