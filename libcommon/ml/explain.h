/*
 * explain.h - which inputs moved a student's logit, and by how much.
 *
 * Integrated gradients (Sundararajan, Taly, Yan 2017, arXiv:1703.01365): the
 * gradient of the logit along the straight way from a typical student to this
 * one, integrated by Gauss-Legendre (Abramowitz and Stegun 25.4.30) with all
 * nodes as one batch, times the way.  Summed over steps, one number a
 * feature; together they make the logit's distance from the baseline's.  Where
 * they miss it by more than the larger of 1 % and 0.001 calibrated logits, the
 * way is too steep for the nodes: it is gone again with twice as many, and
 * again; what is then still missing is told in `unexplained`.  Step
 * t is compared with the baseline's step t; padding has exactly 0.  The typical
 * student is met in the same week of the course: how far the course has come is
 * nobody's doing, so it explains nothing.
 *
 * Shapley values (Shapley 1953) of the three groups are exact: each of the 8
 * sets of groups is evaluated, groups outside the set at the baseline, the
 * context always the student's.
 *
 * All in standardised inputs and in uncalibrated logits.
 */
#ifndef ML_EXPLAIN_H
#define ML_EXPLAIN_H

#include "ml/network.h"

enum { EXPLAIN_NODES = 50, EXPLAIN_DOUBLINGS = 2, EXPLAIN_NODES_MAX = 200 };

/* A typical student, standardised. */
struct baseline {
	float steps[NETWORK_MAX_STEPS * NETWORK_INPUTS];
	float context[NETWORK_CONTEXT];
};

struct explanation {
	float features[NETWORK_INPUTS]; /* summed over steps */
	float context[NETWORK_CONTEXT];
	float groups[NETWORK_GROUPS]; /* Shapley values; together logit -
					 context_logit */
	float logit;
	float baseline_logit;
	float context_logit; /* all groups at the baseline, not the context */
	int nodes;           /* that were enough, or the most */
	bool is_complete;    /* they add up, as nearly as said above */
	float unexplained;   /* logit - baseline_logit - features - context */
};

/* The typical context beside `context` (standardised, of 4): the baseline's,
 * with the weeks elapsed of this student. */
void baseline_context(const struct baseline *baseline, const float *context,
    float typical[NETWORK_CONTEXT]);

/* Work space of one thread, for networks of one shape. */
struct explainer;
struct explainer *explainer_new(const struct network_shape *shape,
    int node_count); /* before doubling: 1 ... EXPLAIN_NODES */
void explainer_free(struct explainer *explainer);

/* `row` as network_forward takes it, not standardised; `slope` of the
 * calibration, in whose logits nearness is meant. */
void explain(struct explainer *explainer, const struct network *network,
    const struct baseline *baseline, const struct network_row *row,
    double slope, struct explanation *explanation);

/* Nodes and weights of Gauss-Legendre on (0, 1), ascending. */
void explain_nodes(int count, double *nodes, double *weights);

/* Shapley values of three players from the values of their 8 sets; bit g of
 * the index: player g is in the set. */
void explain_shapley(const float values[8], float shares[NETWORK_GROUPS]);

#endif
