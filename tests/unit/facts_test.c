/* facts_test.c - the packed form to the byte, and what must not get in. */
#include "ml/facts.h"

#include <math.h>
#include <string.h>

#include "tests/support/test.h"

/* A grade of 62.5 in a test of a core course; 62.5 is 0x427a0000. */
static const struct fact grade = {
	.position = 0x0102030405060708,
	.occurred_day = 19723,
	.known_day = 19737,
	.superseded_day = FACT_DAY_NEVER,
	.value = 62.5f,
	.kind = FACT_GRADE,
	.detail = 5,
};

static const unsigned char grade_bytes[1 + FACT_SIZE] = { 1, 8, 7, 6, 5, 4, 3,
	2, 1,                               /* version, position */
	0x0b, 0x4d, 0, 0, 0x19, 0x4d, 0, 0, /* 19723, 19737 */
	0xff, 0xff, 0xff, 0x7f, 2, 5, 0, 0, /* never, kind, detail, code */
	0, 0, 0x7a, 0x42 };

static int
begin(void **state)
{
	static struct arena arena;

	arena_init(&arena, 4096);
	*state = &arena;
	return 0;
}

static int
finish(void **state)
{
	arena_close(*state);
	return 0;
}

static bool
unpack(const void *bytes, size_t size, struct fact_list *out, struct err *err)
{
	return facts_unpack((struct slice){ bytes, size }, out, err);
}

static void
the_packed_form_is_as_documented(void **state)
{
	struct fact_list list = { .arena = *state };
	struct buf packed = { 0 };

	facts_pack(&list, &packed);
	assert_int_equal(packed.size, 0);
	assert_true(facts_insert(&list, &grade));
	facts_pack(&list, &packed);
	assert_int_equal(packed.size, sizeof(grade_bytes));
	assert_memory_equal(packed.data, grade_bytes, sizeof(grade_bytes));
	buf_close(&packed);
}

static void
facts_survive_the_round_trip_in_order(void **state)
{
	struct fact_list list = { .arena = *state };
	struct fact_list back = { .arena = *state };
	struct buf packed = { 0 };
	struct fact fact = grade;
	struct err err = { 0 };

	for (uint64_t i = 0; i < 101; i++) {
		fact.position = i * 37 % 101; /* every one once, in disorder */
		fact.known_day = 19737 - (int32_t)i;
		assert_true(facts_insert(&list, &fact));
	}
	facts_pack(&list, &packed);
	assert_int_equal(packed.size, 1 + 101 * FACT_SIZE);
	assert_true(unpack(packed.data, packed.size, &back, &err));
	assert_int_equal(back.count, 101);
	for (uint64_t i = 0; i < 101; i++) {
		assert_int_equal(back.facts[i * 37 % 101].position,
		    i * 37 % 101);
		assert_int_equal(back.facts[i * 37 % 101].known_day,
		    19737 - (int32_t)i);
	}
	/* a second blob comes behind the first */
	assert_true(unpack(grade_bytes, sizeof(grade_bytes), &back, &err));
	assert_int_equal(back.count, 102);
	assert_int_equal(back.facts[101].position, grade.position);
	assert_near(back.facts[101].value, 62.5, 0);
	buf_close(&packed);
}

static void
a_record_applied_twice_is_applied_once(void **state)
{
	struct fact_list list = { .arena = *state };
	struct fact other = grade;

	other.value = 10;
	assert_true(facts_insert(&list, &grade));
	assert_false(facts_insert(&list, &other));
	assert_int_equal(list.count, 1);
	assert_near(list.facts[0].value, 62.5, 0);
	assert_true(facts_supersede(&list, grade.position, 19800));
	assert_true(facts_supersede(&list, grade.position, 19800));
	assert_true(facts_supersede(&list, grade.position, 19900));
	assert_int_equal(list.facts[0].superseded_day, 19800);
	assert_false(facts_supersede(&list, 1, 19800));
	assert_false(facts_supersede(&list, UINT64_MAX, 19800));
}

static void
a_fact_is_known_from_its_day_until_superseded(void **state)
{
	struct fact fact = grade;

	(void)state;
	fact.superseded_day = 19800;
	assert_false(fact_is_known(&fact, 19736));
	assert_true(fact_is_known(&fact, 19737));
	assert_true(fact_is_known(&fact, 19799));
	assert_false(fact_is_known(&fact, 19800));
}

/* The blob of one grade with some bytes changed is refused, and what was in
 * the list stays. */
static void
refuse(void **state, size_t at, const void *bytes, size_t size, const char *why)
{
	struct fact_list list = { .arena = *state };
	struct err err = { 0 };
	unsigned char blob[sizeof(grade_bytes)];

	facts_insert(&list, &grade);
	memcpy(blob, grade_bytes, sizeof(blob));
	memcpy(blob + at, bytes, size);
	assert_false(unpack(blob, sizeof(blob), &list, &err));
	assert_int_equal(err.code, ERR_INVALID);
	if (!strstr(err.detail, why))
		fail_msg("\"%s\" does not say \"%s\"", err.detail, why);
	assert_int_equal(list.count, 1);
}

