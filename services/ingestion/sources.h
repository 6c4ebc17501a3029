/*
 * sources.h - the names under which our own importers keep records.  Ids are
 * unique within a source, so no caller may call itself one of these.
 */
#ifndef INGESTION_SOURCES_H
#define INGESTION_SOURCES_H

#include <stdbool.h>
#include <string.h>

#define SOURCE_IMPORT "import"
#define SOURCE_OULAD  "oulad"

static inline bool
source_is_ours(const char *name)
{
	return strcmp(name, SOURCE_IMPORT) == 0 ||
	    strcmp(name, SOURCE_OULAD) == 0;
}

#endif
