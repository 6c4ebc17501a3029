/* setting_help.c - settings in words: for --help and the printed documents. */
#include "wire/json.h"
#include "wire/setting.h"

void
setting_wanted(const struct setting *row, struct buf *out)
{
	if (row->kind == SETTING_KIND_TEXT) {
		buf_text(out, "a text");
		return;
	}
	if (row->kind == SETTING_KIND_FLAG) {
		buf_text(out, "true or false");
		return;
	}
	buf_text(out,
	    row->kind == SETTING_KIND_REAL ? "a number from "
					   : "a whole number from ");
	json_real(out, row->least);
	buf_text(out, " to ");
	json_real(out, row->most);
}

void
setting_fallback(const struct setting *row, struct buf *out)
{
	if (row->kind == SETTING_KIND_TEXT)
		buf_text(out, row->privacy == PRIVATE ? "" : row->text);
	else if (row->kind == SETTING_KIND_FLAG)
		buf_text(out, row->number != 0 ? "true" : "false");
	else
		json_real(out, row->number);
}

void
setting_help(const struct setting_table *table, struct buf *out)
{
	for (size_t i = 0; i < table->count; i++) {
		const struct setting *row = &table->rows[i];

		buf_printf(out, "  --%s=VALUE\n      %s\n      ", row->name,
		    row->help);
		if (row->variable != NULL)
			buf_printf(out, "also in the environment as %s; ",
			    row->variable);
		setting_wanted(row, out);
		buf_text(out, "; default: ");
		setting_fallback(row, out);
		buf_text(out, "\n");
	}
}
