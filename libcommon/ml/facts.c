/*
 * facts.c - records reduced to what features need, and their packed form.
 */
#include "ml/facts.h"

#include <math.h>
#include <string.h>
#include <strings.h>

enum fact_assessment
fact_assessment_of(const char *type)
{
	static const struct {
		const char *type;
		enum fact_assessment assessment;
	} known[] = {
		{ "test", ASSESSMENT_TEST },
		{ "exam", ASSESSMENT_TEST },
		{ "quiz", ASSESSMENT_TEST },
		{ "homework", ASSESSMENT_HOMEWORK },
		{ "assignment", ASSESSMENT_HOMEWORK },
	};

	for (size_t i = 0; type && i < ARRAY_SIZE(known); i++)
		if (strcasecmp(type, known[i].type) == 0)
			return known[i].assessment;
	return ASSESSMENT_OTHER;
}

uint8_t
fact_grade_detail(enum fact_assessment assessment, enum fact_course course)
{
	return (uint8_t)(assessment | course << 2);
}

enum fact_assessment
fact_grade_assessment(uint8_t detail)
{
	return (enum fact_assessment)(detail & 3);
}

enum fact_course
fact_grade_course(uint8_t detail)
{
	return (enum fact_course)(detail >> 2);
}

uint16_t
fact_type_code(const char *type)
{
	uint32_t hash = 2166136261u;

	for (; *type; type++)
		hash = (hash ^ (unsigned char)*type) * 16777619u;
	return (uint16_t)(hash >> 16 ^ (hash & 0xffff));
}

bool
fact_is_known(const struct fact *fact, int32_t day)
{
	return fact->known_day <= day && day < fact->superseded_day;
}

static bool
is_day(int32_t day)
{
	return day >= FACT_DAY_MIN && day <= FACT_DAY_MAX;
}

static bool
check_grade(const struct fact *fact, struct err *err)
{
	if ((fact->detail & 3) > ASSESSMENT_HOMEWORK ||
	    fact->detail >> 2 > COURSE_ELECTIVE)
		return err_at(err, "detail", "%d is no kind of grade",
		    fact->detail);
	if (!(fact->value >= 0 && fact->value <= 100))
		return err_at(err, "value", "%g is not within 0 to 100",
		    (double)fact->value);
	return true;
}

static bool
check_incident(const struct fact *fact, struct err *err)
{
	if (fact->detail != 0)
		return err_at(err, "detail", "%d is not 0", fact->detail);
	if (!(fact->value >= 1 && fact->value <= 5) ||
	    fact->value != floorf(fact->value))
		return err_at(err, "value", "%g is no severity from 1 to 5",
		    (double)fact->value);
	return true;
}

static bool
check_activity(const struct fact *fact, struct err *err)
{
	if (fact->detail != 0)
		return err_at(err, "detail", "%d is not 0", fact->detail);
	if (!(fact->value >= 0) || isinf(fact->value))
		return err_at(err, "value", "%g is no count",
		    (double)fact->value);
	return true;
}

/* Kinds whose detail is one of a few and which have no value. */
static bool
check_plain(const struct fact *fact, int last_detail, struct err *err)
{
	if (fact->detail > last_detail)
		return err_at(err, "detail", "%d is above %d", fact->detail,
		    last_detail);
	if (!(fact->value >= 0 && fact->value <= 0))
		return err_at(err, "value", "%g is not 0", (double)fact->value);
	return true;
}

bool
fact_check(const struct fact *fact, struct err *err)
{
	if (!is_day(fact->occurred_day))
		return err_at(err, "occurred_day", "%d is out of range",
		    fact->occurred_day);
	if (!is_day(fact->known_day))
		return err_at(err, "known_day", "%d is out of range",
		    fact->known_day);
	if (fact->superseded_day != FACT_DAY_NEVER &&
	    !is_day(fact->superseded_day))
		return err_at(err, "superseded_day", "%d is out of range",
		    fact->superseded_day);
	if (fact->kind != FACT_INCIDENT && fact->kind != FACT_OUTCOME &&
	    fact->code != 0)
		return err_at(err, "code", "%d is not 0", fact->code);
	if (fact->kind == FACT_ATTENDANCE)
		return check_plain(fact, ATTENDANCE_EXCUSED, err);
	if (fact->kind == FACT_GRADE)
		return check_grade(fact, err);
	if (fact->kind == FACT_INCIDENT)
		return check_incident(fact, err);
	if (fact->kind == FACT_ACTIVITY)
		return check_activity(fact, err);
	if (fact->kind == FACT_OUTCOME)
		return check_plain(fact, OUTCOME_CENSORED, err);
	return err_at(err, "kind", "there is no kind %d", fact->kind);
}

