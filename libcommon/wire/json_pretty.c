/* json_pretty.c - JSON for people: one member or item a line. */
#include "wire/json.h"
#include "wire/json_scan.h"

static void
new_line(struct buf *out, size_t depth)
{
	buf_byte(out, '\n');
	for (size_t i = 0; i < depth; i++)
		buf_text(out, "  ");
}

static void
add_pretty(struct buf *out, struct slice text, size_t depth)
{
	bool is_object = text.data[0] == '{';
	struct json_scan parts;
	struct slice key, value;
	size_t count = 0;

	if (!is_object && text.data[0] != '[') {
		buf_add(out, text.data, text.size);
		return;
	}
	parts = json_parts_of(text);
	buf_byte(out, text.data[0]);
	while (json_next_part(&parts, is_object ? &key : NULL, &value)) {
		if (count++ > 0)
			buf_byte(out, ',');
		new_line(out, depth + 1);
		if (is_object)
			buf_printf(out, "\"%.*s\": ", (int)key.size, key.data);
		add_pretty(out, value, depth + 1);
	}
	if (count > 0)
		new_line(out, depth);
	buf_byte(out, is_object ? '}' : ']');
}

void
json_pretty(struct buf *out, struct slice json)
{
	struct json_scan scan = json_scan_of(json);

	must(json_scan_whole(&scan));
	scan = json_scan_of(json);
	json_scan_blanks(&scan);
	json.data = scan.at;
	must(json_skip_value(&scan));
	json.size = (size_t)(scan.at - json.data);
	add_pretty(out, json, 0);
	buf_byte(out, '\n');
}
