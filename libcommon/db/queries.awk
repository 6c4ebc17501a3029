# queries.awk - turns a queries.sql into C.
#
#	-- name: student_by_id :one
#	-- Comments may follow; they are left out.
#	SELECT ... WHERE id = $1;
#
# gives `const struct query query_student_by_id`.  Run with -v kind=h for the
# header, kind=c for the definitions, and -v folder=services/ingestion.

# Awks differ in what a backslash means to gsub: letter by letter, then.
function escape(text,    i, c, out) {
	for (i = 1; i <= length(text); i++) {
		c = substr(text, i, 1)
		out = out (c == "\\" || c == "\"" ? "\\" c : c)
	}
	return out
}

function finish() {
	if (name == "")
		return
	sub(/;[ \n]*$/, "", text)
	if (kind == "h") {
		printf "extern const struct query query_%s;\n", name
	} else {
		count = split(escape(text), lines, "\n")
		printf "const struct query query_%s = { \"%s\", QUERY_%s,\n", name, name, toupper(sort)
		for (i = 1; i <= count; i++)
			printf "\t\"%s%s\"\n", lines[i], i < count ? "\\n" : ""
		printf "\t, %d };\n", parameters
		list = list "\t&query_" name ",\n"
	}
	name = ""
}
BEGIN {
	set = folder
	sub(/^.*\//, "", set)
	gsub(/[^a-z0-9]/, "_", set)
	print "/* Made from " folder "/queries.sql by queries.awk. */"
	if (kind == "h") {
		guard = "GEN_" toupper(set) "_QUERIES_H"
		print "#ifndef " guard "\n#define " guard "\n\n#include \"db/db.h\"\n"
	} else
		print "#include \"" folder "/queries.h\"\n"
}
/^-- name: / {
	finish()
	if (NF != 4 || $3 !~ /^[a-z][a-z0-9_]*$/ || $4 !~ /^:(one|many|exec|copy|command)$/) {
		print FILENAME ":" FNR ": want `-- name: some_name :one|many|exec|copy|command`" > "/dev/stderr"
		exit 1
	}
	name = $3
	sort = substr($4, 2)
	text = ""
	parameters = 0
	next
}
/^[ \t]*--/ || /^[ \t]*$/ { next }
name != "" {
	text = text (text == "" ? "" : "\n") $0
	rest = $0
	while (match(rest, /\$[0-9]+/)) {
		n = substr(rest, RSTART + 1, RLENGTH - 1) + 0
		if (n > parameters)
			parameters = n
		rest = substr(rest, RSTART + RLENGTH)
	}
}
END {
	finish()
	if (kind == "h")
		printf "\n/* All of them, with NULL behind the last. */\nextern const struct query *const %s_queries[];\n\n#endif\n", set
	else
		printf "\nconst struct query *const %s_queries[] = {\n%s\tNULL\n};\n", set, list
}
