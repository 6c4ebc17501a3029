/*
 * safetensors_write.c - what a file is to hold, and its bytes.
 */
#include "base/must.h"
#include "ml/safetensors.h"

void
safetensors_add(struct safetensors *to, const char *name, const float *data,
    int rows, int columns)
{
	struct safetensor *tensor = &to->tensors[to->count++];

	must(to->count <= SAFETENSORS_MAX && rows > 0);
	*tensor = (struct safetensor){ .name = name,
		.dims = columns > 0 ? 2 : 1,
		.shape = { (uint32_t)rows, (uint32_t)columns },
		.count = (size_t)rows * (columns > 0 ? (size_t)columns : 1),
		.data = (const char *)data };
}

void
safetensors_add_text(struct safetensors *to, const char *key, const char *value)
{
	must(to->text_count < SAFETENSORS_TEXTS_MAX);
	to->texts[to->text_count++] = (struct safetensors_text){ key, value };
}

static void
write_string(struct buf *out, const char *text)
{
	buf_byte(out, '"');
	for (; *text; text++) {
		if (*text == '"' || *text == '\\')
			buf_byte(out, '\\');
		if ((unsigned char)*text < ' ')
			buf_printf(out, "\\u%04x", (unsigned char)*text);
		else
			buf_byte(out, *text);
	}
	buf_byte(out, '"');
}

static void
write_metadata(const struct safetensors *from, struct buf *out)
{
	write_string(out, SAFETENSORS_METADATA);
	buf_text(out, ":{");
	for (size_t i = 0; i < from->text_count; i++) {
		buf_text(out, i == 0 ? "" : ",");
		write_string(out, from->texts[i].key);
		buf_byte(out, ':');
		write_string(out, from->texts[i].value);
	}
	buf_byte(out, '}');
}

static void
write_header(const struct safetensors *from, struct buf *out)
{
	size_t at = 0;

	buf_byte(out, '{');
	write_metadata(from, out);
	for (size_t i = 0; i < from->count; i++) {
		const struct safetensor *tensor = &from->tensors[i];
		size_t size = tensor->count * sizeof(float);

		buf_byte(out, ',');
		write_string(out, tensor->name);
		buf_text(out, ":{\"dtype\":\"F32\",\"shape\":[");
		for (int k = 0; k < tensor->dims; k++)
			buf_printf(out, "%s%u", k == 0 ? "" : ",",
			    tensor->shape[k]);
		buf_printf(out, "],\"data_offsets\":[%zu,%zu]}", at, at + size);
		at += size;
	}
	buf_byte(out, '}');
	while (out->size % 8 != 0)
		buf_byte(out, ' ');
}

void
safetensors_write(const struct safetensors *from, struct buf *file)
{
	struct buf header = { 0 };
	uint64_t size;

	must(from->text_count > 0);
	write_header(from, &header);
	must(header.size <= SAFETENSORS_HEADER_MAX);
	size = header.size;
	buf_add(file, &size, sizeof(size));
	buf_add(file, header.data, header.size);
	for (size_t i = 0; i < from->count; i++)
		buf_add(file, from->tensors[i].data,
		    from->tensors[i].count * sizeof(float));
	buf_close(&header);
}
