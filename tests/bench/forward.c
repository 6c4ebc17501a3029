/*
 * forward.c - one forward pass of the risk network against the machine's
 * SGEMM peak, and the pass by 8-bit weights against the one in f32; one
 * thread, students of 40 steps.
 *
 * The peak is the best rate of OpenBLAS's sgemm over 512 x 512 matrices,
 * taken in turns with the network, so that a slow moment of a shared machine
 * hits both; what counts is the processor's time, the best of many rounds.
 * The network's arithmetic is what the folded form needs (network.h):
 * multiplications and additions of the matrix products alone.
 */
#include <dlfcn.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "ml/network.h"
#include "tests/bench/floats.h"
#include "tests/bench/line.h"

enum { SIDE = 512, ROUNDS = 30, BATCH = 64, STEPS = NETWORK_MAX_STEPS };

typedef void sgemm_call(int order, int transpose_a, int transpose_b, int m,
    int n, int k, float alpha, const float *a, int lda, const float *b, int ldb,
    float beta, float *c, int ldc);

struct bench {
	struct network *network;
	struct network_scratch *scratch;
	struct network_row rows[BATCH];
	float logits[BATCH];
	sgemm_call *sgemm;
	float *a, *b, *c;
};

/* Floating-point operations for one student of STEPS weeks. */
static double
network_work(void)
{
	struct network_shape shape = network_shape_default();
	double hidden = shape.hidden, wide = 3 * hidden;
	double inputs = STEPS * NETWORK_INPUTS * 3 * hidden;
	double recurrent = STEPS * 3 * hidden * 3 * hidden;
	/* q and u of the query, scores and pooling of all steps, V and out */
	double attention =
	    2 * wide * wide + 2 * STEPS * wide * shape.heads + 2 * wide * wide;
	double fusion = (wide + NETWORK_CONTEXT) * shape.fusion + shape.fusion;

	return 2 * (inputs + recurrent + attention + fusion);
}

/* OpenBLAS does not know every processor and falls back to a slow kernel on
 * those: it is told the best that this one can run. */
static const char *
core_type(void)
{
	if (__builtin_cpu_supports("avx512f"))
		return "SkylakeX";
	return __builtin_cpu_supports("avx2") ? "Haswell" : "Prescott";
}

static sgemm_call *
find_sgemm(void)
{
	void *library;
	union {
		void *object;
		sgemm_call *call;
	} found;

	setenv("OPENBLAS_NUM_THREADS", "1", 1);
	setenv("OPENBLAS_CORETYPE", core_type(), 0);
	library = dlopen("libopenblas.so.0", RTLD_NOW);
	if (library == NULL)
		return NULL;
	found.object = dlsym(library, "cblas_sgemm");
	return found.call;
}

static double
seconds_since(clock_t began)
{
	return (double)(clock() - began) / CLOCKS_PER_SEC;
}

static double
sgemm_rate(struct bench *bench)
{
	clock_t began = clock();

	for (int i = 0; i < 4; i++)
		bench->sgemm(101, 111, 111, SIDE, SIDE, SIDE, 1, bench->a, SIDE,
		    bench->b, SIDE, 0, bench->c, SIDE);
	return 4 * 2.0 * SIDE * SIDE * SIDE / seconds_since(began);
}

typedef void forward_call(const struct network *network,
    struct network_scratch *scratch, const struct network_batch *batch,
    const struct network_output *output);

/* Students a second. */
static double
network_rate(struct bench *bench, forward_call *forward, size_t count,
    int times)
{
	struct network_batch batch = { .rows = bench->rows, .count = count };
	struct network_output output = { .logits = bench->logits };
	clock_t began = clock();

	for (int i = 0; i < times; i++)
		forward(bench->network, bench->scratch, &batch, &output);
	return (double)count * times / seconds_since(began);
}

static double
best(double a, double b)
{
	return a > b ? a : b;
}

static void
print_flops(const char *name, double rate, double peak)
{
	print_line((struct line){ name, "GFLOP/s",
	    "SGEMM peak of OpenBLAS, one thread", rate * network_work() / 1e9,
	    peak / 1e9 });
}

static void
open_bench(struct bench *bench)
{
	struct network_shape shape = network_shape_default();
	const float *steps =
	    make_floats((size_t)BATCH * STEPS * NETWORK_INPUTS, 1);
	const float *context = make_floats((size_t)BATCH * NETWORK_CONTEXT, 2);

	bench->network = network_new(&shape);
	network_randomise(bench->network, 1);
	network_quantise(bench->network);
	bench->scratch = network_scratch_new(&shape, false);
	for (size_t i = 0; i < BATCH; i++)
		bench->rows[i] =
		    (struct network_row){ steps + i * STEPS * NETWORK_INPUTS,
			    context + i * NETWORK_CONTEXT, STEPS };
	bench->a = make_floats((size_t)SIDE * SIDE, 3);
	bench->b = make_floats((size_t)SIDE * SIDE, 4);
	bench->c = make_floats((size_t)SIDE * SIDE, 5);
}

int
main(void)
{
	static struct bench bench;
	double peak = 0, one = 0, many = 0, one_int8 = 0, many_int8 = 0;

	bench.sgemm = find_sgemm();
	if (bench.sgemm == NULL) {
		fputs("forward: libopenblas.so.0 is not installed: apt-get "
		      "install libopenblas0-pthread\n",
		    stderr);
		return 1;
	}
	open_bench(&bench);
	for (int i = 0; i < ROUNDS; i++) {
		peak = best(peak, sgemm_rate(&bench));
		one = best(one, network_rate(&bench, network_forward, 1, 64));
		many =
		    best(many, network_rate(&bench, network_forward, BATCH, 2));
		one_int8 = best(one_int8,
		    network_rate(&bench, network_forward_int8, 1, 64));
		many_int8 = best(many_int8,
		    network_rate(&bench, network_forward_int8, BATCH, 2));
	}
	print_flops("batch of 64, f32", many, peak);
	print_flops("one student, f32", one, peak);
	print_line((struct line){ "batch of 64, int8", "students/s",
	    "ours in f32", many_int8, many });
	print_line((struct line){ "one student, int8", "us", "ours in f32",
	    1e6 / one_int8, 1e6 / one });
	return 0;
}
