/* chaos.c - damages, repeats, shuffles and delays. */
#include "services/simulator/chaos.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"

static const double damaged_share = 1.0 / 30;
static const double repeated_share = 1.0 / 20;
static const double sent_again_share = 1.0 / 5;

/* What is put in behind a place of the record; nothing: it is cut there. */
static const struct damage {
	const char *behind, *put_in;
} damages[] = {
	{ "\"student_id\":\"", "nobody-" },
	{ "\"student_id\":\"", "\xff" },
	{ "\"date\":\"", "9" },
	{ "\"student_id\":", "" },
};

void
chaos_init(struct chaos *chaos, uint64_t seed, uint64_t stream)
{
	*chaos = (struct chaos){ 0 };
	random_init(&chaos->random, seed, stream);
}

void
chaos_close(struct chaos *chaos)
{
	for (size_t i = 0; i < CHAOS_WAITING; i++)
		parcel_close(&chaos->waiting[i]);
	for (size_t i = 0; i < CHAOS_REMEMBERED; i++)
		buf_close(&chaos->told[i]);
}

static bool
happens(struct chaos *chaos, double share)
{
	return random_unit(&chaos->random) < share;
}

static void
add_damaged(struct chaos *chaos, struct parcel *parcel, struct slice line,
    const char *id)
{
	const struct damage *damage =
	    &damages[random_below(&chaos->random, ARRAY_SIZE(damages))];
	const char *place = memmem(line.data, line.size, damage->behind,
	    strlen(damage->behind));
	struct buf text = { 0 };
	size_t kept;

	must(place != NULL);
	kept = (size_t)(place - line.data) + strlen(damage->behind);
	buf_add(&text, line.data, kept);
	buf_text(&text, damage->put_in);
	if (damage->put_in[0] != '\0')
		buf_add(&text, line.data + kept, line.size - kept);
	parcel_add(parcel, buf_slice(&text), id, FATE_QUARANTINE);
	buf_close(&text);
}

static void
remember(struct chaos *chaos, struct slice line)
{
	struct buf *told = &chaos->told[chaos->told_count++ % CHAOS_REMEMBERED];

	buf_clear(told);
	buf_add(told, line.data, line.size);
}

static void
repeat_one(struct chaos *chaos, struct parcel *parcel)
{
	size_t count = chaos->told_count < CHAOS_REMEMBERED ? chaos->told_count
							    : CHAOS_REMEMBERED;
	uint32_t which;

	if (count == 0)
		return;
	which = random_below(&chaos->random, (uint32_t)count);
	parcel_add(parcel, buf_slice(&chaos->told[which]), NULL, FATE_LOG);
}

void
chaos_tell(struct chaos *chaos, struct parcel *parcel, struct slice line,
    const char *id)
{
	if (happens(chaos, damaged_share)) {
		add_damaged(chaos, parcel, line, id);
	} else {
		parcel_add(parcel, line, id, FATE_LOG);
		remember(chaos, line);
	}
	if (happens(chaos, repeated_share))
		repeat_one(chaos, parcel);
}

/* The shuffle of Fisher and Yates (Durstenfeld, 1964). */
static void
shuffle(struct chaos *chaos, struct parcel *parcel)
{
	struct slice *lines = mem_alloc(parcel->records, sizeof(*lines));
	struct buf shuffled = { 0 };
	const char *at = parcel->lines.data;

	for (size_t i = 0; i < parcel->records; i++) {
		lines[i].data = at;
		at += strcspn(at, "\n") + 1;
		lines[i].size = (size_t)(at - lines[i].data);
	}
	for (size_t i = parcel->records; i > 0; i--) {
		size_t other = random_below(&chaos->random, (uint32_t)i);

		buf_add(&shuffled, lines[other].data, lines[other].size);
		lines[other] = lines[i - 1];
	}
	free(lines);
	buf_close(&parcel->lines);
	parcel->lines = shuffled;
}

void
chaos_hold(struct chaos *chaos, struct parcel *parcel)
{
	struct parcel *place = &chaos->waiting[chaos->waiting_count++];
	struct parcel emptied = *place;

	must(chaos->waiting_count <= CHAOS_WAITING && chaos->leaving == NULL);
	shuffle(chaos, parcel);
	*place = *parcel;
	emptied.number = place->number;
	*parcel = emptied;
	parcel_renew(parcel);
}

/* The one that left is behind those that wait. */
static void
let_go(struct chaos *chaos)
{
	struct parcel *last = &chaos->waiting[--chaos->waiting_count];
	struct parcel gone = *chaos->leaving;

	*chaos->leaving = *last;
	*last = gone;
	chaos->leaving = NULL;
}

struct parcel *
chaos_next(struct chaos *chaos, bool is_end)
{
	struct parcel *chosen;

	if (chaos->leaving != NULL)
		let_go(chaos);
	if (chaos->waiting_count < (is_end ? 1 : CHAOS_WAITING))
		return NULL;
	chosen = &chaos->waiting[random_below(&chaos->random,
	    (uint32_t)chaos->waiting_count)];
	if (!happens(chaos, sent_again_share))
		chaos->leaving = chosen;
	return chosen;
}
