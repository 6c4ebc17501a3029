/* inference_write.c - scored rows as tensors, in JSON or as bytes behind it. */
#include <string.h>

#include "base/must.h"
#include "services/prediction/inference.h"
#include "wire/json.h"

/* One output of all rows. */
struct column {
	const struct look *looks;
	size_t rows;
	bool is_binary;
	struct buf *out;
};

static void
put_double(const struct column *column, double value)
{
	if (column->is_binary)
		buf_add(column->out, &value, sizeof(value));
	else
		json_real(column->out, value);
}

/* Nine digits read back as the same float. */
static void
put_float(const struct column *column, float value)
{
	if (column->is_binary)
		buf_add(column->out, &value, sizeof(value));
	else
		buf_printf(column->out, "%.9g", (double)value);
}

static void
put_text(const struct column *column, const char *text)
{
	uint32_t size = (uint32_t)strlen(text);

	if (column->is_binary) {
		buf_add(column->out, &size, sizeof(size));
		buf_text(column->out, text);
	} else {
		json_text(column->out, slice_of(text));
	}
}

static void
put_comma(const struct column *column)
{
	if (!column->is_binary)
		buf_byte(column->out, ',');
}

static void
put_value(const struct column *column, const struct look *look,
    enum inference_out what)
{
	switch (what) {
	case OUT_RISK_SCORE:
		put_double(column, look->score);
		return;
	case OUT_LOGIT:
		put_float(column, look->logit);
		return;
	case OUT_RISK_CATEGORY:
		put_text(column, risk_category_name(look->category));
		return;
	case OUT_INTERVAL:
		put_double(column, look->low);
		put_comma(column);
		put_double(column, look->high);
		return;
	case OUT_COUNT:
		break;
	}
	must(!"an output");
}

static void
put_column(const struct column *column, enum inference_out what)
{
	if (!column->is_binary)
		buf_byte(column->out, '[');
	for (size_t i = 0; i < column->rows; i++) {
		if (i > 0)
			put_comma(column);
		put_value(column, &column->looks[i], what);
	}
	if (!column->is_binary)
		buf_byte(column->out, ']');
}

/* An output of the answer: its data in `data`, or its bytes at the end of
 * `tail` and their size in `data`. */
static void
write_output(const struct inference *inference, size_t at,
    const struct look *looks, struct buf *data, struct buf *tail, double *shape,
    struct inference_output *output)
{
	const struct tensor_kind *kind = &inference_out[inference->wanted[at]];
	bool is_binary = inference->is_binary[at];
	size_t before = tail->size;
	struct column column = { looks, inference->rows, is_binary,
		is_binary ? tail : data };

	shape[0] = (double)inference->rows;
	for (size_t i = 1; i < kind->rank; i++)
		shape[i] = kind->shape[i];
	*output = (struct inference_output){ .name = kind->name,
		.datatype = kind->datatype,
		.shape = shape,
		.shape_count = kind->rank };
	put_column(&column, inference->wanted[at]);
	if (is_binary) {
		buf_printf(data, "{\"binary_data_size\":%zu}",
		    tail->size - before);
		output->parameters = buf_slice(data);
	} else {
		output->data = buf_slice(data);
	}
}

size_t
inference_write(const struct inference *inference, const char *version,
    const struct look *looks, struct buf *out)
{
	double shapes[OUT_COUNT][INFERENCE_RANK_MOST];
	struct buf data[OUT_COUNT] = { { NULL, 0, 0 } }, tail = { NULL, 0, 0 };
	struct inference_output outputs[OUT_COUNT];
	struct inference_answer answer = { .model_name = INFERENCE_MODEL,
		.model_version = version,
		.id = inference->id,
		.outputs = outputs,
		.outputs_count = inference->wanted_count };
	size_t before = out->size, json_size;

	for (size_t i = 0; i < inference->wanted_count; i++)
		write_output(inference, i, looks, &data[i], &tail, shapes[i],
		    &outputs[i]);
	json_encode(&inference_answer_message, &answer, out);
	json_size = out->size - before;
	if (tail.size > 0)
		buf_add(out, tail.data, tail.size);
	for (size_t i = 0; i < inference->wanted_count; i++)
		buf_close(&data[i]);
	buf_close(&tail);
	return json_size;
}
