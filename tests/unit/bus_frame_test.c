/* bus_frame_test.c - what is signed, and for what it is taken. */
#include "io/bus_inside.h"
#include "tests/support/test.h"

static char key[] = "thirty-two bytes for a cluster..";
static const struct bus bus = { .key = { .data = key,
				    .size = sizeof(key) - 1 } };

static nng_msg *
question_of(const char *head)
{
	return frame_make(&bus, NULL, slice_of(head), slice_of("body"));
}

static void
an_answer_is_taken_for_its_own_question_alone(void **state)
{
	nng_msg *asked = question_of("{\"request_id\":\"1\"}");
	nng_msg *other = question_of("{\"request_id\":\"2\"}");
	struct frame_mark mark = frame_mark(asked), wrong = frame_mark(other);
	nng_msg *answer =
	    frame_make(&bus, &mark, slice_of("{\"status\":200}"), slice_of(""));
	struct slice head, body;

	(void)state;
	assert_true(frame_open(&bus, answer, &mark, &head, &body));
	assert_int_equal(head.size, 14);
	assert_int_equal(body.size, 0);
	assert_false(frame_open(&bus, answer, &wrong, &head, &body));
	assert_false(frame_open(&bus, answer, NULL, &head, &body));
	/* Nor is a question an answer. */
	assert_true(frame_open(&bus, asked, NULL, &head, &body));
	assert_false(frame_open(&bus, asked, &mark, &head, &body));
	nng_msg_free(asked);
	nng_msg_free(other);
	nng_msg_free(answer);
}

static void
a_head_s_end_cannot_be_moved(void **state)
{
	nng_msg *message = question_of("{}{}");
	char *bytes = nng_msg_body(message);
	struct slice head, body;

	(void)state;
	assert_true(frame_open(&bus, message, NULL, &head, &body));
	bytes[4] = 2;
	assert_false(frame_open(&bus, message, NULL, &head, &body));
	nng_msg_free(message);
}

RUN_TESTS(cmocka_unit_test(an_answer_is_taken_for_its_own_question_alone),
    cmocka_unit_test(a_head_s_end_cannot_be_moved))
