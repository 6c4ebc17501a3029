/* sender.c - records as NDJSON batches, sent until acknowledged. */
#include "services/simulator/sender.h"

#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/clock.h"
#include "proto/ingestion.h"
#include "wire/json.h"

enum { BATCH = 2000, PATIENCE_SECONDS = 120, PAUSE_MOST_MS = 1000 };

bool
sender_init(struct sender *sender, const struct world *world, const char *url,
    const char *key, const char *name, struct err *err)
{
	*sender = (struct sender){ .world = world,
		.batch_most = BATCH,
		.expect = -1,
		.patience_seconds = PATIENCE_SECONDS };
	snprintf(sender->name, sizeof(sender->name), "%s", name);
	return client_init(&sender->client, url, key, err);
}

void
sender_close(struct sender *sender)
{
	client_close(&sender->client);
	parcel_close(&sender->parcel);
}

void
sender_batch(struct sender *sender, size_t records)
{
	sender->batch_most = records < BATCH ? records : BATCH;
}

/* Is it worth sending again?  What was refused for its content is not. */
static bool
may_pass(const struct err *err)
{
	return err->code == ERR_UNAVAILABLE || err->code == ERR_DEADLINE ||
	    err->code == ERR_BAD_UPSTREAM || err->code == ERR_INTERNAL ||
	    err->code == ERR_TOO_MANY || err->code == ERR_NO_ROOM;
}

static bool
send_once(struct sender *sender, const struct parcel *parcel, const char *path,
    struct batch_answer *answer, struct err *err)
{
	struct client_body body = { .content_type = "application/x-ndjson",
		.bytes = buf_slice(&parcel->lines) };
	struct buf text = { 0 };
	bool done;

	done = client_call(&sender->client, "POST", path, &body, &text, err) &&
	    json_decode(&batch_answer_message, buf_slice(&text), JSON_LENIENT,
		&sender->client.arena, answer, err);
	buf_close(&text);
	return done;
}

static void
pause_ms(int milliseconds)
{
	const struct timespec pause = { milliseconds / 1000,
		milliseconds % 1000 * 1000000L };

	nanosleep(&pause, NULL);
}

static bool
send_until_acknowledged(struct sender *sender, const struct parcel *parcel,
    struct batch_answer *answer)
{
	int64_t until = clock_ticks() + sender->patience_seconds * SECOND_US;
	const char *path = arena_printf(&sender->client.arena,
	    "ingest/batch?source=simulator&batch_key=%s-%llu", sender->name,
	    (unsigned long long)parcel->number);
	int wait = 50;

	for (;;) {
		err_clear(&sender->err);
		if (send_once(sender, parcel, path, answer, &sender->err))
			return true;
		if (!may_pass(&sender->err) || clock_ticks() > until)
			return false;
		pause_ms(wait);
		wait = wait * 2 < PAUSE_MOST_MS ? wait * 2 : PAUSE_MOST_MS;
	}
}

/* A record is expected from the moment on that its batch is acknowledged. */
static bool
write_fates(const struct sender *sender, struct parcel *parcel, struct err *err)
{
	size_t size = parcel->fates.size;

	if (sender->expect != -1 && size > 0 &&
	    write(sender->expect, parcel->fates.data, size) != (ssize_t)size)
		return err_os(err, "write what is expected");
	buf_clear(&parcel->fates);
	return true;
}

static void
send_parcel(struct sender *sender, struct parcel *parcel)
{
	struct batch_answer answer = { 0 };

	if (sender->has_failed)
		return;
	if (send_until_acknowledged(sender, parcel, &answer) &&
	    write_fates(sender, parcel, &sender->err)) {
		sender->acknowledged += parcel->records;
		sender->refused += (uint64_t)answer.refused;
	} else {
		sender->has_failed = true;
	}
	arena_reset(&sender->client.arena);
}

static void
send_batch(struct sender *sender, bool is_end)
{
	struct parcel *parcel = &sender->parcel;

	if (sender->chaos == NULL && parcel->records > 0) {
		send_parcel(sender, parcel);
		parcel_renew(parcel);
	}
	if (sender->chaos == NULL)
		return;
	if (parcel->records > 0)
		chaos_hold(sender->chaos, parcel);
	while ((parcel = chaos_next(sender->chaos, is_end)) != NULL)
		send_parcel(sender, parcel);
}

void
sender_flush(struct sender *sender)
{
	send_batch(sender, true);
}

static void
fill_grade(const struct happening *happening, struct record *record)
{
	record->kind = RECORD_GRADE;
	record->course_id = subjects[happening->subject].id;
	record->score = happening->score;
	record->has_score = true;
	record->assessment_type =
	    happening->is_test ? TYPE_TEST : TYPE_HOMEWORK;
	record->has_assessment_type = true;
}

static void
fill_end(const struct happening *happening, struct record *record)
{
	int result = choice_value(&course_result_choice, happening->result);

	must(result >= 0);
	record->kind = RECORD_OUTCOME;
	record->result = (enum course_result)result;
	record->has_result = true;
}

static void
fill_record(const struct happening *happening, struct record *record)
{
	static const enum attendance_status statuses[] = {
		[ROLL_PRESENT] = STATUS_PRESENT,
		[ROLL_TARDY] = STATUS_TARDY,
		[ROLL_ABSENT] = STATUS_ABSENT,
		[ROLL_EXCUSED] = STATUS_EXCUSED,
	};

	switch (happening->kind) {
	case ROLL_CALL:
		record->kind = RECORD_ATTENDANCE;
		record->status = statuses[happening->roll];
		record->has_status = true;
		return;
	case GRADED:
		fill_grade(happening, record);
		return;
	case INCIDENT:
		record->kind = RECORD_INCIDENT;
		record->severity = happening->severity;
		record->has_severity = true;
		record->incident_type = happening->type;
		return;
	case ENDED:
		fill_end(happening, record);
		return;
	}
}

void
sender_tell(struct sender *sender, const struct pupil *pupil,
    const struct happening *happening, const char *id)
{
	struct record record = { .student_id = pupil->id,
		.id = id,
		.date = happening->day,
		.has_date = true,
		.known_on = happening->day,
		.has_known_on = true };

	struct buf line = { 0 };

	if (sender->has_failed)
		return;
	fill_record(happening, &record);
	json_encode(&record_message, &record, &line);
	if (sender->chaos != NULL)
		chaos_tell(sender->chaos, &sender->parcel, buf_slice(&line),
		    id);
	else
		parcel_add(&sender->parcel, buf_slice(&line), id, FATE_LOG);
	buf_close(&line);
	if (sender->parcel.records >= sender->batch_most)
		send_batch(sender, false);
}
