# setup.sh - makes the folders, users, secrets, settings and the database
# cluster of one machine.  Read by `platform`; every step may run again.

make_users() {
	[ -n "$is_root" ] || return 0
	getent group edupulse >/dev/null || groupadd --system edupulse
	for name in migrate redis $daemons; do
		getent passwd "edupulse-$name" >/dev/null ||
			useradd --system --no-create-home --gid edupulse \
				--home-dir /nonexistent \
				--shell /usr/sbin/nologin "edupulse-$name"
	done
}

# own USER:GROUP MODE PATH
own() {
	[ -z "$is_root" ] || chown "$1" "$3"
	chmod "$2" "$3"
}

# claim FOLDER VARIABLE: make it ours, if it is new or empty.
claim() {
	mkdir -p "$1" || refuse "Set $2 to a folder that can be made."
	is_ours "$1" && return 0
	[ -O "$1" ] && [ -z "$(ls -A "$1")" ] ||
		refuse "$1 is there already and is not of this platform:" \
			"set $2 to a folder that is new or empty."
	echo "$home" >"$1/$mark"
}

# The sockets go where EDUPULSE_RUN says, else where they were.
choose_run() {
	if [ "${run_wanted:-$run}" != "$run" ]; then
		[ -z "$(supervised)" ] || refuse "The sockets are in $run while" \
			"the platform runs: make down, then EDUPULSE_RUN counts."
		! is_ours "$run" || rm -rf "$run"
		run=$run_wanted
	fi
	claim "$run" EDUPULSE_RUN
	echo "$run" >"$home/run"
}

# In the run folder daemons make sockets, and sticky it keeps each from those
# of the others.  Nothing is written there by root but the mark, before.
make_folders() {
	mkdir -p "$home/bin" "$home/sv" "$home/log" "$home/secrets" \
		"$home/keys" "$home/training" "$home/demo" "$run/pg"
	own root:root 755 "$home"
	own root:root 755 "$home/sv"
	own root:edupulse 750 "$home/log"
	own root:edupulse 750 "$home/secrets"
	own edupulse-gateway:edupulse 700 "$home/keys"
	own edupulse-training:edupulse 700 "$home/training"
	own root:root 700 "$home/demo"
	own root:edupulse 3775 "$run"
	own postgres:edupulse 2750 "$run/pg"
}

# A secret is 32 random bytes in hexadecimal, made once.
make_secret() { # FILE OWNER MODE
	if [ ! -s "$1" ]; then
		(umask 077 && od -An -N32 -tx1 /dev/urandom | tr -d ' \n' >"$1.new")
		mv "$1.new" "$1"
	fi
	own "$2" "$3" "$1"
}

make_secrets() {
	make_secret "$home/secrets/cluster.key" root:edupulse 440
	for name in $daemons; do
		make_secret "$home/secrets/$(role_of "$name").password" \
			"edupulse-$name:root" 400
		make_secret "$home/secrets/$(role_of "$name")_owner.password" \
			edupulse-migrate:root 400
	done
}

# The key that signs models, training's alone, and the keys whose models are
# served: a file that only the first start writes, so that what an operator adds
# to it or takes from it stays (docs/operations.md).
make_signing_key() {
	signing=$home/secrets/signing.key trusted=$home/secrets/model_keys.pem
	if [ ! -s "$signing" ]; then
		(umask 077 && openssl genpkey -algorithm ed25519 -out "$signing.new")
		own edupulse-training:root 400 "$signing.new"
		mv "$signing.new" "$signing"
	fi
	if [ ! -s "$trusted" ]; then
		openssl pkey -in "$signing" -pubout -out "$trusted.new"
		own root:edupulse 444 "$trusted.new"
		mv "$trusted.new" "$trusted"
	fi
}

is_taken() {
	(: <"/dev/tcp/127.0.0.1/$1") 2>/dev/null
}

# The first from 8080 on that nobody has, other copies included.
free_port() {
	for port in $(seq 8080 65535); do
		grep -qsx "$port" "$home"/port* || is_taken "$port" || break
	done
	echo "$port"
}

port_of() { # COPY
	cat "$home/port${1#gateway}"
}

