/* text.h - texts from outside, made fit to be stored. */
#ifndef INGESTION_TEXT_H
#define INGESTION_TEXT_H

#include "base/arena.h"
#include "base/buf.h"

/* A copy in which each byte that is no UTF-8, and each NUL, is U+FFFD. */
const char *text_clean(struct slice text, struct arena *arena);

#endif
