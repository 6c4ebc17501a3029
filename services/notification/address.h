/*
 * address.h - what may stand in a mail's header: addresses and names, checked
 * before they are stored and again before they are sent.
 */
#ifndef NOTIFICATION_ADDRESS_H
#define NOTIFICATION_ADDRESS_H

#include <stdbool.h>

/* LOCAL@DOMAIN as RFC 5321, 4.1.2 has them without quoted strings and address
 * literals: a dot-atom of at most 64 bytes, and labels of letters, digits and
 * hyphens; at most 254 bytes of ASCII. */
bool address_is_valid(const char *text);

/* UTF-8 without control characters: no line end can come in. */
bool name_is_plain(const char *text);

#endif
