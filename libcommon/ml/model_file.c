/*
 * model_file.c - a model out of its bytes.  model_save.c makes them.
 */
#include "ml/model_file.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/must.h"
#include "ml/model_inner.h"
#include "ml/reference_file.h"
#include "ml/safetensors.h"
#include "ml/trees_file.h"
#include "secure/digest.h"

enum { ROW = NETWORK_MAX_STEPS * NETWORK_INPUTS };

void
model_digest(struct slice file, char text[MODEL_DIGEST_SIZE])
{
	unsigned char bytes[DIGEST_SIZE];

	_Static_assert(MODEL_DIGEST_SIZE == (int)DIGEST_TEXT_SIZE,
	    "a digest's text");
	digest(file, bytes);
	digest_text(bytes, text);
}

/* What is being read, and how many of its tensors were asked for. */
struct load {
	struct safetensors file;
	size_t used;
	struct err *err;
};

static bool
refuse(struct load *l, const char *name, const char *what)
{
	return err_set(l->err, ERR_INVALID, "model file: %s %s", name, what);
}

/* Exactly `count` numbers parted by commas. */
static bool
get_numbers(struct load *l, const char *key, double *numbers, int count)
{
	const char *text = safetensors_text(&l->file, key);
	char *end;

	for (int i = 0; text && i < count; i++) {
		numbers[i] = strtod(text, &end);
		if (end == text || !isfinite(numbers[i]) ||
		    *end != (i + 1 < count ? ',' : '\0'))
			return refuse(l, key, "is not what it should be");
		text = end + 1;
	}
	return text != NULL || refuse(l, key, "is missing");
}

/* The tensor of this shape; columns 0: a vector. */
static bool
get_tensor(struct load *l, const char *name, int rows, int columns,
    float *values)
{
	const struct safetensor *t = safetensors_find(&l->file, name);

	if (!t)
		return refuse(l, name, "is missing");
	if (t->dims != (columns > 0 ? 2 : 1) || t->shape[0] != (uint32_t)rows ||
	    (columns > 0 && t->shape[1] != (uint32_t)columns))
		return refuse(l, name, "has another shape");
	memcpy(values, t->data, t->count * sizeof(float));
	l->used++;
	return true;
}

static bool
get_finite(struct load *l, const char *name, int rows, int columns,
    float *values)
{
	size_t count = (size_t)rows * (size_t)(columns > 0 ? columns : 1);

	if (!get_tensor(l, name, rows, columns, values))
		return false;
	for (size_t i = 0; i < count; i++)
		if (!isfinite(values[i]))
			return refuse(l, name, "holds what is not finite");
	return true;
}

static bool
get_shape(struct load *l, struct network_shape *shape)
{
	double sizes[3];

	if (!get_numbers(l, "shape", sizes, 3))
		return false;
	for (int i = 0; i < 3; i++)
		if (sizes[i] < 1 || sizes[i] > 256 ||
		    sizes[i] != floor(sizes[i]))
			return refuse(l, "shape", "is out of bounds");
	*shape = (struct network_shape){ (int)sizes[0], (int)sizes[1],
		(int)sizes[2] };
	return network_shape_is_valid(shape) || refuse(l, "shape", "cannot be");
}

static bool
get_trees(struct load *l, struct model **model)
{
	const char *fault;
	struct trees *trees = trees_read(&l->file, MODEL_INPUTS, &fault);

	if (!trees)
		return refuse(l, "trees", fault);
	l->used += TREES_TENSORS;
	*model = model_new_trees(trees);
	return true;
}

/* A model of the right kind and shape, still without weights; trees are all
 * there. */
static bool
get_kind(struct load *l, struct model **model)
{
	const char *format = safetensors_text(&l->file, "format");
	const char *kind = safetensors_text(&l->file, "kind");
	struct network_shape shape;

	if (!format || strcmp(format, MODEL_FORMAT) != 0)
		return refuse(l, "format", "is not ours");
	if (kind && strcmp(kind, "logistic") == 0) {
		*model = model_new(NULL);
		return true;
	}
	if (kind && strcmp(kind, "trees") == 0)
		return get_trees(l, model);
	if (!kind || strcmp(kind, "network") != 0)
		return refuse(l, "kind", "is unknown");
	if (!get_shape(l, &shape))
		return false;
	*model = model_new(&shape);
	return true;
}

/* Files of before the logit read the inputs end in a row over the fusion layer
 * alone: there inputs weigh 0. */