# choose_port COPY [WANTED]: what is wanted, else the one it had, else a free
# one.  A taken one is replaced when it was chosen by us and nobody knows it as
# the platform's address.
choose_port() {
	file=$home/port${1#gateway} had=
	[ ! -s "$file" ] || had=$(cat "$file")
	port=${2:-${had:-$(free_port)}}
	[[ $port =~ ^[1-9][0-9]{0,4}$ ]] && [ "$port" -le 65535 ] ||
		refuse "EDUPULSE_PORT is a number from 1 to 65535, not $port."
	if is_taken "$port" && ! { [ "$port" = "$had" ] && sv_says run "$1"; }; then
		[ "$1" != gateway ] ||
			refuse "Port $port of 127.0.0.1 is taken by another" \
				"program: end that one, or give EduPulse another" \
				"port, for example EDUPULSE_PORT=$(free_port) make up"
		port=$(free_port)
	fi
	[ "${had:-$port}" = "$port" ] || moved="$moved $1"
	echo "$port" >"$file"
}

choose_ports() {
	moved=
	for copy in $copies; do
		case $copy in
		gateway) choose_port gateway "${EDUPULSE_PORT:-}" ;;
		gateway.*) choose_port "$copy" ;;
		esac
	done
}

# All addresses of the daemons that have several.
print_peers() {
	for copy in $copies; do
		name=$(daemon_of "$copy")
		[ "$(copies_of "$name")" -gt 1 ] || continue
		printf '%s=%s|%s ' "$name" "$(bus_address "$copy")" \
			"$(bell_address "$copy")"
	done
}

write_settings() {
	{
		echo "# Written by deploy/local/platform at each start; own settings"
		echo "# go to $home/local.conf, whose lines follow these."
		echo "run_folder = $run"
		echo "database = host=$run/pg dbname=edupulse"
		echo "cache = unix:$run/redis.sock"
		echo "cluster_key_file = $home/secrets/cluster.key"
		for name in $daemons; do
			echo "$name.database_password_file = $home/secrets/$(role_of "$name").password"
			echo "$name.owner_password_file = $home/secrets/$(role_of "$name")_owner.password"
		done
		echo "peers = $(print_peers)"
		echo "training.signing_key_file = $home/secrets/signing.key"
		echo "prediction.model_keys_file = $home/secrets/model_keys.pem"
		echo "gateway.listen = 127.0.0.1:$(port_of gateway)"
		echo "gateway.first_key_file = $home/keys/first.key"
		echo "training.data_folder = $home/training"
		[ ! -f "$home/local.conf" ] || cat "$home/local.conf"
	} >"$home/edupulse.conf.new"
	own root:edupulse 640 "$home/edupulse.conf.new"
	mv "$home/edupulse.conf.new" "$home/edupulse.conf"
}

install_binaries() {
	for name in $daemons edupulse; do
		[ -x "$build/bin/$name" ] || continue
		cmp -s "$build/bin/$name" "$home/bin/$name" && continue
		cp "$build/bin/$name" "$home/bin/$name.new"
		chmod 755 "$home/bin/$name.new"
		mv "$home/bin/$name.new" "$home/bin/$name"
	done
}

# put FILE: standard input behind its end, with the superuser's own rights.
put() {
	as "$superuser" sh -c 'cat >>"$0"' "$1"
}

configure_cluster() { # FOLDER
	put "$1/postgresql.conf" <<-X
	listen_addresses = ''
	unix_socket_group = '$([ -z "$is_root" ] || echo edupulse)'
	unix_socket_permissions = 0770
	password_encryption = scram-sha-256
	shared_buffers = 256MB
	max_wal_size = 4GB
	checkpoint_timeout = 15min
	wal_compression = on
	max_connections = 200
	jit = off
	log_min_messages = warning
	log_min_error_statement = panic
	log_parameter_max_length_on_error = 0
	log_error_verbosity = terse
	X
	as "$superuser" rm "$1/pg_hba.conf" "$1/pg_ident.conf"
	put "$1/pg_hba.conf" <<-X
	# The superuser by the operating system's word alone, everyone else by password.
	local all $superuser peer map=superuser
	local all all scram-sha-256
	X
	put "$1/pg_ident.conf" <<-X
	superuser $superuser $superuser
	$([ -z "$is_root" ] || echo "superuser root $superuser")
	X
}

# Under another name until it is whole: what bears its name is a cluster.
make_cluster() {
	[ ! -s "$home/pg/PG_VERSION" ] || return 0
	echo "Making a private PostgreSQL cluster"
	rm -rf "$home/pg.new"
	mkdir "$home/pg.new"
	own postgres:postgres 700 "$home/pg.new"
	(cd / && as "$superuser" "$pg_bin/initdb" -D "$home/pg.new" -E UTF8 \
		--locale=C.UTF-8 -U "$superuser" --auth=peer >"$home/log/initdb" 2>&1) || {
		cat "$home/log/initdb" >&2
		return 1
	}
	(umask 077 && cd / && configure_cluster "$home/pg.new")
	sync "$home"/pg.new/*.conf
	mv -T "$home/pg.new" "$home/pg"
}