static void
what_is_no_fact_is_refused(void **state)
{
	refuse(state, 0, "\2", 1, "version");
	refuse(state, 9, "\0\0\0\x80", 4, "out of range");
	refuse(state, 13, "\xff\xff\xff\x7f", 4, "out of range");
	refuse(state, 17, "\xfe\xff\xff\x7f", 4, "out of range");
	refuse(state, 21, "\0", 1, "kind");
	refuse(state, 21, "\6", 1, "kind");
	refuse(state, 22, "\3", 1, "grade");
	refuse(state, 22, "\x0c", 1, "grade");
	refuse(state, 23, "\1", 1, "code");
	refuse(state, 25, "\0\0\xc0\x7f", 4, "nan");
	refuse(state, 25, "\0\0\x80\x7f", 4, "inf");
	refuse(state, 25, "\0\0\xca\x42", 4, "101 is not within 0 to 100");
	refuse(state, 25, "\0\0\x80\xbf", 4, "-1 is not within");
	/* the same bytes as another kind: 62.5 is no severity */
	refuse(state, 21, "\3\0", 2, "severity");
	refuse(state, 21, "\1\0", 2, "not 0");
	refuse(state, 21, "\4\1", 2, "not 0");
	refuse(state, 21, "\5\3", 2, "above 2");
}

static void
torn_and_disordered_blobs_are_refused(void **state)
{
	struct fact_list list = { .arena = *state };
	unsigned char twice[1 + 2 * FACT_SIZE];
	struct err err = { 0 };

	for (size_t size = 1; size < sizeof(grade_bytes); size++)
		assert_false(unpack(grade_bytes, size, &list, &err));
	memcpy(twice, grade_bytes, sizeof(grade_bytes));
	memcpy(twice + sizeof(grade_bytes), grade_bytes + 1, FACT_SIZE);
	assert_false(unpack(twice, sizeof(twice), &list, &err));
	assert_non_null(strstr(err.detail, "out of order"));
	assert_int_equal(list.count, 0);
	twice[sizeof(grade_bytes)]++;
	assert_true(unpack(twice, sizeof(twice), &list, &err));
	assert_int_equal(list.count, 2);
	assert_true(unpack("", 0, &list, &err));
	assert_int_equal(list.count, 2);
}

static void
assessments_and_courses_are_told_apart(void **state)
{
	(void)state;
	assert_int_equal(fact_assessment_of("Exam"), ASSESSMENT_TEST);
	assert_int_equal(fact_assessment_of("quiz"), ASSESSMENT_TEST);
	assert_int_equal(fact_assessment_of("test"), ASSESSMENT_TEST);
	assert_int_equal(fact_assessment_of("homework"), ASSESSMENT_HOMEWORK);
	assert_int_equal(fact_assessment_of("ASSIGNMENT"), ASSESSMENT_HOMEWORK);
	assert_int_equal(fact_assessment_of("project"), ASSESSMENT_OTHER);
	assert_int_equal(fact_assessment_of(NULL), ASSESSMENT_OTHER);
	for (int a = ASSESSMENT_OTHER; a <= ASSESSMENT_HOMEWORK; a++)
		for (int c = COURSE_UNKNOWN; c <= COURSE_ELECTIVE; c++) {
			uint8_t detail = fact_grade_detail(a, c);

			assert_int_equal(fact_grade_assessment(detail), a);
			assert_int_equal(fact_grade_course(detail), c);
		}
}

/* FNV-1a of "", "a", "foobar" is 811c9dc5, e40c292c, bf9cf968 (the test
 * vectors of draft-eastlake-fnv). */
static void
type_codes_are_folded_fnv(void **state)
{
	(void)state;
	assert_int_equal(fact_type_code(""), 0x811c ^ 0x9dc5);
	assert_int_equal(fact_type_code("a"), 0xe40c ^ 0x292c);
	assert_int_equal(fact_type_code("foobar"), 0xbf9c ^ 0xf968);
}

#define TELL(name) cmocka_unit_test_setup_teardown(name, begin, finish)

RUN_TESTS(TELL(the_packed_form_is_as_documented),
    TELL(facts_survive_the_round_trip_in_order),
    TELL(a_record_applied_twice_is_applied_once),
    TELL(a_fact_is_known_from_its_day_until_superseded),
    TELL(what_is_no_fact_is_refused),
    TELL(torn_and_disordered_blobs_are_refused),
    TELL(assessments_and_courses_are_told_apart),
    TELL(type_codes_are_folded_fnv))
