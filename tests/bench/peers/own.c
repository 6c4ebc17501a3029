/*
 * own.c - our side of the comparison with other runtimes (peers.py).
 *
 *	own FOLDER
 *
 * Writes a model of random weights into FOLDER, as our file and as ONNX, and
 * rows with the logits and scores it gives them.  Then reads lines from
 * standard input, "f32 1" or "int8 64": the arithmetic and how many students a
 * call has, and answers each with the processor's seconds of a call.
 */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/mem.h"
#include "base/random.h"
#include "ml/model_file.h"
#include "ml/onnx.h"
#include "tests/bench/peers/share.h"

enum { ROWS = 64, STEPS = NETWORK_MAX_STEPS, WORK = 256 /* students */ };

struct own {
	struct model *model;
	struct network_scratch *scratch;
	struct network_row rows[ROWS];
	float *steps, *context; /* owned (ROWS, 40, 42), (ROWS, 4) */
	int32_t lengths[ROWS];
	float logits[ROWS];
};

/* Biases and gains too, so that nothing is 0 or 1 by chance. */
static void
make_model(struct own *own)
{
	struct network_shape shape = network_shape_default();
	struct network_standard standard;
	struct network_weights *weights;
	struct random random;

	random_init(&random, 7, 1);
	own->model = model_new(&shape);
	network_randomise(own->model->network, 7);
	weights = network_weights(own->model->network);
	for (size_t i = 0; i < weights->count; i++)
		weights->data[i] += (float)(.05 * random_normal(&random));
	network_pack(own->model->network);
	network_quantise(own->model->network);
	for (int i = 0; i < MODEL_INPUTS; i++) {
		standard.mean[i] = (float)(.3 * random_normal(&random));
		standard.deviation[i] = (float)(.5 + random_unit(&random));
	}
	standard.deviation[5] = 0;
	model_set_standard(own->model, &standard);
	own->model->calibration = (struct calibration){ 1.2, -.3 };
	own->model->isotonic = (struct isotonic){ 4, { -2, -.5f, .25f, .75f },
		{ -1.5f, -1, .5f, 2 } };
	own->scratch = network_scratch_new(&shape, false);
}

/* Lengths 1 ... 40, one value in eight unknown. */
static void
make_rows(struct own *own)
{
	size_t row = (size_t)STEPS * NETWORK_INPUTS;
	struct random random;

	random_init(&random, 7, 2);
	own->steps = mem_alloc(ROWS * row, sizeof(float));
	own->context = mem_alloc((size_t)ROWS * NETWORK_CONTEXT, sizeof(float));
	for (size_t i = 0; i < ROWS * row; i++)
		own->steps[i] = random_below(&random, 8) == 0
		    ? NAN
		    : (float)random_normal(&random);
	for (size_t i = 0; i < (size_t)ROWS * NETWORK_CONTEXT; i++)
		own->context[i] = (float)random_normal(&random);
	for (size_t i = 0; i < ROWS; i++) {
		own->lengths[i] = 1 + (int32_t)(i * 39 / (ROWS - 1));
		own->rows[i] = (struct network_row){ own->steps + i * row,
			own->context + i * NETWORK_CONTEXT, own->lengths[i] };
	}
}

static void
write_all(struct own *own, const char *folder)
{
	struct network_batch batch = { own->rows, ROWS, false };
	struct buf file = { 0 }, onnx = { 0 };
	float scores[ROWS];
	struct err err = { 0 };

	model_set_golden(own->model, own->rows, 8, 1e-4f);
	model_save(own->model, &file);
	if (!onnx_write(own->model, &onnx, &err))
		share_stop(err.detail);
	share_write(folder, "model.safetensors", file.data, file.size);
	share_write(folder, "model.onnx", onnx.data, onnx.size);
	network_forward(own->model->network, own->scratch, &batch,
	    &(struct network_output){ .logits = own->logits });
	for (int i = 0; i < ROWS; i++)
		scores[i] =
		    (float)model_score(own->model, (double)own->logits[i]);
	share_write(folder, "steps", own->steps,
	    (size_t)ROWS * STEPS * NETWORK_INPUTS * sizeof(float));
	share_write(folder, "context", own->context,
	    (size_t)ROWS * NETWORK_CONTEXT * sizeof(float));
	share_write(folder, "lengths", own->lengths, sizeof(own->lengths));
	share_write(folder, "logits", own->logits, sizeof(own->logits));
	share_write(folder, "scores", scores, sizeof(scores));
	buf_close(&file);
	buf_close(&onnx);
}

/* Seconds of a call. */
static double
measure(struct own *own, bool is_int8, size_t count)
{
	struct network_batch batch = { own->rows, count, false };
	struct network_output output = { .logits = own->logits };
	size_t times = WORK / count;
	clock_t began = clock();

	for (size_t i = 0; i < times; i++)
		if (is_int8)
			network_forward_int8(own->model->network, own->scratch,
			    &batch, &output);
		else
			network_forward(own->model->network, own->scratch,
			    &batch, &output);
	return (double)(clock() - began) / CLOCKS_PER_SEC / (double)times;
}

int
main(int argc, char **argv)
{
	static struct own own;
	char line[64], arithmetic[8];
	int count;

	if (argc != 2)
		share_stop("own FOLDER");
	make_model(&own);
	make_rows(&own);
	write_all(&own, argv[1]);
	for (size_t i = 0; i < ROWS; i++)
		own.rows[i].step_count = STEPS;
	puts("ready");
	fflush(stdout);
	while (fgets(line, sizeof(line), stdin)) {
		if (sscanf(line, "%7s %d", arithmetic, &count) != 2 ||
		    count < 1 || count > ROWS)
			share_stop("a line is not understood");
		printf("%.9f\n",
		    measure(&own, strcmp(arithmetic, "int8") == 0,
			(size_t)count));
		fflush(stdout);
	}
	return 0;
}
