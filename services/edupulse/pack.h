/* pack.h - a folder's data files as one zip, in a temporary file. */
#ifndef EDUPULSE_PACK_H
#define EDUPULSE_PACK_H

#include "base/arena.h"
#include "base/err.h"

/* Packs the .csv files that lie in `folder` itself.  `*path` is the zip, in
 * the arena; the caller unlinks it, after a failure too, unless it is NULL. */
MUST_CHECK bool pack_folder(const char *folder, struct arena *arena,
    const char **path, struct err *err);

#endif
