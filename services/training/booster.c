/*
 * booster.c - XGBoost's handles, and its JSON as nodes.
 */
#include "services/training/booster.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <xgboost/c_api.h>

#include "base/mem.h"
#include "base/must.h"
#include "ml/logistic.h"
#include "wire/json.h"

#define PROTO_DEF "services/training/xgboost.def"
#include "proto/as_structs.h"
#define PROTO_DEF "services/training/xgboost.def"
#include "proto/as_messages.h"

enum { ONE_THREAD = 1, BLOCK = 1 << 20, NUMBER_SIZE = 32 };

struct booster {
	BoosterHandle handle;  /* owned */
	DMatrixHandle learned; /* owned */
	DMatrixHandle watched; /* owned; NULL: nothing is */
	float bias;            /* the log odds boosting begins with */
	int trees;
};

static bool
fail(const char *what, struct err *err)
{
	return err_set(err, ERR_INTERNAL, "XGBoost: %s: %s", what,
	    XGBGetLastError());
}

static bool
set_text(struct booster *b, const char *name, const char *value,
    struct err *err)
{
	return XGBoosterSetParam(b->handle, name, value) == 0 ||
	    fail(name, err);
}

static bool
set(struct booster *b, const char *name, double value, struct err *err)
{
	char text[NUMBER_SIZE];

	snprintf(text, sizeof(text), "%.17g", value);
	return set_text(b, name, text, err);
}

static bool
set_all(struct booster *b, const struct booster_settings *s, uint64_t seed,
    struct err *err)
{
	return set_text(b, "objective", "binary:logistic", err) &&
	    set_text(b, "tree_method", "hist", err) &&
	    set(b, "verbosity", 0, err) && set(b, "nthread", ONE_THREAD, err) &&
	    set(b, "seed", (double)(uint32_t)seed, err) &&
	    set(b, "max_depth", s->depth, err) && set(b, "eta", s->rate, err) &&
	    set(b, "min_child_weight", s->least, err) &&
	    set(b, "lambda", s->l2, err) &&
	    set(b, "subsample", s->row_share, err) &&
	    set(b, "colsample_bytree", s->input_share, err);
}

static float
log_odds(const struct table *table)
{
	double adverse = 1;

	for (size_t i = 0; i < table->count; i++)
		adverse += table->adverse[i];
	return (float)logistic_logit_of(adverse / ((double)table->count + 2));
}

/* XGBoost takes labels and the logits to begin with as floats, and copies. */
static bool
load(const struct table *table, float bias, DMatrixHandle *to, struct err *err)
{
	float *values = mem_alloc(table->count + 1, sizeof(*values));
	bool is_good;

	is_good = XGDMatrixCreateFromMat_omp(table->rows, table->count,
		      MODEL_INPUTS, NAN, to, ONE_THREAD) == 0;
	for (size_t i = 0; i < table->count; i++)
		values[i] = table->adverse[i];
	is_good = is_good &&
	    XGDMatrixSetFloatInfo(*to, "label", values, table->count) == 0;
	for (size_t i = 0; i < table->count; i++)
		values[i] = bias;
	is_good = is_good &&
	    XGDMatrixSetFloatInfo(*to, "base_margin", values, table->count) ==
		0;
	free(values);
	return is_good || fail("rows", err);
}

bool
booster_new(struct booster **booster, const struct booster_settings *settings,
    const struct table *learned, const struct table *watched, uint64_t seed,
    struct err *err)
{
	struct booster *b = mem_alloc(1, sizeof(*b));
	DMatrixHandle tables[2];
	bool is_good;

	must(settings->depth <= TREES_DEPTH_MAX);
	b->bias = log_odds(learned);
	is_good = load(learned, b->bias, &b->learned, err) &&
	    (watched == NULL || load(watched, b->bias, &b->watched, err));
	tables[0] = b->learned;
	tables[1] = b->watched;
	is_good = is_good &&
	    (XGBoosterCreate(tables, watched == NULL ? 1 : 2, &b->handle) ==
		    0 ||
		fail("booster", err)) &&
	    set_all(b, settings, seed, err);
	*booster = is_good ? b : NULL;
	if (!is_good)
		booster_free(b);
	return is_good;
}

void
booster_free(struct booster *booster)
{
	if (booster == NULL)
		return;
	if (booster->handle != NULL)
		XGBoosterFree(booster->handle);
	if (booster->learned != NULL)
		XGDMatrixFree(booster->learned);
	if (booster->watched != NULL)
		XGDMatrixFree(booster->watched);
	free(booster);
}

