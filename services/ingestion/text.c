/* text.c - repairing what is no UTF-8. */
#include "services/ingestion/text.h"

#include <string.h>

#include "base/utf8.h"

const char *
text_clean(struct slice text, struct arena *arena)
{
	char *clean, *out;
	size_t at = 0;

	if (utf8_valid(text) == text.size &&
	    memchr(text.data, '\0', text.size) == NULL)
		return arena_text(arena, text.data, text.size);
	clean = out = arena_alloc(arena, 3 * text.size + 1);
	while (at < text.size) {
		size_t size = utf8_size(text.data + at, text.size - at);

		if (size == 0 || text.data[at] == '\0') {
			out += utf8_put(0xfffd, out);
			at++;
		} else {
			memcpy(out, text.data + at, size);
			out += size;
			at += size;
		}
	}
	return clean;
}
