#!/bin/bash
# run-fuzz.sh SECONDS [TARGET...] - builds the fuzz targets with clang and runs
# each for SECONDS, two at a time; ends with `fuzz: N passed, N failed`.
#
# A target starts from tests/fuzz/corpus/TARGET and from what
# build/fuzz/seeds makes.  It fails when an input crashes it, takes more than
# TIMEOUT seconds or RSS_MIB of memory (the input is then printed in base64:
# put it into the corpus), and when it did nothing worth the name: fewer than
# LEAST_INPUTS inputs, or fewer than LEAST_EDGES edges of the code reached.
set -u
cd "$(dirname "$0")/.." || exit 1
readonly TIMEOUT=10 RSS_MIB=2048 LEAST_INPUTS=1000 LEAST_EDGES=60
seconds=${1:?usage: run-fuzz.sh SECONDS [TARGET...]}
shift

folder=$(mktemp -d) || exit 1
trap 'rm -rf "$folder"' EXIT
trap 'exit 1' INT TERM

# number NAME LOG: what the last line of the log that has it says of NAME
number() {
	grep -oE "$1:? +[0-9]+" "$2" | tail -1 | grep -oE '[0-9]+$'
}

# run TARGET: one line about it; its exit code says whether it passed
run() {
	local target=$1 place=$folder/$1
	mkdir -p "$place/found" "$folder/seeds/$target" \
		"$folder/given/$target"
	[ -d "tests/fuzz/corpus/$target" ] &&
		cp -r "tests/fuzz/corpus/$target" "$folder/given"
	"build/fuzz/${target}_fuzz" -max_total_time="$seconds" \
		-timeout="$TIMEOUT" -rss_limit_mb="$RSS_MIB" \
		-artifact_prefix="$place/" -print_final_stats=1 \
		"$place/found" "$folder/seeds/$target" \
		"$folder/given/$target" >"$place/log" 2>&1
	local code=$?
	local inputs edges features
	inputs=$(number stat::number_of_executed_units "$place/log")
	edges=$(number cov "$place/log")
	features=$(number ft "$place/log")
	printf '%-12s inputs=%s per_second=%s edges=%s features=%s\n' \
		"$target" "${inputs:-0}" $((${inputs:-0} / seconds)) \
		"${edges:-0}" "${features:-0}"
	if [ "$code" -ne 0 ]; then
		echo "--- $target failed (exit $code)"
		tail -40 "$place/log"
		for input in "$place"/*-*; do
			[ -f "$input" ] || continue
			echo "--- ${input##*/}, in base64:"
			base64 "$input"
		done
		return 1
	fi
	if [ "${inputs:-0}" -lt "$LEAST_INPUTS" ] ||
		[ "${edges:-0}" -lt "$LEAST_EDGES" ]; then
		echo "--- $target tries too little:" \
			"$LEAST_INPUTS inputs and $LEAST_EDGES edges are wanted"
		return 1
	fi
}

# count TARGET: run it and note how it ended
count() {
	local out
	if out=$(run "$1"); then
		echo "$1" >>"$folder/passed"
	else
		echo "$1" >>"$folder/failed"
	fi
	echo "$out"
}

make --no-print-directory -s -j2 fuzzers >"$folder/build" 2>&1 &&
	build/fuzz/seeds "$folder/seeds" || {
	cat "$folder/build"
	echo "fuzz: 0 passed, 1 failed"
	exit 1
}
[ $# -gt 0 ] || set -- $(cd tests/fuzz && ls ./*_fuzz.c |
	sed 's|^\./||; s|_fuzz\.c$||')
touch "$folder/passed" "$folder/failed"
for target in "$@"; do
	while [ "$(jobs -rp | wc -l)" -ge 2 ]; do
		wait -n
	done
	count "$target" &
done
wait
passed=$(wc -l <"$folder/passed") failed=$(wc -l <"$folder/failed")
echo "fuzz: $passed passed, $failed failed"
[ "$failed" -eq 0 ] && [ "$passed" -eq $# ]
