/* address.c - letter by letter. */
#include "services/notification/address.h"

#include <string.h>

enum { LOCAL_MOST = 64, LABEL_MOST = 63, ADDRESS_MOST = 254 };

static bool
is_letter_or_digit(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
	    (c >= '0' && c <= '9');
}

/* atext of RFC 5322, 3.2.3. */
static bool
is_atom(char c)
{
	return is_letter_or_digit(c) ||
	    (c != '\0' && strchr("!#$%&'*+-/=?^_`{|}~", c) != NULL);
}

static bool
is_label(char c)
{
	return is_letter_or_digit(c) || c == '-';
}

/* Parts between dots up to `end`: none empty, each of `is_part`, at most
 * `most` bytes long. */
static bool
is_dotted(const char *text, const char *end, bool (*is_part)(char c),
    size_t most)
{
	size_t size = 0;

	for (; text < end; text++) {
		if (*text == '.' && size == 0)
			return false;
		size = *text == '.' ? 0 : size + 1;
		if ((*text != '.' && !is_part(*text)) || size > most)
			return false;
	}
	return size > 0;
}

static bool
has_loose_hyphen(const char *domain)
{
	return domain[0] == '-' || strstr(domain, ".-") != NULL ||
	    strstr(domain, "-.") != NULL || domain[strlen(domain) - 1] == '-';
}

bool
address_is_valid(const char *text)
{
	const char *at = strchr(text, '@');
	size_t size = strlen(text);

	return at != NULL && size <= ADDRESS_MOST && at - text <= LOCAL_MOST &&
	    is_dotted(text, at, is_atom, LOCAL_MOST) &&
	    is_dotted(at + 1, text + size, is_label, LABEL_MOST) &&
	    !has_loose_hyphen(at + 1);
}

bool
name_is_plain(const char *text)
{
	for (; *text != '\0'; text++)
		if ((unsigned char)*text < ' ' || *text == '\177')
			return false;
	return true;
}
