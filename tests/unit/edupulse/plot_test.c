/*
 * plot_test.c - dots and bars, counted by hand.  Braille characters are those
 * of Unicode's chart U2800, blocks those of U2580.
 */
#include "services/edupulse/plot.h"

#include <math.h>
#include <string.h>

#include "services/edupulse/report_plots.h"
#include "tests/support/test.h"

static const struct axes axes = { "1", "0", "left", "right" };

static void
print(const struct canvas *canvas, struct buf *out)
{
	buf_clear(out);
	canvas_print(canvas, &axes, out);
}

static size_t
count_lines(const char *text)
{
	size_t lines = 0;

	for (; *text != '\0'; text++)
		lines += *text == '\n';
	return lines;
}

static bool
is_ascii(const char *text)
{
	for (; *text != '\0'; text++)
		if ((unsigned char)*text >= 0x80)
			return false;
	return true;
}

static void
the_corners_are_in_the_corners(void **state)
{
	struct canvas canvas;
	struct buf out = { 0 };

	(void)state;
	canvas_init(&canvas, false);
	canvas_point(&canvas, 0, 1, MARK_POINT);
	canvas_point(&canvas, 1, 0, MARK_RANGE);
	print(&canvas, &out);
	assert_memory_equal(out.data, "    1 |* ", 9);
	assert_int_equal(canvas.cells[CANVAS_ROWS - 1][CANVAS_COLUMNS - 1],
	    '|');
	assert_int_equal(count_lines(out.data), CANVAS_ROWS + 2);
	assert_non_null(strstr(out.data, "right\n"));
	/* The first cell's four dots of the upper left corner's cross: the
	 * corner itself, its right and its lower neighbour. */
	canvas_init(&canvas, true);
	canvas_point(&canvas, 0, 1, MARK_POINT);
	print(&canvas, &out);
	assert_memory_equal(out.data, "    1 \xe2\x94\x82\xe2\xa0\x8b", 12);
	buf_close(&out);
}

static void
what_is_outside_is_not_drawn(void **state)
{
	static const struct canvas empty;
	struct canvas canvas;

	(void)state;
	canvas_init(&canvas, false);
	canvas_point(&canvas, 1.01, .5, MARK_POINT);
	canvas_point(&canvas, .5, -.01, MARK_POINT);
	canvas_point(&canvas, NAN, .5, MARK_POINT);
	canvas_line(&canvas, 0, 0, 1, NAN, MARK_RANGE);
	assert_memory_equal(canvas.cells, empty.cells, sizeof(empty.cells));
}

static void
a_line_fills_each_row_between_its_ends(void **state)
{
	struct canvas canvas;

	(void)state;
	canvas_init(&canvas, false);
	canvas_line(&canvas, .5, 0, .5, 1, MARK_RANGE);
	for (int row = 0; row < CANVAS_ROWS; row++)
		assert_int_equal(canvas.cells[row][30], '|');
	canvas_line(&canvas, .25, .25, .25, .25, MARK_POINT);
	assert_int_equal(canvas.cells[11][15], '*');
}

static void
a_bar_is_as_long_as_its_share(void **state)
{
	struct buf out = { 0 };

	(void)state;
	bar_print(.5, 8, false, &out);
	assert_string_equal(out.data, "####    ");
	buf_clear(&out);
	/* 8 x .3 = 2.4: two blocks, and three eighths of one. */
	bar_print(.3, 8, true, &out);
	assert_string_equal(out.data,
	    "\xe2\x96\x88\xe2\x96\x88\xe2\x96\x8d     ");
	buf_clear(&out);
	bar_print(7, 3, false, &out);
	bar_print(-7, 3, false, &out);
	bar_print(NAN, 3, false, &out);
	assert_string_equal(out.data, "###      ");
	buf_close(&out);
}

static struct evaluation
make_evaluation(struct estimate *estimate, struct calibration_bin bins[2])
{
	*estimate = (struct estimate){ .has_value = true,
		.value = .8,
		.has_low = true,
		.low = .7,
		.has_high = true,
		.high = .9 };
	bins[0] = (struct calibration_bin){ 50, .75, .8 };
	bins[1] = (struct calibration_bin){ 50, .25, .2 };
	return (struct evaluation){ .model = "network",
		.target = "adverse",
		.base_rate = .3,
		.auroc = estimate,
		.precision_top_5 = estimate,
		.precision_top_10 = estimate,
		.precision_top_20 = estimate,
		.recall_top_10 = estimate,
		.calibration = bins,
		.calibration_count = 2 };
}

static void
a_report_is_plotted_in_ascii_and_in_unicode(void **state)
{
	struct calibration_bin bins[2];
	struct estimate estimate;
	struct evaluation all = make_evaluation(&estimate, bins);
	struct evaluation early = all, late = all;
	const struct evaluation *weeks[] = { &early, &late };
	struct buf out = { 0 };

	(void)state;
	early.week = 4;
	late.week = 16;
	for (int is_unicode = 0; is_unicode < 2; is_unicode++) {
		buf_clear(&out);
		plot_reliability(&all, is_unicode, &out);
		plot_precision(&all, is_unicode, &out);
		plot_auroc(weeks, 2, is_unicode, &out);
		assert_int_equal(is_ascii(out.data), !is_unicode);
		assert_non_null(strstr(out.data, "0.800 (0.700 to 0.900)"));
		assert_non_null(strstr(out.data, "finds 80 %"));
		assert_non_null(strstr(out.data, "week 16"));
	}
	/* One week is no course. */
	buf_clear(&out);
	plot_auroc(weeks, 1, false, &out);
	assert_int_equal(out.size, 0);
	buf_close(&out);
}

RUN_TESTS(cmocka_unit_test(the_corners_are_in_the_corners),
    cmocka_unit_test(what_is_outside_is_not_drawn),
    cmocka_unit_test(a_line_fills_each_row_between_its_ends),
    cmocka_unit_test(a_bar_is_as_long_as_its_share),
    cmocka_unit_test(a_report_is_plotted_in_ascii_and_in_unicode))
