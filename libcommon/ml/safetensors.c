/*
 * safetensors.c - a reader for just the JSON that the header may be.
 */
#include "ml/safetensors.h"

#include <string.h>

#include "base/utf8.h"

/* What is left of the header, and where in the file it stands. */
struct reader {
	const char *at, *end;
	struct arena *arena;
	struct err *err;
};

static bool
refuse(struct reader *r, const char *what)
{
	return err_set(r->err, ERR_INVALID,
	    "model file header: %s, %zu bytes "
	    "before its end",
	    what, (size_t)(r->end - r->at));
}

static void
skip_blanks(struct reader *r)
{
	while (r->at < r->end && strchr(" \t\r\n", *r->at) && *r->at)
		r->at++;
}

static bool
accept(struct reader *r, char byte)
{
	skip_blanks(r);
	if (r->at == r->end || *r->at != byte)
		return false;
	r->at++;
	return true;
}

static bool
expect(struct reader *r, char byte)
{
	char what[] = "' ' expected";

	what[1] = byte;
	return accept(r, byte) || refuse(r, what);
}

/* Four hexadecimal digits. */
static bool
read_hex(struct reader *r, uint32_t *value)
{
	*value = 0;
	for (int i = 0; i < 4; i++, r->at++) {
		static const char digits[] = "0123456789abcdef";
		const char *digit;

		if (r->at == r->end || *r->at == '\0')
			return refuse(r, "\\u cut short");
		digit = strchr(digits, *r->at | 0x20);
		if (!digit || *r->at < '0')
			return refuse(r, "\\u without four digits");
		*value = *value << 4 | (uint32_t)(digit - digits);
	}
	return true;
}

/* Behind \u: one code point, of one or two halves; never NUL. */
static bool
read_code(struct reader *r, char *to, size_t *size)
{
	uint32_t code, low;

	if (!read_hex(r, &code))
		return false;
	if (code == 0 || (code >= 0xdc00 && code < 0xe000))
		return refuse(r, "\\u names no character");
	if (code >= 0xd800 && code < 0xdc00) {
		if (r->end - r->at < 2 || memcmp(r->at, "\\u", 2) != 0)
			return refuse(r, "half a surrogate pair");
		r->at += 2;
		if (!read_hex(r, &low))
			return false;
		if (low < 0xdc00 || low >= 0xe000)
			return refuse(r, "half a surrogate pair");
		code = 0x10000 + ((code - 0xd800) << 10) + (low - 0xdc00);
	}
	*size += utf8_put(code, to + *size);
	return true;
}

static bool
read_escape(struct reader *r, char *to, size_t *size)
{
	static const char names[] = "\"\\/bfnrt";
	static const char bytes[] = "\"\\/\b\f\n\r\t";
	const char *found;

	if (r->at == r->end || *r->at == '\0')
		return refuse(r, "text cut short");
	if (*r->at == 'u') {
		r->at++;
		return read_code(r, to, size);
	}
	found = strchr(names, *r->at);
	if (!found)
		return refuse(r, "unknown escape");
	r->at++;
	to[(*size)++] = bytes[found - names];
	return true;
}

/* A string never grows when it is unescaped. */
static bool
read_string(struct reader *r, const char **text)
{
	size_t size = 0;
	char *to;

	if (!expect(r, '"'))
		return false;
	const char *quote = r->at;
	while (quote < r->end && *quote != '"')
		quote += *quote == '\\' && r->end - quote > 1 ? 2 : 1;
	to = arena_alloc(r->arena, (size_t)(quote - r->at) + 1);
	while (r->at < r->end && *r->at != '"') {
		if ((unsigned char)*r->at < ' ')
			return refuse(r, "control character in a text");
		if (*r->at != '\\') {
			to[size++] = *r->at++;
			continue;
		}
		r->at++;
		if (!read_escape(r, to, &size))
			return false;
	}
	*text = to;
	if (utf8_valid((struct slice){ to, size }) != size)
		return refuse(r, "text that is not UTF-8");
	return expect(r, '"');
}

static bool
read_number(struct reader *r, uint64_t *value)
{
	const char *first;

	skip_blanks(r);
	first = r->at;
	*value = 0;
	for (; r->at < r->end && *r->at >= '0' && *r->at <= '9'; r->at++) {
		if (*value > UINT32_MAX)
			return refuse(r, "number too large");
		*value = *value * 10 + (uint64_t)(*r->at - '0');
	}
	if (r->at == first || (*first == '0' && r->at - first > 1))
		return refuse(r, "number expected");
	return true;
}

static bool
read_shape(struct reader *r, struct safetensor *tensor)
{
	uint64_t length, count = 1;

	if (!expect(r, '['))
		return false;
	if (accept(r, ']'))
		return refuse(r, "empty shape");
	do {
		if (!read_number(r, &length))
			return false;
		if (tensor->dims == SAFETENSORS_DIMS_MAX)
			return refuse(r, "too many dimensions");
		if (length == 0 || length > UINT32_MAX / count)
			return refuse(r, "shape out of bounds");
		count *= length;
		tensor->shape[tensor->dims++] = (uint32_t)length;
	} while (accept(r, ','));
	tensor->count = (size_t)count;
	return expect(r, ']');
}

