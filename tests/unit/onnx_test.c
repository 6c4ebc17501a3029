/*
 * onnx_test.c - the exported graph, read back by a reader of its own: every
 * name is made before it is used, and the GRUs' gates are in ONNX's order.
 *
 * That a runtime loads it and computes our numbers is seen by
 * tests/bench/peers.
 */
#include "ml/onnx.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/must.h"
#include "tests/support/sample_model.h"
#include "tests/support/test.h"

enum { NAMES_MOST = 400 };

/* Field numbers of onnx.proto. */
enum { MODEL_GRAPH = 7, MODEL_OPSET = 8, OPSET_VERSION = 2 };
enum { GRAPH_NODE = 1, GRAPH_TENSOR = 5, GRAPH_INPUT = 11, GRAPH_OUTPUT = 12 };
enum { NODE_INPUT = 1, NODE_OUTPUT = 2, NODE_OPERATOR = 4, NODE_ATTRIBUTE = 5 };
enum { ATTRIBUTE_NAME = 1, ATTRIBUTE_INTEGER = 3 };
enum { TENSOR_DIM = 1, TENSOR_NAME = 8, TENSOR_RAW = 9, VALUE_NAME = 1 };

struct field {
	uint64_t number;
	uint64_t integer;
	struct slice bytes;
};

static uint64_t
read_varint(struct slice *from)
{
	uint64_t value = 0;

	for (int shift = 0; shift < 64; shift += 7) {
		unsigned char byte;

		assert_true(from->size > 0);
		byte = (unsigned char)*from->data;
		from->data++;
		from->size--;
		value |= (uint64_t)(byte & 0x7f) << shift;
		if (byte < 0x80)
			break;
	}
	return value;
}

static bool
next_field(struct slice *from, struct field *field)
{
	uint64_t tag;

	if (from->size == 0)
		return false;
	tag = read_varint(from);
	*field = (struct field){ .number = tag >> 3 };
	if ((tag & 7) == 0) {
		field->integer = read_varint(from);
		return true;
	}
	assert_int_equal(tag & 7, 2);
	field->bytes.size = read_varint(from);
	assert_true(field->bytes.size <= from->size);
	field->bytes.data = from->data;
	from->data += field->bytes.size;
	from->size -= field->bytes.size;
	return true;
}

/* The first field of that number. */
static struct field
find_field(struct slice in, uint64_t number)
{
	struct field field;

	while (next_field(&in, &field))
		if (field.number == number)
			return field;
	fail_msg("there is no field %d", (int)number);
	return field;
}

static bool
is_text(struct slice bytes, const char *text)
{
	return bytes.size == strlen(text) &&
	    memcmp(bytes.data, text, bytes.size) == 0;
}

struct names {
	struct slice made[NAMES_MOST];
	size_t count;
};

static bool
is_made(const struct names *names, struct slice name)
{
	for (size_t i = 0; i < names->count; i++)
		if (names->made[i].size == name.size &&
		    memcmp(names->made[i].data, name.data, name.size) == 0)
			return true;
	return false;
}

static void
make(struct names *names, struct slice name)
{
	if (is_made(names, name))
		fail_msg("%.*s is made twice", (int)name.size, name.data);
	must(names->count < NAMES_MOST);
	names->made[names->count++] = name;
}

static void
run_node(struct names *names, struct slice node)
{
	struct slice rest = node;
	struct field field;

	while (next_field(&rest, &field))
		if (field.number == NODE_INPUT && !is_made(names, field.bytes))
			fail_msg("%.*s is used before it is made",
			    (int)field.bytes.size, field.bytes.data);
	rest = node;
	while (next_field(&rest, &field))
		if (field.number == NODE_OUTPUT)
			make(names, field.bytes);
}

struct rig {
	struct model *model;
	struct buf file;
	struct slice graph;
};

static void
rig_write(struct rig *rig)
{
	struct err err = { 0 };

	if (!onnx_write(rig->model, &rig->file, &err))
		fail_msg("%s", err.detail);
	rig->graph = find_field(buf_slice(&rig->file), MODEL_GRAPH).bytes;
}

static void
rig_open(struct rig *rig)
{
	*rig = (struct rig){ .model = sample_network_model(1) };
	rig_write(rig);
}

static void
rig_open_isotonic(struct rig *rig)
{
	*rig = (struct rig){ .model = sample_network_model(1) };
	rig->model->isotonic =
	    (struct isotonic){ 3, { -1, .5f, 2 }, { -.75f, -.5f, 3 } };
	rig_write(rig);
}

static void
rig_close(struct rig *rig)
{
	buf_close(&rig->file);
	model_unref(rig->model);
}

static void
check_names(const struct rig *rig)
{
	static struct names names;
	struct slice rest = rig->graph;
	struct field field;

	names.count = 0;
	while (next_field(&rest, &field))
		if (field.number == GRAPH_TENSOR)
			make(&names,
			    find_field(field.bytes, TENSOR_NAME).bytes);
		else if (field.number == GRAPH_INPUT)
			make(&names, find_field(field.bytes, VALUE_NAME).bytes);
	rest = rig->graph;
	while (next_field(&rest, &field))
		if (field.number == GRAPH_NODE)
			run_node(&names, field.bytes);
	rest = rig->graph;
	while (next_field(&rest, &field))
		if (field.number == GRAPH_OUTPUT)
			assert_true(is_made(&names,
			    find_field(field.bytes, VALUE_NAME).bytes));
}

static void
every_name_is_made_once_and_before_it_is_used(void **state)
{
	struct rig rig;

	(void)state;
	rig_open(&rig);
	check_names(&rig);
	rig_close(&rig);
	rig_open_isotonic(&rig);
	check_names(&rig);
	rig_close(&rig);
}

