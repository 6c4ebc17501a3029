#!/bin/sh
# postgres.sh start DIR | stop DIR - a private PostgreSQL for tests, in DIR.
#
# It listens on a socket in DIR alone, trusts who reaches it, has a database
# and a superuser `edupulse`, and promises nothing about crashes (fsync is off
# unless FSYNC=on).  DIR must be short, a socket's path has 107 bytes, and the
# folders above it must let the user postgres pass.
# Connect with "host=DIR dbname=edupulse user=edupulse".
set -eu
action=${1:?start or stop} dir=${2:?a folder}
bin=$(ls -d /usr/lib/postgresql/*/bin | tail -n 1)

# PostgreSQL refuses to run as root.
as_postgres() {
	if [ "$(id -u)" -eq 0 ]; then
		runuser -u postgres -- "$@"
	else
		"$@"
	fi
}

# Run, and show what it said only when it fails.
quietly() {
	said=$("$@" 2>&1) || {
		echo "$said" >&2
		exit 1
	}
}

start() {
	mkdir -p "$dir"
	[ "$(id -u)" -ne 0 ] || chown postgres "$dir"
	cd "$dir"
	quietly as_postgres "$bin/initdb" --pgdata="$dir/data" \
	    --username=edupulse --auth=trust --encoding=UTF8 \
	    --locale=C.UTF-8 --no-sync
	as_postgres tee -a "$dir/data/postgresql.conf" >/dev/null <<-END
		listen_addresses = ''
		unix_socket_directories = '$dir'
		unix_socket_permissions = 0777
		shared_buffers = 32MB
		max_connections = 60
		fsync = ${FSYNC:-off}
		logging_collector = off
	END
	quietly as_postgres "$bin/pg_ctl" --pgdata="$dir/data" --wait \
	    --timeout=60 --log="$dir/log" start
	"$bin/createdb" --host="$dir" --username=edupulse edupulse
}

case $action in
start)
	start
	;;
stop)
	cd "$dir"
	as_postgres "$bin/pg_ctl" --pgdata="$dir/data" --mode=immediate \
	    --wait stop >/dev/null
	;;
*)
	echo "postgres.sh: want start DIR or stop DIR" >&2
	exit 2
	;;
esac
