/* report_plots.h - a model's report in pictures. */
#ifndef EDUPULSE_REPORT_PLOTS_H
#define EDUPULSE_REPORT_PLOTS_H

#include "base/buf.h"
#include "proto/training.h"

/* Print reliability, precision at the staff's capacity, and AUROC by week of
 * one model: its evaluation over all weeks first, then that of each week,
 * ascending.  What was not measured has no plot. */
void report_plots(const struct evaluation *const *evaluations, size_t count,
    bool is_unicode);

/* The same, one by one. */
void plot_reliability(const struct evaluation *all, bool is_unicode,
    struct buf *out);
void plot_precision(const struct evaluation *all, bool is_unicode,
    struct buf *out);
void plot_auroc(const struct evaluation *const *weeks, size_t count,
    bool is_unicode, struct buf *out);

#endif