static int
told_width(const struct load *l, const struct model *m)
{
	return m->network && !safetensors_find(&l->file, "direct.weight")
	    ? network_shape(m->network)->fusion
	    : model_width(m);
}

static bool
get_network(struct load *l, struct model *m)
{
	for (enum network_tensor i = 0; i < TENSOR_COUNT; i++) {
		struct network_tensor_row row =
		    network_tensor(network_shape(m->network), i);
		bool is_vector = row.rows == 1;

		if (i == TENSOR_DIRECT && !safetensors_find(&l->file, row.name))
			continue;
		if (!get_finite(l, row.name, is_vector ? row.columns : row.rows,
			is_vector ? 0 : row.columns,
			network_weights(m->network)->tensor[i]))
			return false;
	}
	network_pack(m->network);
	return true;
}

static bool
get_weights(struct load *l, struct model *m)
{
	switch (m->kind) {
	case MODEL_NETWORK:
		return get_network(l, m);
	case MODEL_LOGISTIC:
		return get_finite(l, "logistic.weight", MODEL_INPUTS, 0,
			   m->weights) &&
		    get_finite(l, "logistic.bias", 1, 0, &m->intercept);
	case MODEL_TREES:
		return true;
	}
	must(!"a kind of model");
	return false;
}

static bool
get_standard(struct load *l, struct model *m)
{
	struct network_standard standard;

	if (!get_finite(l, "standard.mean", MODEL_INPUTS, 0, standard.mean) ||
	    !get_finite(l, "standard.deviation", MODEL_INPUTS, 0,
		standard.deviation))
		return false;
	for (int i = 0; i < MODEL_INPUTS; i++)
		if (standard.deviation[i] < 0)
			return refuse(l, "standard.deviation", "is negative");
	model_set_standard(m, &standard);
	return true;
}

static bool
get_answer(struct load *l, struct model *m)
{
	const char *manifest = safetensors_text(&l->file, "manifest");
	double pair[2];

	if (!get_numbers(l, "calibration", pair, 2) ||
	    !get_numbers(l, "cuts", m->cuts, MODEL_CUTS))
		return false;
	if (pair[0] <= 0)
		return refuse(l, "calibration", "turns the order around");
	if (!(m->cuts[0] > 0 && m->cuts[0] <= m->cuts[1] &&
		m->cuts[1] <= m->cuts[2] && m->cuts[2] < 1))
		return refuse(l, "cuts", "do not rise within 0 and 1");
	if (!manifest)
		return refuse(l, "manifest", "is missing");
	m->calibration = (struct calibration){ pair[0], pair[1] };
	return model_set_manifest(m, manifest, l->err) &&
	    get_finite(l, "baseline.steps", NETWORK_MAX_STEPS,
		   NETWORK_INPUTS, m->baseline.steps) &&
	    get_finite(l, "baseline.context", NETWORK_CONTEXT, 0,
		m->baseline.context);
}

/* Shares, and how many samples they are of. */
static bool
get_quantisation(struct load *l, struct model *m)
{
	double costs[4];

	if (!safetensors_text(&l->file, "int8"))
		return true;
	if (!get_numbers(l, "int8", costs, 4))
		return false;
	for (int i = 0; i < 3; i++)
		if (costs[i] < 0 || costs[i] > 1)
			return refuse(l, "int8", "is out of bounds");
	if (costs[3] < 1 || costs[3] > 1e15 || costs[3] != floor(costs[3]))
		return refuse(l, "int8", "is of no number of samples");
	m->quantisation = (struct quantisation){ costs[0], costs[1], costs[2],
		(size_t)costs[3] };
	return m->network || refuse(l, "int8", "is of a network only");
}

static bool
get_isotonic(struct load *l, struct model *m)
{
	const struct safetensor *t = safetensors_find(&l->file, "isotonic.at");
	struct isotonic *isotonic = &m->isotonic;

	if (!t)
		return true;
	if (t->shape[0] > ISOTONIC_KNOTS)
		return refuse(l, "isotonic.at", "has too many knots");
	isotonic->count = (int)t->shape[0];
	return get_finite(l, "isotonic.at", isotonic->count, 0, isotonic->at) &&
	    get_finite(l, "isotonic.value", isotonic->count, 0,
		isotonic->value) &&
	    (isotonic_is_valid(isotonic) ||
		refuse(l, "isotonic.value", "does not rise"));
}