/* Room for one fact at the end. */
static void
grow(struct fact_list *list)
{
	struct fact *facts;

	if (list->count < list->room)
		return;
	list->room = list->room ? list->room * 2 : 16;
	facts = arena_array(list->arena, list->room, sizeof(*facts));
	if (list->count)
		memcpy(facts, list->facts, list->count * sizeof(*facts));
	list->facts = facts;
}

/* The first fact at or behind the position. */
static size_t
find_position(const struct fact_list *list, uint64_t position)
{
	size_t low = 0;
	size_t high = list->count;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (list->facts[middle].position < position)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

bool
facts_insert(struct fact_list *list, const struct fact *fact)
{
	size_t at = find_position(list, fact->position);

	if (at < list->count && list->facts[at].position == fact->position)
		return false;
	grow(list);
	memmove(&list->facts[at + 1], &list->facts[at],
	    (list->count - at) * sizeof(*fact));
	list->facts[at] = *fact;
	list->count++;
	return true;
}

bool
facts_supersede(struct fact_list *list, uint64_t position, int32_t day)
{
	size_t at = find_position(list, position);

	if (at == list->count || list->facts[at].position != position)
		return false;
	if (day < list->facts[at].superseded_day)
		list->facts[at].superseded_day = day;
	return true;
}

static void
put(uint8_t *to, uint64_t value, int size)
{
	for (int i = 0; i < size; i++)
		to[i] = (uint8_t)(value >> (8 * i));
}

static uint64_t
get(const uint8_t *from, int size)
{
	uint64_t value = 0;

	for (int i = 0; i < size; i++)
		value |= (uint64_t)from[i] << (8 * i);
	return value;
}

static void
pack_fact(const struct fact *fact, uint8_t to[FACT_SIZE])
{
	uint32_t value;

	memcpy(&value, &fact->value, sizeof(value));
	put(to, fact->position, 8);
	put(to + 8, (uint32_t)fact->occurred_day, 4);
	put(to + 12, (uint32_t)fact->known_day, 4);
	put(to + 16, (uint32_t)fact->superseded_day, 4);
	to[20] = fact->kind;
	to[21] = fact->detail;
	put(to + 22, fact->code, 2);
	put(to + 24, value, 4);
}

static void
unpack_fact(const uint8_t from[FACT_SIZE], struct fact *fact)
{
	uint32_t value = (uint32_t)get(from + 24, 4);

	fact->position = get(from, 8);
	fact->occurred_day = (int32_t)get(from + 8, 4);
	fact->known_day = (int32_t)get(from + 12, 4);
	fact->superseded_day = (int32_t)get(from + 16, 4);
	fact->kind = from[20];
	fact->detail = from[21];
	fact->code = (uint16_t)get(from + 22, 2);
	memcpy(&fact->value, &value, sizeof(fact->value));
}

void
facts_pack(const struct fact_list *list, struct buf *out)
{
	uint8_t bytes[FACT_SIZE];

	if (list->count == 0)
		return;
	buf_byte(out, FACTS_VERSION);
	for (size_t i = 0; i < list->count; i++) {
		must(i == 0 ||
		    list->facts[i - 1].position < list->facts[i].position);
		pack_fact(&list->facts[i], bytes);
		buf_add(out, bytes, sizeof(bytes));
	}
}

/* The facts behind the version byte, one by one. */
static bool
unpack_all(struct slice packed, struct fact_list *out, struct err *err)
{
	size_t count = (packed.size - 1) / FACT_SIZE;

	for (size_t i = 0; i < count; i++) {
		struct fact fact;
		uint8_t bytes[FACT_SIZE];

		memcpy(bytes, packed.data + 1 + i * FACT_SIZE, FACT_SIZE);
		unpack_fact(bytes, &fact);
		if (!fact_check(&fact, err))
			return err_in(err, "fact %zu", i);
		if (i > 0 &&
		    fact.position <= out->facts[out->count - 1].position)
			return err_set(err, ERR_INVALID,
			    "fact %zu is out of order", i);
		grow(out);
		out->facts[out->count++] = fact;
	}
	return true;
}

bool
facts_unpack(struct slice packed, struct fact_list *out, struct err *err)
{
	size_t before = out->count;

	if (packed.size == 0)
		return true;
	if (packed.data[0] != FACTS_VERSION)
		return err_set(err, ERR_INVALID,
		    "packed facts have version %d, not %d",
		    (unsigned char)packed.data[0], FACTS_VERSION);
	if (packed.size == 1 || (packed.size - 1) % FACT_SIZE != 0)
		return err_set(err, ERR_INVALID,
		    "%zu bytes of packed facts are torn", packed.size);
	if (unpack_all(packed, out, err))
		return true;
	out->count = before;
	return false;
}
