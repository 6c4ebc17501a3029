/* shadow_note.c - copies what was scored, within bounds. */
#include <string.h>

#include "base/random.h"
#include "services/prediction/prediction.h"
#include "services/prediction/shadow.h"
#include "services/prediction/shadow_queue.h"
#include "services/prediction/store.h"

/* So that the choice is none that anything else makes. */
#define SHADOW_SALT UINT64_C(0x736861646f777331)

/* Floats that a row of steps is put on a multiple of. */
enum { STEP_ALIGN = ARENA_ALIGN / sizeof(float) };

/* Subjects whose looks go into one batch: by the first look of each. */
struct noted {
	const struct look *first[LOOKS_TOGETHER];
	size_t count;
	size_t points;
	int64_t look_ns;
};

static bool
is_chosen(const struct prediction_settings *settings, int64_t enrollment_id)
{
	uint64_t lot = random_at(SHADOW_SALT, (uint64_t)enrollment_id);

	/* The upper 53 bits, as a number below 1. */
	return (double)(lot >> 11) * 0x1p-53 < settings->shadow_share;
}

static size_t
step_room(const struct look *look)
{
	size_t floats = look->sequence.step_count * FEATURE_COUNT;

	return (floats + STEP_ALIGN - 1) / STEP_ALIGN * STEP_ALIGN;
}

/* Floats of the steps of all looks. */
static size_t
steps_of(const struct noted *noted)
{
	size_t floats = 0;

	for (size_t i = 0; i < noted->count; i++)
		for (size_t k = 0; k < noted->points; k++)
			floats += step_room(&noted->first[i][k]);
	return floats;
}

static void
copy_look(const struct look *look, float **steps, struct look *copy)
{
	size_t floats = look->sequence.step_count * FEATURE_COUNT;

	*copy = *look;
	copy->subject = NULL;
	copy->sequence.steps = *steps;
	if (floats > 0)
		memcpy(*steps, look->sequence.steps, floats * sizeof(float));
	*steps += step_room(look);
}

static void
copy_looks(const struct noted *noted, struct shadow_batch *batch)
{
	struct arena *arena = &batch->arena;
	size_t floats = steps_of(noted);
	float *steps = arena_alloc_aligned(arena, floats * sizeof(float));

	batch->look_count = noted->count * noted->points;
	batch->looks =
	    arena_array(arena, batch->look_count, sizeof(struct look));
	batch->rows =
	    arena_array(arena, noted->count, sizeof(struct shadow_row));
	for (size_t i = 0; i < noted->count; i++) {
		const struct look *looks = noted->first[i];
		const struct look *own = &looks[noted->points - 1];

		for (size_t k = 0; k < noted->points; k++)
			copy_look(&looks[k], &steps,
			    &batch->looks[i * noted->points + k]);
		batch->rows[i] = (struct shadow_row){
			.enrollment_id = own->subject->enrollment_id,
			.week = look_week(own),
			.parts = look_parts(own->score),
			.category = own->category,
			.look = (i + 1) * noted->points - 1,
		};
	}
}

static size_t
bytes_of(const struct noted *noted)
{
	return SHADOW_BATCH_BLOCK + steps_of(noted) * sizeof(float) +
	    noted->count *
	    (noted->points * sizeof(struct look) + sizeof(struct shadow_row));
}

/* One batch behind those that wait for the commit. */
static void
add_batch(struct worker *w, const struct basis *basis, struct noted *noted)
{
	const struct prediction_settings *settings = w->settings;
	struct tools *tools = w->scratch;
	struct shadow_batch **end = &tools->shadows;
	struct shadow_batch *batch = shadow_batch_new(&(struct shadow_pairing){
	    basis->tenant, basis->servings[0].version, basis->shadow });

	batch->day = noted->first[0][noted->points - 1].day;
	batch->champion_ns = noted->look_ns;
	batch->row_count = noted->count;
	batch->bytes = bytes_of(noted);
	if (shadow_queue_reserve(models_shadows(w->state), batch->bytes,
		(size_t)settings->shadow_queue_bytes))
		copy_looks(noted, batch);
	else
		batch->bytes = 0;
	while (*end != NULL)
		end = &(*end)->next;
	*end = batch;
	noted->count = 0;
}

static bool
is_champions(const struct basis *basis, const struct scored_looks *scoring)
{
	return strcmp(scoring->serving->version, basis->servings[0].version) ==
	    0;
}

void
shadow_note(struct worker *w, const struct basis *basis,
    const struct scored_looks *scoring)
{
	int64_t scored = (int64_t)looks_ready(scoring->looks, scoring->count);
	size_t points = scoring->points;
	struct noted noted = { .points = points };

	if (basis->shadow == NULL || scored == 0 ||
	    !is_champions(basis, scoring))
		return;
	noted.look_ns = scoring->worked_ns / scored;
	for (size_t i = 0; i < scoring->count; i += points) {
		const struct look *first = &scoring->looks[i];
		const struct look *own = &first[points - 1];

		if (own->day != basis->rules->today ||
		    own->sequence.status != FEATURES_READY ||
		    !is_chosen(w->settings, own->subject->enrollment_id))
			continue;
		noted.first[noted.count++] = first;
		if ((noted.count + 1) * points > LOOKS_TOGETHER)
			add_batch(w, basis, &noted);
	}
	if (noted.count > 0)
		add_batch(w, basis, &noted);
	if (w->call != NULL)
		w->call->after = store_settle;
}

/* The first of those that wait for the commit, out of their list. */
static struct shadow_batch *
unhook(struct tools *tools)
{
	struct shadow_batch *batch = tools->shadows;

	if (batch != NULL)
		tools->shadows = batch->next;
	return batch;
}

void
shadow_submit(struct worker *w)
{
	struct shadow_queue *queue = models_shadows(w->state);
	struct shadow_batch *batch;

	while ((batch = unhook(w->scratch)) != NULL)
		shadow_queue_put(queue, batch);
}

void
shadow_forget(struct worker *w)
{
	struct shadow_queue *queue = models_shadows(w->state);
	struct shadow_batch *batch;

	while ((batch = unhook(w->scratch)) != NULL)
		shadow_queue_finish(queue, batch);
}
