/* bus_frame_test.c - what is signed of a message: every byte of it. */
#include <string.h>

#include "io/bus_inside.h"
#include "tests/support/test.h"

static char key[] = "thirty-two bytes for a cluster..";
static const struct bus bus = { .key = { .data = key,
				    .size = sizeof(key) - 1 } };

static void
a_frame_opens_to_the_head_and_body_it_was_made_of(void **state)
{
	nng_msg *message = frame_make(&bus, slice_of("{}"), slice_of("body"));
	struct slice head, body;

	(void)state;
	assert_true(frame_open(&bus, message, &head, &body));
	assert_true(slice_is(head, "{}"));
	assert_true(slice_is(body, "body"));
	nng_msg_free(message);
}

/* The size of the head too: else the boundary to the body could be moved. */
static void
no_bit_may_change(void **state)
{
	nng_msg *message = frame_make(&bus, slice_of("{}"), slice_of("  {}"));
	char *bytes = nng_msg_body(message);
	struct slice head, body;

	(void)state;
	for (size_t i = 0; i < 8 * nng_msg_len(message); i++) {
		bytes[i / 8] = (char)(bytes[i / 8] ^ 1 << i % 8);
		if (frame_open(&bus, message, &head, &body))
			fail_msg("bit %zu of byte %zu may change", i % 8,
			    i / 8);
		bytes[i / 8] = (char)(bytes[i / 8] ^ 1 << i % 8);
	}
	assert_true(frame_open(&bus, message, &head, &body));
	nng_msg_free(message);
}

static void
what_is_cut_off_does_not_open(void **state)
{
	nng_msg *message = frame_make(&bus, slice_of("{}"), slice_of("body"));
	struct slice head, body;

	(void)state;
	while (nng_msg_len(message) > 0) {
		assert_int_equal(nng_msg_chop(message, 1), 0);
		assert_false(frame_open(&bus, message, &head, &body));
	}
	nng_msg_free(message);
}

RUN_TESTS(cmocka_unit_test(a_frame_opens_to_the_head_and_body_it_was_made_of),
    cmocka_unit_test(no_bit_may_change),
    cmocka_unit_test(what_is_cut_off_does_not_open))
