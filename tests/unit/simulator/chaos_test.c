/*
 * chaos_test.c - the fates that chaos tells are true: held against the codec
 * that ingestion reads records with.
 */
#include "services/simulator/chaos.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "proto/ingestion.h"
#include "tests/support/test.h"
#include "wire/json.h"

enum { RECORDS = 6000, BATCH = 100 };

/* What arrived, by the number that ends a record's id. */
struct arrived {
	int whole[RECORDS], damaged[RECORDS];
	bool is_in_log[RECORDS], is_in_quarantine[RECORDS];
	int again;             /* batches that came under a known number */
	int late;              /* batches after one with a higher number */
	int out_of_order;      /* records after one with a higher number */
	uint64_t highest;      /* number of a batch */
	bool seen[RECORDS];    /* by number of the batch */
	struct buf everything; /* owned: all lines as they came */
};

static void
print_record(int number, struct buf *line)
{
	buf_clear(line);
	buf_printf(line,
	    "{\"kind\":\"attendance\",\"id\":\"r-%d\","
	    "\"student_id\":\"S3-00001\",\"date\":\"2026-01-12\","
	    "\"status\":\"present\"}",
	    number);
}

static int
number_in(const char *text, const char *behind)
{
	const char *place = strstr(text, behind);

	assert_non_null(place);
	return (int)strtol(place + strlen(behind), NULL, 10);
}

static void
take_line(struct arrived *arrived, struct slice line)
{
	struct arena arena;
	struct record record;
	struct err err = { 0 };
	struct buf text = { 0 };
	int number;
	bool is_taken;

	arena_init(&arena, 4096);
	buf_add(&text, line.data, line.size);
	number = number_in(text.data, "\"id\":\"r-");
	is_taken = json_decode(&record_message, line, JSON_STRICT, &arena,
		       &record, &err) &&
	    strcmp(record.student_id, "S3-00001") == 0;
	arrived->whole[number] += is_taken;
	arrived->damaged[number] += !is_taken;
	buf_close(&text);
	arena_close(&arena);
}

static void
take_fates(struct arrived *arrived, struct parcel *parcel)
{
	const char *at = parcel->fates.size > 0 ? parcel->fates.data : "";

	for (; *at != '\0'; at = strchr(at, '\n') + 1) {
		int number = number_in(at, "r-");
		bool is_log = strncmp(strchr(at, ',') + 1, "log\n", 4) == 0;

		assert_false(arrived->is_in_log[number] ||
		    arrived->is_in_quarantine[number]);
		arrived->is_in_log[number] = is_log;
		arrived->is_in_quarantine[number] = !is_log;
	}
	buf_clear(&parcel->fates);
}

static void
arrive(struct arrived *arrived, struct parcel *parcel)
{
	const char *at = parcel->lines.data;
	size_t lines = 0;
	int before = -1;

	take_fates(arrived, parcel);
	buf_add(&arrived->everything, at, parcel->lines.size);
	arrived->again += arrived->seen[parcel->number];
	arrived->late += parcel->number < arrived->highest;
	for (; *at != '\0'; at = strchr(at, '\n') + 1, lines++) {
		int number = number_in(at, "\"id\":\"r-");

		/* Under a known number it is the same batch: stored once. */
		if (!arrived->seen[parcel->number])
			take_line(arrived,
			    (struct slice){ at, strcspn(at, "\n") });
		arrived->out_of_order += number < before;
		before = number;
	}
	assert_int_equal(lines, parcel->records);
	arrived->seen[parcel->number] = true;
	if (parcel->number > arrived->highest)
		arrived->highest = parcel->number;
}

static void
play(uint64_t seed, struct arrived *arrived)
{
	struct chaos chaos;
	struct parcel parcel = { 0 };
	struct parcel *sent;
	struct buf line = { 0 };

	chaos_init(&chaos, seed, 1);
	for (int i = 0; i < RECORDS; i++) {
		char id[32];

		snprintf(id, sizeof(id), "r-%d", i);
		print_record(i, &line);
		chaos_tell(&chaos, &parcel, buf_slice(&line), id);
		if (parcel.records < BATCH && i < RECORDS - 1)
			continue;
		chaos_hold(&chaos, &parcel);
		while ((sent = chaos_next(&chaos, i == RECORDS - 1)) != NULL)
			arrive(arrived, sent);
	}
	buf_close(&line);
	parcel_close(&parcel);
	chaos_close(&chaos);
}

static void
each_whole_record_arrives_and_each_damaged_one_is_unreadable(void **state)
{
	static struct arrived arrived;
	int quarantined = 0, repeated = 0;

	(void)state;
	play(5, &arrived);
	for (int i = 0; i < RECORDS; i++) {
		assert_true(
		    arrived.is_in_log[i] != arrived.is_in_quarantine[i]);
		if (arrived.is_in_log[i]) {
			assert_true(arrived.whole[i] >= 1);
			assert_int_equal(arrived.damaged[i], 0);
			repeated += arrived.whole[i] > 1;
		} else {
			assert_int_equal(arrived.whole[i], 0);
			assert_int_equal(arrived.damaged[i], 1);
			quarantined++;
		}
	}
	/* One in 30 and one in 20: within five deviations. */
	assert_in_range(quarantined, 200 - 70, 200 + 70);
	assert_in_range(repeated, 150, 300 + 85);
	assert_true(arrived.again > 5);
	assert_true(arrived.late > 20);
	assert_true(arrived.out_of_order > RECORDS / 3);
	buf_close(&arrived.everything);
}

static void
a_seed_gives_one_disturbance_and_another_seed_another(void **state)
{
	static struct arrived one, same, other;

	(void)state;
	play(5, &one);
	play(5, &same);
	play(6, &other);
	assert_string_equal(one.everything.data, same.everything.data);
	assert_string_not_equal(one.everything.data, other.everything.data);
	buf_close(&one.everything);
	buf_close(&same.everything);
	buf_close(&other.everything);
}

RUN_TESTS(cmocka_unit_test(
	      each_whole_record_arrives_and_each_damaged_one_is_unreadable),
    cmocka_unit_test(a_seed_gives_one_disturbance_and_another_seed_another))
