/*
 * inference_json.c - the JSON of a request as a message.
 *
 * It is checked as a whole; what `data` of an input holds is set aside and the
 * rest, which is small, is decoded as any other message.
 */
#include <string.h>

#include "services/prediction/inference_json.h"
#include "wire/json.h"
#include "wire/json_scan.h"

static bool
opens_with(struct slice value, char bracket)
{
	return value.size > 0 && *value.data == bracket;
}

static void
add_key(struct inference_json *to, char before, struct slice key)
{
	buf_printf(&to->text, "%c\"%.*s\":", before, (int)key.size, key.data);
}

static void
copy_input(struct inference_json *to, struct slice input)
{
	size_t at = to->inputs++;
	struct slice key, value;
	struct json_scan parts;
	char before = '{';

	if (!opens_with(input, '{') || at >= INFERENCE_INPUTS) {
		buf_add(&to->text, input.data, input.size);
		return;
	}
	parts = json_parts_of(input);
	while (json_next_part(&parts, &key, &value)) {
		if (slice_is(key, "data")) {
			to->data[at] = value;
			value = slice_of("null");
		}
		add_key(to, before, key);
		buf_add(&to->text, value.data, value.size);
		before = ',';
	}
	buf_text(&to->text, before == '{' ? "{}" : "}");
}

static void
copy_inputs(struct inference_json *to, struct slice inputs)
{
	struct json_scan parts = json_parts_of(inputs);
	struct slice input;
	char before = '[';

	to->inputs = 0;
	while (json_next_part(&parts, NULL, &input)) {
		buf_byte(&to->text, before);
		copy_input(to, input);
		before = ',';
	}
	buf_text(&to->text, before == '[' ? "[]" : "]");
}

/* All of the JSON but what is set aside. */
static void
copy_question(struct inference_json *to, struct slice json)
{
	struct json_scan parts = json_parts_of(json);
	struct slice key, value;
	char before = '{';

	while (json_next_part(&parts, &key, &value)) {
		add_key(to, before, key);
		if (slice_is(key, "inputs") && opens_with(value, '['))
			copy_inputs(to, value);
		else
			buf_add(&to->text, value.data, value.size);
		before = ',';
	}
	buf_text(&to->text, before == '{' ? "{}" : "}");
}

bool
inference_json_read(struct slice json, struct arena *arena,
    struct inference_json *into, struct err *err)
{
	struct json_scan scan = json_scan_of(json);

	*into = (struct inference_json){ 0 };
	if (!json_scan_whole(&scan))
		return err_set(err, ERR_MALFORMED, "byte %zu of the JSON: %s",
		    (size_t)(scan.at - json.data) + 1, scan.fault);
	scan = json_scan_of(json);
	json_scan_blanks(&scan);
	if (*scan.at != '{')
		return err_set(err, ERR_MALFORMED,
		    "the request is no JSON object");
	copy_question(into, json);
	if (into->text.size > INFERENCE_JSON_MOST)
		return err_set(err, ERR_MALFORMED,
		    "besides data, the JSON has %zu bytes; %d are taken",
		    into->text.size, INFERENCE_JSON_MOST);
	if (json_decode(&inference_question_message, buf_slice(&into->text),
		JSON_STRICT, arena, &into->question, err))
		return true;
	err->code = ERR_MALFORMED; /* the protocol knows no other */
	return false;
}

void
inference_json_close(struct inference_json *json)
{
	buf_close(&json->text);
}

/* String, number or boolean: the protocol allows no other parameter. */
static bool
is_plain(struct slice value)
{
	return strchr("{[n", *value.data) == NULL;
}

bool
inference_parameter(struct slice parameters, const char *name,
    struct slice *found, struct err *err)
{
	struct slice key, value;
	struct json_scan parts;

	*found = slice_of("");
	if (parameters.size == 0)
		return true;
	if (!opens_with(parameters, '{'))
		return err_set(err, ERR_MALFORMED, "parameters are no object");
	parts = json_parts_of(parameters);
	while (json_next_part(&parts, &key, &value)) {
		if (!is_plain(value))
			return err_set(err, ERR_MALFORMED,
			    "a parameter is a string, a number or a boolean");
		if (!slice_is(key, name))
			continue;
		if (found->size > 0)
			return err_set(err, ERR_MALFORMED,
			    "the parameter %s is given twice", name);
		*found = value;
	}
	return true;
}

bool
inference_flag(struct slice parameters, const char *name, bool *flag,
    struct err *err)
{
	struct slice value;

	if (!inference_parameter(parameters, name, &value, err))
		return false;
	if (value.size == 0)
		return true;
	if (!slice_is(value, "true") && !slice_is(value, "false"))
		return err_set(err, ERR_MALFORMED,
		    "the parameter %s is true or false", name);
	*flag = slice_is(value, "true");
	return true;
}