static void
a_tensor_is_as_large_as_its_shape(void **state)
{
	struct slice rest, inner;
	struct field field, part;
	struct rig rig;
	size_t tensors = 0;

	(void)state;
	rig_open(&rig);
	rest = rig.graph;
	while (next_field(&rest, &field)) {
		uint64_t count = 1;
		size_t size;

		if (field.number != GRAPH_TENSOR)
			continue;
		inner = field.bytes;
		while (next_field(&inner, &part))
			if (part.number == TENSOR_DIM)
				count *= part.integer;
		size = find_field(field.bytes, TENSOR_RAW).bytes.size;
		assert_true(size == 4 * count || size == 8 * count);
		tensors++;
	}
	assert_true(tensors > 30);
	rig_close(&rig);
}

/* The raw floats of a tensor, by name. */
static const float *
find_tensor(const struct rig *rig, const char *name, float *copy, size_t most)
{
	struct slice rest = rig->graph, raw;
	struct field field;

	while (next_field(&rest, &field)) {
		if (field.number != GRAPH_TENSOR ||
		    !is_text(find_field(field.bytes, TENSOR_NAME).bytes, name))
			continue;
		raw = find_field(field.bytes, TENSOR_RAW).bytes;
		assert_true(raw.size <= most * sizeof(float));
		memcpy(copy, raw.data, raw.size);
		return copy;
	}
	fail_msg("there is no %s", name);
	return NULL;
}

/* Ours are r, z, n; ONNX wants z, r, h. */
static void
gates_are_in_the_order_of_onnx(void **state)
{
	enum { HIDDEN = 8, INPUTS = NETWORK_GRADES };
	float copy[3 * HIDDEN * INPUTS];
	const float *ours, *theirs;
	struct rig rig;
	size_t gate = (size_t)HIDDEN * INPUTS;

	(void)state;
	rig_open(&rig);
	ours = network_known(rig.model->network)->tensor[TENSOR_GRADES_INPUT];
	theirs = find_tensor(&rig, "grades.W", copy, ARRAY_SIZE(copy));
	assert_memory_equal(theirs, ours + gate, gate * sizeof(float));
	assert_memory_equal(theirs + gate, ours, gate * sizeof(float));
	assert_memory_equal(theirs + 2 * gate, ours + 2 * gate,
	    gate * sizeof(float));
	rig_close(&rig);
}

static double
limited(double x, double low, double high)
{
	return x < low ? low : x > high ? high : x;
}

/* The sum that the graph's tensors stand for (onnx.c). */
static void
an_isotonic_score_is_bent_as_ours_is(void **state)
{
	float at[3], width[3], slope[3], offset;
	struct rig rig;

	(void)state;
	rig_open_isotonic(&rig);
	find_tensor(&rig, "knots", at, ARRAY_SIZE(at));
	find_tensor(&rig, "knots.width", width, ARRAY_SIZE(width));
	find_tensor(&rig, "knots.slope", slope, ARRAY_SIZE(slope));
	find_tensor(&rig, "knots.offset", &offset, 1);
	for (double x = -4; x < 4; x += .125) {
		double bent = fmin(x, (double)at[0]) + (double)offset;

		for (int i = 0; i < 3; i++)
			bent += (double)slope[i] *
			    limited(x - (double)at[i], 0, (double)width[i]);
		assert_near(bent, isotonic_apply(&rig.model->isotonic, x),
		    1e-6);
	}
	rig_close(&rig);
}

static bool
has_attribute(struct slice node, const char *name, uint64_t value)
{
	struct field field;

	while (next_field(&node, &field))
		if (field.number == NODE_ATTRIBUTE &&
		    is_text(find_field(field.bytes, ATTRIBUTE_NAME).bytes,
			name))
			return find_field(field.bytes, ATTRIBUTE_INTEGER)
				   .integer == value;
	return false;
}

static void
there_are_three_grus_that_reset_behind_the_linear_part(void **state)
{
	struct slice rest, opset;
	struct field field;
	struct rig rig;
	int grus = 0;

	(void)state;
	rig_open(&rig);
	rest = rig.graph;
	while (next_field(&rest, &field)) {
		if (field.number != GRAPH_NODE ||
		    !is_text(find_field(field.bytes, NODE_OPERATOR).bytes,
			"GRU"))
			continue;
		grus++;
		assert_true(
		    has_attribute(field.bytes, "linear_before_reset", 1));
		assert_true(has_attribute(field.bytes, "hidden_size", 8));
	}
	assert_int_equal(grus, 3);
	opset = find_field(buf_slice(&rig.file), MODEL_OPSET).bytes;
	assert_int_equal(find_field(opset, OPSET_VERSION).integer, 14);
	rig_close(&rig);
}

static void
another_kind_of_model_is_refused(void **state)
{
	struct model *model = sample_logistic_model(1);
	struct buf file = { 0 };
	struct err err = { 0 };

	(void)state;
	assert_false(onnx_write(model, &file, &err));
	assert_int_equal(err.code, ERR_INVALID);
	assert_int_equal(file.size, 0);
	model_unref(model);
}

RUN_TESTS(cmocka_unit_test(every_name_is_made_once_and_before_it_is_used),
    cmocka_unit_test(a_tensor_is_as_large_as_its_shape),
    cmocka_unit_test(gates_are_in_the_order_of_onnx),
    cmocka_unit_test(an_isotonic_score_is_bent_as_ours_is),
    cmocka_unit_test(there_are_three_grus_that_reset_behind_the_linear_part),
    cmocka_unit_test(another_kind_of_model_is_refused))
