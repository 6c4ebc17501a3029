/*
 * inference_data.c - the numbers of a tensor.
 *
 * JSON was checked as a whole before (json_scan_whole), so what stands here is
 * JSON; that it is an array, of numbers, and of as many as the shape says, is
 * found out here.  Data may be flat, or nested as deep as the shape.
 */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "services/prediction/inference.h"
#include "wire/json_scan.h"

/* Beyond, a value is nobody's, and sums of squares would leave f32. */
#define VALUE_MOST 1e15f

/* An array being read; what a number becomes is the taker's. */
struct reading {
	const struct tensor_source *source;
	size_t count; /* numbers taken so far */
	bool (*take)(struct reading *reading, struct slice number,
	    struct err *err);
	float *floats; /* of take_float */
	int *counts;   /* of take_count */
	int most;      /* of take_count */
};

static bool
refuse(const struct reading *reading, struct err *err, const char *what)
{
	return err_set(err, ERR_MALFORMED, "%s: value %zu %s",
	    reading->source->name, reading->count, what);
}

static bool
put_float(struct reading *reading, float value, struct err *err)
{
	if (fabsf(value) > VALUE_MOST)
		return refuse(reading, err, "is beyond 1e15");
	reading->floats[reading->count++] = value;
	return true;
}

static bool
put_count(struct reading *reading, int64_t value, struct err *err)
{
	if (value < 1 || value > reading->most)
		return err_set(err, ERR_MALFORMED,
		    "%s: value %zu is not from 1 to %d, the steps there are",
		    reading->source->name, reading->count, reading->most);
	reading->counts[reading->count++] = (int)value;
	return true;
}

static bool
is_number(struct slice text)
{
	return *text.data == '-' || (*text.data >= '0' && *text.data <= '9');
}

/* Behind a number in an array stands a comma, a bracket or a blank: where
 * strtof and strtoll end. */
static bool
take_float(struct reading *reading, struct slice number, struct err *err)
{
	if (slice_is(number, "null"))
		return put_float(reading, NAN, err);
	if (!is_number(number))
		return refuse(reading, err, "is no number and not null");
	return put_float(reading, strtof(number.data, NULL), err);
}

static bool
take_count(struct reading *reading, struct slice number, struct err *err)
{
	char *end;
	int64_t value;

	if (!is_number(number))
		return refuse(reading, err, "is no number");
	value = strtoll(number.data, &end, 10);
	if (end != number.data + number.size)
		return refuse(reading, err, "is no whole number");
	return put_count(reading, value, err);
}

static bool
is_array(struct slice text)
{
	return text.size > 0 && *text.data == '[';
}

static bool
refuse_shape(const struct reading *reading, struct err *err)
{
	return err_set(err, ERR_MALFORMED,
	    "%s: data has another number of values than shape says, or is "
	    "nested otherwise",
	    reading->source->name);
}

/* The parts of one array, of which there must be `wanted`: arrays where
 * `level` is not the last of the shape, else numbers.  As deep as the rank. */
static bool
read_array(struct reading *reading, struct slice array, size_t level,
    size_t wanted, struct err *err)
{
	const struct tensor_source *source = reading->source;
	bool is_last = level + 1 == source->rank;
	struct json_scan parts;
	struct slice part;
	size_t count = 0;

	if (!is_array(array))
		return refuse_shape(reading, err);
	parts = json_parts_of(array);
	while (json_next_part(&parts, NULL, &part)) {
		if (count++ == wanted)
			return refuse_shape(reading, err);
		if (is_last ? !reading->take(reading, part, err)
			    : !read_array(reading, part, level + 1,
				  source->shape[level + 1], err))
			return false;
	}
	return count == wanted || refuse_shape(reading, err);
}

static bool
is_nested(struct slice array)
{
	struct json_scan parts;
	struct slice first;

	if (!is_array(array))
		return false;
	parts = json_parts_of(array);
	return json_next_part(&parts, NULL, &first) && is_array(first);
}

static size_t
size_of(const struct tensor_source *source)
{
	size_t size = 1;

	for (size_t i = 0; i < source->rank; i++)
		size *= source->shape[i];
	return size;
}

static bool
read_json(struct reading *reading, struct err *err)
{
	const struct tensor_source *source = reading->source;

	if (is_nested(source->data))
		return read_array(reading, source->data, 0, source->shape[0],
		    err);
	return read_array(reading, source->data, source->rank - 1,
	    size_of(source), err);
}

bool
tensor_floats(const struct tensor_source *source, float *out, struct err *err)
{
	struct reading reading = { source, 0, take_float, out, NULL, 0 };
	size_t size = size_of(source);

	if (!source->is_binary)
		return read_json(&reading, err);
	must(source->data.size == size * sizeof(float));
	for (size_t i = 0; i < size; i++) {
		float value;

		memcpy(&value, source->data.data + i * sizeof(value),
		    sizeof(value));
		if (!put_float(&reading, value, err))
			return false;
	}
	return true;
}

static int64_t
whole_at(const char *from, size_t width)
{
	int32_t narrow;
	int64_t wide;

	if (width == sizeof(narrow)) {
		memcpy(&narrow, from, sizeof(narrow));
		return narrow;
	}
	must(width == sizeof(wide));
	memcpy(&wide, from, sizeof(wide));
	return wide;
}

bool
tensor_counts(const struct tensor_source *source, size_t width, int most,
    int *out, struct err *err)
{
	struct reading reading = { source, 0, take_count, NULL, out, most };
	size_t size = size_of(source);

	if (!source->is_binary)
		return read_json(&reading, err);
	must(source->data.size == size * width);
	for (size_t i = 0; i < size; i++)
		if (!put_count(&reading,
			whole_at(source->data.data + i * width, width), err))
			return false;
	return true;
}