bool
booster_grow(struct booster *booster, struct err *err)
{
	return XGBoosterUpdateOneIter(booster->handle, booster->trees++,
		   booster->learned) == 0 ||
	    fail("growing a tree", err);
}

bool
booster_logits(struct booster *booster, const float **logits, struct err *err)
{
	static const char margin[] =
	    "{\"type\":1,\"training\":false,\"iteration_begin\":0,"
	    "\"iteration_end\":0,\"strict_shape\":false}";
	const bst_ulong *shape;
	bst_ulong dims;

	must(booster->watched != NULL);
	return XGBoosterPredictFromDMatrix(booster->handle, booster->watched,
		   margin, &shape, &dims, logits) == 0 ||
	    fail("logits", err);
}

/* Taking trees out -------------------------------------------------------- */

static int
node_total(const struct xgboost_trees *from)
{
	size_t total = 0;

	for (size_t i = 0; i < from->trees_count; i++)
		total += from->trees[i].left_children_count;
	return total <= TREES_NODES_MAX ? (int)total : TREES_NODES_MAX + 1;
}

static bool
is_whole(const struct xgboost_tree *tree)
{
	size_t count = tree->left_children_count;

	return count > 0 && tree->right_children_count == count &&
	    tree->split_indices_count == count &&
	    tree->split_conditions_count == count &&
	    tree->default_left_count == count;
}

/* Breadth first: the two children of a node come side by side, whatever
 * places they had; nodes that were cut away are not reached.  Returns the
 * place behind the last, or -1 where there are more nodes than the tree has. */
static int
take_tree(const struct xgboost_tree *from, struct trees *to, int first,
    size_t *place)
{
	int end = first + 1;

	place[0] = 0;
	for (int at = first; at < end; at++) {
		size_t i = place[at - first];
		double left = from->left_children[i];
		double right = from->right_children[i];
		bool is_leaf = left < 0;

		to->nodes[at] = (struct tree_node){ TREE_LEAF,
			(float)from->split_conditions[i], false, 0 };
		if (is_leaf)
			continue;
		if (left >= (double)from->left_children_count || right < 0 ||
		    right >= (double)from->left_children_count ||
		    (size_t)(end - first) + 2 > from->left_children_count)
			return -1;
		to->nodes[at].input = (int)from->split_indices[i];
		to->nodes[at].missing_left = from->default_left[i] == 1;
		to->nodes[at].left = end;
		place[end++ - first] = (size_t)left;
		place[end++ - first] = (size_t)right;
	}
	return end;
}

/* `place` is as long as the longest tree, at least. */
static const char *
take_trees(const struct xgboost_trees *from, struct trees *to, size_t *place)
{
	int at = 0;

	for (size_t i = 0; i < from->trees_count; i++) {
		to->root[i] = at;
		at = is_whole(&from->trees[i])
		    ? take_tree(&from->trees[i], to, at, place)
		    : -1;
		if (at == -1)
			return "are not whole";
	}
	to->node_count = at;
	return trees_fault(to, MODEL_INPUTS);
}

static bool
convert(const struct xgboost_trees *from, float bias, struct trees **trees,
    struct err *err)
{
	int total = node_total(from);
	const char *fault;
	size_t *place;

	if (from->trees_count < 1 || from->trees_count > TREES_MAX ||
	    total < (int)from->trees_count || total > TREES_NODES_MAX)
		return err_set(err, ERR_INTERNAL,
		    "XGBoost grew %zu trees of %d nodes, which are too many",
		    from->trees_count, total);
	*trees = trees_new((int)from->trees_count, total);
	(*trees)->bias = bias;
	place = mem_alloc((size_t)total, sizeof(*place));
	fault = take_trees(from, *trees, place);
	free(place);
	if (fault == NULL)
		return true;
	trees_free(*trees);
	*trees = NULL;
	return err_set(err, ERR_INTERNAL, "XGBoost's trees %s", fault);
}

bool
booster_trees(struct booster *booster, struct trees **trees, struct err *err)
{
	struct xgboost_model model;
	struct arena arena;
	bst_ulong size;
	const char *json;
	bool is_good;

	*trees = NULL;
	if (XGBoosterSaveModelToBuffer(booster->handle, "{\"format\":\"json\"}",
		&size, &json) != 0)
		return fail("saving", err);
	arena_init(&arena, BLOCK);
	is_good =
	    (json_decode(&xgboost_model_message, (struct slice){ json, size },
		 JSON_LENIENT, &arena, &model, err) ||
		err_in(err, "XGBoost's model")) &&
	    convert(model.learner->gradient_booster->model, booster->bias,
		trees, err);
	arena_close(&arena);
	return is_good;
}
