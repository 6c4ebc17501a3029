#!/bin/sh
# migrations.sh FOLDER OUT: turns FOLDER/migrations/*.sql into OUT/migrations.h
# and OUT/migrations.c.  Bytes, not literals: ISO C bounds a literal's length.
set -eu
folder=$1 out=$2
set_name=$(basename "$folder" | tr -c 'a-z0-9\n' '_')
guard=GEN_$(echo "$set_name" | tr 'a-z' 'A-Z')_MIGRATIONS_H
{
	echo "/* Made from $folder/migrations by migrations.sh. */"
	printf '#ifndef %s\n#define %s\n\n#include "db/migrate.h"\n\n' "$guard" "$guard"
	printf 'extern const struct migrations %s_migrations;\n\n#endif\n' "$set_name"
} >"$out/migrations.h"
{
	printf '/* Made from %s/migrations by migrations.sh. */\n#include "%s/migrations.h"\n\n' "$folder" "$folder"
	n=0
	for file in "$folder"/migrations/*.sql; do
		n=$((n + 1))
		echo "static const char text_$n[] = {"
		od -An -v -td1 "$file" | sed 's/  */ /g; s/^ //; s/ $//; s/ /,/g; s/$/,/'
		echo "0 };"
	done
	echo "static const struct migration rows[] = {"
	n=0
	for file in "$folder"/migrations/*.sql; do
		n=$((n + 1))
		echo "	{ \"$(basename "$file" .sql)\", text_$n, sizeof(text_$n) - 1 },"
	done
	echo "};"
	echo "const struct migrations ${set_name}_migrations = { \"$set_name\", rows, $n };"
} >"$out/migrations.c"
