/* uuid.c - make and recognise UUIDs. */
#include "base/uuid.h"

#include <ctype.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/random.h>

#include "base/clock.h"
#include "base/must.h"

void
uuid_make(char text[UUID_TEXT_SIZE])
{
	uint64_t milliseconds = (uint64_t)(clock_now() / 1000);
	uint16_t parts[5];

	must(getrandom(parts, sizeof(parts), 0) == (ssize_t)sizeof(parts));
	snprintf(text, UUID_TEXT_SIZE, "%08x-%04x-7%03x-%04x-%04x%04x%04x",
	    (unsigned int)(milliseconds >> 16 & UINT32_MAX),
	    (unsigned int)(milliseconds & 0xffff),
	    (unsigned int)(parts[0] & 0xfff),
	    (unsigned int)((parts[1] & 0x3fff) | 0x8000),
	    (unsigned int)parts[2], (unsigned int)parts[3],
	    (unsigned int)parts[4]);
}

bool
uuid_is_valid(const char *text)
{
	if (strlen(text) != UUID_TEXT_SIZE - 1)
		return false;
	for (int i = 0; i < UUID_TEXT_SIZE - 1; i++) {
		bool is_dash = i == 8 || i == 13 || i == 18 || i == 23;

		if (is_dash ? text[i] != '-'
			    : isxdigit((unsigned char)text[i]) == 0)
			return false;
	}
	return true;
}