struct span {
	uint64_t from, to;
};

static bool
read_span(struct reader *r, struct span *span)
{
	return expect(r, '[') && read_number(r, &span->from) &&
	    expect(r, ',') && read_number(r, &span->to) && expect(r, ']');
}

/* One of the three members of a tensor; `seen` has a bit for each. */
static bool
read_member(struct reader *r, struct safetensor *tensor, struct span *span,
    unsigned *seen)
{
	static const char *const names[] = { "dtype", "shape", "data_offsets" };
	const char *name, *type;
	unsigned member = 0;

	if (!read_string(r, &name) || !expect(r, ':'))
		return false;
	while (member < 3 && strcmp(name, names[member]) != 0)
		member++;
	if (member == 3 || *seen >> member & 1)
		return refuse(r, "unknown or repeated member of a tensor");
	*seen |= 1u << member;
	if (member == 1)
		return read_shape(r, tensor);
	if (member == 2)
		return read_span(r, span);
	if (!read_string(r, &type))
		return false;
	return strcmp(type, "F32") == 0 || refuse(r, "dtype is not F32");
}

static bool
read_tensor(struct reader *r, struct safetensors *into, const char *name,
    struct span *spans)
{
	struct safetensor *tensor = &into->tensors[into->count];
	struct span *span = &spans[into->count];
	unsigned seen = 0;

	if (into->count == SAFETENSORS_MAX)
		return refuse(r, "too many tensors");
	if (safetensors_find(into, name))
		return refuse(r, "a tensor twice");
	*tensor = (struct safetensor){ .name = name };
	if (!expect(r, '{'))
		return false;
	do {
		if (!read_member(r, tensor, span, &seen))
			return false;
	} while (accept(r, ','));
	if (seen != 7 || span->to < span->from ||
	    span->to - span->from != (uint64_t)tensor->count * sizeof(float))
		return refuse(r, "a tensor without a size that fits its shape");
	into->count++;
	return expect(r, '}');
}

static bool
read_metadata(struct reader *r, struct safetensors *into)
{
	if (!expect(r, '{'))
		return false;
	if (into->text_count > 0)
		return refuse(r, "metadata twice");
	do {
		struct safetensors_text text;

		if (!read_string(r, &text.key) || !expect(r, ':') ||
		    !read_string(r, &text.value))
			return false;
		if (into->text_count == SAFETENSORS_TEXTS_MAX ||
		    safetensors_text(into, text.key))
			return refuse(r, "too much metadata, or a key twice");
		into->texts[into->text_count++] = text;
	} while (accept(r, ','));
	return expect(r, '}');
}

static bool
read_header(struct reader *r, struct safetensors *into, struct span *spans)
{
	const char *name;

	if (!expect(r, '{'))
		return false;
	do {
		if (!read_string(r, &name) || !expect(r, ':'))
			return false;
		if (strcmp(name, SAFETENSORS_METADATA) == 0
			? !read_metadata(r, into)
			: !read_tensor(r, into, name, spans))
			return false;
	} while (accept(r, ','));
	if (!expect(r, '}'))
		return false;
	skip_blanks(r);
	return r->at == r->end || refuse(r, "something behind the object");
}

/* In order of their places tensors must meet without gap or overlap. */
static bool
place_data(struct reader *r, struct safetensors *into, const struct span *spans,
    struct slice data)
{
	uint64_t covered = 0;

	for (size_t placed = 0; placed < into->count; placed++) {
		size_t next = 0;

		while (next < into->count && spans[next].from != covered)
			next++;
		if (next == into->count || spans[next].to > data.size)
			return refuse(r,
			    "tensors overlap, leave a gap or "
			    "reach past the end");
		into->tensors[next].data = data.data + covered;
		covered = spans[next].to;
	}
	return covered == data.size ||
	    refuse(r, "data that belongs to no tensor");
}

bool
safetensors_read(struct safetensors *into, struct arena *arena,
    struct slice file, struct err *err)
{
	struct span spans[SAFETENSORS_MAX];
	struct slice data;
	uint64_t size = 0;

	*into = (struct safetensors){ 0 };
	if (file.size < sizeof(size))
		return err_set(err, ERR_INVALID, "model file: no header");
	memcpy(&size, file.data, sizeof(size));
	if (size > SAFETENSORS_HEADER_MAX || size > file.size - sizeof(size))
		return err_set(err, ERR_INVALID,
		    "model file: header size out of bounds");
	data.data = file.data + sizeof(size) + size;
	data.size = file.size - sizeof(size) - (size_t)size;
	struct reader reader = { file.data + sizeof(size), data.data, arena,
		err };
	return read_header(&reader, into, spans) &&
	    place_data(&reader, into, spans, data);
}

const struct safetensor *
safetensors_find(const struct safetensors *in, const char *name)
{
	for (size_t i = 0; i < in->count; i++)
		if (strcmp(in->tensors[i].name, name) == 0)
			return &in->tensors[i];
	return NULL;
}

const char *
safetensors_text(const struct safetensors *in, const char *key)
{
	for (size_t i = 0; i < in->text_count; i++)
		if (strcmp(in->texts[i].key, key) == 0)
			return in->texts[i].value;
	return NULL;
}
