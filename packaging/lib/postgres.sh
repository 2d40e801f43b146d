# A private PostgreSQL 15: own directory, own port on 127.0.0.1, own password; never the system's cluster.
# shellcheck shell=bash
# Needs: PG_DIR, PG_PORT, PG_PASSWORD, RUN_DIR, LOG_DIR; processes.sh, log.sh.

readonly PG_BIN=${PG_BIN:-/usr/lib/postgresql/15/bin}

# PostgreSQL refuses to run as root: then it runs as `postgres`, which the package made.
as_postgres() {
  if ((EUID == 0)); then
    (cd / && setpriv --reuid=postgres --regid=postgres --init-groups "$@")
  else
    "$@"
  fi
}

# choose_pg_dir PREFERRED: prints PREFERRED, or, when the user postgres cannot get there (a checkout below /root),
# a new directory below /var/lib.
choose_pg_dir() {
  local preferred=$1
  mkdir -p "$(dirname "$preferred")"
  if ((EUID != 0)) || as_postgres test -x "$(dirname "$preferred")"; then
    echo "$preferred"
  else
    preferred=$(mktemp -d /var/lib/smpphub-quickstart.XXXXXX)
    chmod 711 "$preferred"
    echo "$preferred/pg"
  fi
}

# Creates the cluster if there is none. Passwords over TCP only; no UNIX socket, whose path has a length limit.
pg_init() {
  if [[ -e $PG_DIR/PG_VERSION ]]; then return; fi
  local secret
  mkdir -p "$PG_DIR"
  chmod 700 "$PG_DIR"
  if ((EUID == 0)); then chown postgres: "$PG_DIR"; fi
  secret=$(as_postgres mktemp)
  printf '%s\n' "$PG_PASSWORD" >"$secret"
  run_logged "$LOG_DIR/initdb.log" as_postgres "$PG_BIN/initdb" --pgdata "$PG_DIR" --username smpphub \
    --pwfile "$secret" --auth scram-sha-256 --encoding UTF8 --locale C.UTF-8 ||
    die "initdb failed: see $LOG_DIR/initdb.log"
  rm -f "$secret"
}

pg_is_up() { as_postgres "$PG_BIN/pg_ctl" status --pgdata "$PG_DIR" >/dev/null 2>&1; }

pg_start() {
  if pg_is_up; then return; fi
  local options="-c port=$PG_PORT -c listen_addresses=127.0.0.1 -c unix_socket_directories="
  as_postgres "$PG_BIN/pg_ctl" start --wait --timeout 60 --silent --pgdata "$PG_DIR" \
    --log "$PG_DIR/server.log" -o "$options" >>"$LOG_DIR/postgresql.log" 2>&1 ||
    die "PostgreSQL did not start: see $PG_DIR/server.log"
}

pg_stop() {
  if ! pg_is_up; then return; fi
  as_postgres "$PG_BIN/pg_ctl" stop --wait --timeout 60 --silent --mode fast --pgdata "$PG_DIR"
  info "stopped PostgreSQL"
}

# pg_create_database: the one named in HUB_PG, if it is not there.
pg_create_database() {
  local admin=${HUB_PG%/*}/postgres
  if [[ $(psql "$admin" -Atqc "select 1 from pg_database where datname = 'smpphub'") != 1 ]]; then
    psql "$admin" -qc 'create database smpphub'
  fi
}
