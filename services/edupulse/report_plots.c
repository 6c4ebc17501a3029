/* report_plots.c - evaluations as plots (plot.h). */
#include "services/edupulse/report_plots.h"

#include <math.h>
#include <stdio.h>

#include "services/edupulse/plot.h"

enum { BAR_COLUMNS = 40 };

void
plot_reliability(const struct evaluation *all, bool is_unicode, struct buf *out)
{
	static const struct axes axes = { "1", "0", "0", "1" };
	struct canvas canvas;

	if (all->calibration_count == 0)
		return;
	canvas_init(&canvas, is_unicode);
	canvas_line(&canvas, 0, 0, 1, 1, MARK_GUIDE);
	for (size_t i = 0; i < all->calibration_count; i++)
		canvas_point(&canvas, all->calibration[i].mean_score,
		    all->calibration[i].rate, MARK_POINT);
	buf_text(out,
	    "\nReliability, in ten bins of equal count: what came, over "
	    "what was said\n\n");
	canvas_print(&canvas, &axes, out);
}

static void
print_share(const char *title, const struct estimate *precision,
    const struct estimate *recall, bool is_unicode, struct buf *out)
{
	if (precision == NULL || !precision->has_value)
		return;
	buf_printf(out, "  top %2s %%  ", title);
	bar_print(precision->value, BAR_COLUMNS, is_unicode, out);
	buf_printf(out, "  %.3f", precision->value);
	if (precision->has_low && precision->has_high)
		buf_printf(out, " (%.3f to %.3f)", precision->low,
		    precision->high);
	if (recall != NULL && recall->has_value)
		buf_printf(out, ", finds %.0f %%", 100 * recall->value);
	buf_byte(out, '\n');
}

void
plot_precision(const struct evaluation *all, bool is_unicode, struct buf *out)
{
	buf_text(out,
	    "\nOf those first on the list, how many had an adverse "
	    "outcome\n\n");
	print_share("5", all->precision_top_5, all->recall_top_5, is_unicode,
	    out);
	print_share("10", all->precision_top_10, all->recall_top_10, is_unicode,
	    out);
	print_share("20", all->precision_top_20, all->recall_top_20, is_unicode,
	    out);
	buf_text(out, "  everyone  ");
	bar_print(all->base_rate, BAR_COLUMNS, is_unicode, out);
	buf_printf(out, "  %.3f\n", all->base_rate);
}

/* From a coin's .5 to certainty; weeks at their own distance. */
void
plot_auroc(const struct evaluation *const *weeks, size_t count, bool is_unicode,
    struct buf *out)
{
	struct axes axes = { "1.0", "0.5", "", "" };
	double first, last;
	struct canvas canvas;
	char left[32], right[32];

	if (count < 2)
		return;
	first = (double)weeks[0]->week;
	last = (double)weeks[count - 1]->week;
	canvas_init(&canvas, is_unicode);
	for (size_t i = 0; i < count; i++) {
		const struct estimate *auroc = weeks[i]->auroc;
		double x = .02 +
		    .96 * ((double)weeks[i]->week - first) / (last - first);

		if (auroc->has_low && auroc->has_high)
			canvas_line(&canvas, x, fmax(0, 2 * auroc->low - 1), x,
			    2 * auroc->high - 1, MARK_RANGE);
		if (auroc->has_value)
			canvas_point(&canvas, x, 2 * auroc->value - 1,
			    MARK_POINT);
	}
	snprintf(left, sizeof(left), "week %.0f", first);
	snprintf(right, sizeof(right), "week %.0f", last);
	axes.left = left;
	axes.right = right;
	buf_text(out, "\nAUROC by week of the course, with its interval\n\n");
	canvas_print(&canvas, &axes, out);
}

void
report_plots(const struct evaluation *const *evaluations, size_t count,
    bool is_unicode)
{
	struct buf out = { 0 };

	if (count == 0)
		return;
	plot_reliability(evaluations[0], is_unicode, &out);
	plot_precision(evaluations[0], is_unicode, &out);
	plot_auroc(evaluations + 1, count - 1, is_unicode, &out);
	fwrite(out.data, 1, out.size, stdout);
	buf_close(&out);
}
