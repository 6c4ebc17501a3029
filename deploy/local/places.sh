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

top=$(cd "$(dirname "$0")/../.." && pwd)
mode=${MODE:-release}
build=$top/build/$mode

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
pg_bin=$(ls -d /usr/lib/postgresql/15/bin)

# What runs: every program with migrations is a daemon.
daemons=$(cd "$top/services" && for d in */; do
	[ ! -f "$d/main.c" ] || [ ! -d "$d/migrations" ] || echo "${d%/}"
done)

for pair in ${EDUPULSE_COPIES:-}; do
	grep -qx "${pair%%=*}" <<<"$daemons" && grep -qx '[1-9]' <<<"${pair#*=}" || {
		echo "EDUPULSE_COPIES: $pair is no daemon=copies, 1 to 9." >&2
		exit 1
	}
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

if [ ${#run} -gt 60 ]; then
	echo "The folder of the sockets has a path of ${#run} bytes: $run" >&2
	echo "Set EDUPULSE_RUN to a shorter one (60 at most)." >&2
	exit 1
fi

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