static bool
get_spread(struct load *l, struct model *m)
{
	const struct safetensor *t =
	    safetensors_find(&l->file, "spread.weight");
	int width = model_width(m), told = told_width(l, m);
	float *rows;
	bool is_good;

	if (!t)
		return true;
	if (t->shape[0] > MODEL_SPREAD_MAX)
		return refuse(l, "spread.weight", "has too many rows");
	m->spread_count = (int)t->shape[0];
	m->spread = mem_alloc((size_t)m->spread_count * (size_t)(width + 1),
	    sizeof(float));
	rows = mem_alloc((size_t)m->spread_count * (size_t)(told + 1),
	    sizeof(float));
	is_good =
	    get_finite(l, "spread.weight", m->spread_count, told + 1, rows);
	for (int i = 0; is_good && i < m->spread_count; i++) {
		const float *from = rows + i * (told + 1);
		float *to = m->spread + i * (width + 1);

		memcpy(to, from, (size_t)told * sizeof(float));
		to[width] = from[told];
	}
	free(rows);
	return is_good;
}

static bool
get_reference(struct load *l, struct model *m)
{
	const char *fault;

	if (!reference_is_there(&l->file))
		return true;
	m->reference = reference_read(&l->file, &fault);
	l->used += REFERENCE_TENSORS;
	return m->reference || refuse(l, "drift", fault);
}

static bool
set_lengths(struct load *l, struct golden *g, const float *lengths)
{
	for (int i = 0; i < g->count; i++) {
		float length = lengths[i];

		if (!(length >= 1 && length <= NETWORK_MAX_STEPS) ||
		    length != floorf(length))
			return refuse(l, "golden.length", "is out of bounds");
		g->rows[i] = (struct network_row){ g->steps + i * ROW,
			g->context + i * NETWORK_CONTEXT, (int)length };
	}
	return true;
}

static bool
get_golden(struct load *l, struct model *m)
{
	const struct safetensor *t = safetensors_find(&l->file, "golden.logit");
	struct golden *g = &m->golden;
	float lengths[MODEL_GOLDEN_MAX];
	double tolerance;

	if (!get_numbers(l, "tolerance", &tolerance, 1))
		return false;
	if (tolerance < 0 || tolerance > .01)
		return refuse(l, "tolerance", "is out of bounds");
	if (!t || t->shape[0] > MODEL_GOLDEN_MAX)
		return refuse(l, "golden.logit", "is missing or too long");
	g->count = (int)t->shape[0];
	size_t count = (size_t)g->count;
	g->tolerance = (float)tolerance;
	g->rows = mem_alloc(count, sizeof(*g->rows));
	g->steps = mem_alloc(count * ROW, sizeof(float));
	g->context = mem_alloc(count * NETWORK_CONTEXT, sizeof(float));
	g->logits = mem_alloc(count, sizeof(float));
	return get_tensor(l, "golden.steps", g->count, ROW, g->steps) &&
	    get_tensor(l, "golden.context", g->count, NETWORK_CONTEXT,
		g->context) &&
	    get_finite(l, "golden.length", g->count, 0, lengths) &&
	    get_finite(l, "golden.logit", g->count, 0, g->logits) &&
	    set_lengths(l, g, lengths);
}

static bool
fill(struct load *l, struct model *m)
{
	if (!get_weights(l, m) || !get_standard(l, m) || !get_answer(l, m) ||
	    !get_isotonic(l, m) || !get_quantisation(l, m) ||
	    !get_spread(l, m) || !get_golden(l, m) || !get_reference(l, m))
		return false;
	if (l->used != l->file.count)
		return refuse(l, "a tensor", "is not one of ours");
	return model_check_golden(m, l->err);
}

static bool
check_digest(struct slice file, const char *digest_wanted, char *text,
    struct err *err)
{
	model_digest(file, text);
	if (digest_wanted && strcmp(text, digest_wanted) != 0)
		return err_set(err, ERR_INVALID,
		    "model file: its SHA-256 is %s, not %s", text,
		    digest_wanted);
	return true;
}

bool
model_load(struct slice file, const char *digest_wanted, struct model **model,
    struct err *err)
{
	struct load l = { .err = err };
	char text[MODEL_DIGEST_SIZE];
	struct arena arena;
	bool is_read;

	*model = NULL;
	if (!check_digest(file, digest_wanted, text, err))
		return false;
	arena_init(&arena, 4096);
	is_read = safetensors_read(&l.file, &arena, file, err) &&
	    get_kind(&l, model) && fill(&l, *model);
	arena_close(&arena);
	if (is_read) {
		memcpy((*model)->digest, text, sizeof(text));
		return true;
	}
	model_unref(*model);
	*model = NULL;
	return false;
}
