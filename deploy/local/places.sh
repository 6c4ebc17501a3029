# places.sh - where things are on one machine; read by the scripts beside it.
#
#	EDUPULSE_HOME	data, secrets, binaries, logs; default /var/lib/edupulse as
#			root, else $XDG_DATA_HOME/edupulse
#	EDUPULSE_RUN	sockets; short, because a socket's path may have 107 bytes
#	EDUPULSE_PORT	the gateway's port; default: the first free one from 8080
#	EDUPULSE_COPIES	how many copies of a daemon run, "prediction=2 gateway=2";
#			of those not named, one
#	MODE		which build runs: release
#
# As root each daemon runs as a user of its own (edupulse-NAME), PostgreSQL as
# postgres; all share the group edupulse, to which the sockets belong.  As
# anyone else everything runs as that one user.
#
# The first `up` notes run folder and port in the home folder: from then on
# they are what the notes say, whatever the environment of a later command is.
# `up` alone changes them (setup.sh).

top=$(cd "$(dirname "$0")/../.." && pwd)
mode=${MODE:-release}
build=$top/build/$mode

refuse() {
	printf '%s\n' "$*" >&2
	exit 1
}

if [ "$(id -u)" -eq 0 ]; then
	is_root=yes
	home=${EDUPULSE_HOME:-/var/lib/edupulse}
	run=${EDUPULSE_RUN:-/run/edupulse}
	superuser=postgres
else
	is_root=
	home=${EDUPULSE_HOME:-${XDG_DATA_HOME:-$HOME/.local/share}/edupulse}
	run=${EDUPULSE_RUN:-${XDG_RUNTIME_DIR:-/tmp}/edupulse-$(id -u)}
	superuser=$(id -un)
fi
home=$(readlink -m -- "$home")
run=$(readlink -m -- "$run")
run_wanted=${EDUPULSE_RUN:+$run}
[ ! -s "$home/run" ] || run=$(cat "$home/run")
pg_bin=$(ls -d /usr/lib/postgresql/15/bin)

# What runs: every program with migrations is a daemon.
daemons=$(cd "$top/services" && for d in */; do
	[ ! -f "$d/main.c" ] || [ ! -d "$d/migrations" ] || echo "${d%/}"
done)

for pair in ${EDUPULSE_COPIES:-}; do
	grep -qx "${pair%%=*}" <<<"$daemons" && grep -qx '[1-9]' <<<"${pair#*=}" ||
		refuse "EDUPULSE_COPIES: $pair is no daemon=copies, 1 to 9."
done

# copies_of DAEMON: how many of it run.
copies_of() {
	count=1
	for pair in ${EDUPULSE_COPIES:-}; do
		[ "${pair%%=*}" != "$1" ] || count=${pair#*=}
	done
	echo "$count"
}

# Each copy is a process with a name of its own: NAME, NAME.1, NAME.2 ...
copies=$(for name in $daemons; do
	echo "$name"
	seq -f "$name.%.0f" 1 $(($(copies_of "$name") - 1))
done)

# daemon_of COPY: which program it is.
daemon_of() {
	echo "${1%%.*}"
}

# Where a copy answers, and where its bell rings.
bus_address() { # COPY
	case $1 in
	*.*) echo "ipc://$run/$1.sock" ;;
	*) echo "ipc://$run/$1.0.sock" ;;
	esac
}
bell_address() { # COPY
	echo "ipc://$run/$1.bell.sock"
}

# Of schema, roles and password files: a daemon's name up to its first hyphen.
role_of() {
	echo "${1%%-*}"
}

# The paths stand in settings, in conninfo, in PostgreSQL's file and in run
# scripts, which all quote in a way of their own.
check_path() { # PATH VARIABLE
	case $1 in
	*[!A-Za-z0-9/._@+~:-]*)
		refuse "The path $1 holds a blank or another character that" \
			"cannot be used here: set $2 to one of letters, digits" \
			"and /._@+~:- alone."
		;;
	esac
}
LC_ALL=C check_path "$home" EDUPULSE_HOME
LC_ALL=C check_path "${run_wanted:-$run}" EDUPULSE_RUN

if [ ${#run} -gt 60 ] || [ ${#run_wanted} -gt 60 ]; then
	refuse "The folder of the sockets has a long path: ${run_wanted:-$run}" \
		"Set EDUPULSE_RUN to a shorter one (60 bytes at most)."
fi

# A folder that we made holds this file, which names the home folder it
# belongs to.  Nothing is written into or deleted from any other.
mark=.edupulse
is_ours() { # FOLDER
	[ -O "$1" ] && [ -f "$1/$mark" ] &&
		{ [ "$1" = "$home" ] || [ "$(cat "$1/$mark")" = "$home" ]; }
}

# as USER COMMAND...: run as that user when root, else as oneself.
as() {
	as_user=$1
	shift
	if [ -n "$is_root" ]; then
		chpst -u "$as_user" "$@"
	else
		"$@"
	fi
}

# The runit form of the same, to stand in a run script.
as_text() {
	[ -z "$is_root" ] || printf 'chpst -u %s ' "$1"
}

# as_superuser COMMAND...: with libpq's environment for the database superuser,
# whom pg_hba.conf lets in by the operating system's word alone.
as_superuser() {
	PGHOST=$run/pg PGUSER=$superuser "$@"
}

# Nothing that we ask on this machine goes through a proxy.
ask() {
	curl -sS --noproxy '*' "$@"
}

address() {
	echo "http://127.0.0.1:$(cat "$home/port")"
}
