# The parts of the quickstart: its ports and secrets, the files made of them, the processes, the last words.
# shellcheck shell=bash
# Needs: ROOT, BIN, QS, RUN_DIR, LOG_DIR; processes.sh, postgres.sh, log.sh.

# load_state: ports, secrets and places of this checkout; chosen once, kept in run/state. A port that somebody else
# took while we were down is chosen anew.
load_state() {
  local pg_up=no
  # shellcheck source=/dev/null
  if [[ -r $RUN_DIR/state ]]; then source "$RUN_DIR/state"; fi
  PG_PASSWORD=${PG_PASSWORD:-$(random_word)}
  PG_DIR=${PG_DIR:-$(choose_pg_dir "$QS/pg")}
  if [[ ! -d ${SOCKET_DIR:-} || ! -O $SOCKET_DIR ]]; then SOCKET_DIR=$(choose_socket_dir); fi
  if [[ -e $PG_DIR/PG_VERSION ]] && pg_is_up; then pg_up=yes; fi
  if [[ $pg_up == no ]]; then PG_PORT=$(free_port "${PG_PORT:-25432}"); fi
  if is_gone smpphubd; then HUB_PORT=$(free_port "${HUB_PORT:-2775}" "$PG_PORT"); fi
  if is_gone smscsim; then
    ALPHA_PORT=$(free_port "${ALPHA_PORT:-12775}" "$PG_PORT" "$HUB_PORT")
    BETA_PORT=$(free_port "${BETA_PORT:-12776}" "$PG_PORT" "$HUB_PORT" "$ALPHA_PORT")
  fi
  HUB_PG=postgresql://smpphub:$PG_PASSWORD@127.0.0.1:$PG_PORT/smpphub
  (
    umask 077
    declare -p PG_PASSWORD PG_DIR PG_PORT SOCKET_DIR HUB_PORT ALPHA_PORT BETA_PORT | sed 's/^declare -- //' \
      >"$RUN_DIR/state"
  )
}

# The path of a UNIX socket has 107 octets at most: a deep checkout keeps its sockets elsewhere.
choose_socket_dir() {
  if ((${#RUN_DIR} <= 90)); then
    echo "$RUN_DIR"
  else
    mktemp -d /tmp/smpphub-quickstart.XXXXXX
  fi
}

# hub.toml, rule.lua and demo.toml of this checkout. Rule and demo data are the user's to change: they are written only once.
write_hub_files() {
  if [[ ! -e $QS/rule.lua ]]; then cp "$ROOT/packaging/demo/rule.lua" "$QS/rule.lua"; fi
  if [[ ! -e $QS/demo.toml ]]; then
    sed -e "s/\b12775\b/$ALPHA_PORT/; s/\b12776\b/$BETA_PORT/" "$ROOT/sql/demo/demo.toml" >"$QS/demo.toml"
  fi
  (
    umask 077
    cat >"$QS/hub.toml" <<EOF
# Written by packaging/quickstart at each start. All settings: packaging/hub.toml.sample
[smpp]
listen = "127.0.0.1:$HUB_PORT"

[session]
window_requests_max = 10000

[supplier]
reconnect_min_ms = 200
reconnect_max_ms = 2000

[routing]
script = "rule.lua"

[journal]
folder = "journal"

[database]
conninfo = "$HUB_PG"

[admin]
socket = "$SOCKET_DIR/hub.sock"
EOF
  )
}

# env: what a program needs to talk to this hub, for `source` of any shell.
write_env() {
  (
    umask 077
    cat >"$QS/env" <<EOF
HUB_HOST=127.0.0.1
HUB_PORT=$HUB_PORT
HUB_SYSTEM_ID=demo
HUB_PASSWORD=demo-pw
HUB_DEST=49151
HUB_PG=$HUB_PG
HUB_ADMIN_SOCKET=$SOCKET_DIR/hub.sock
SMSC_PORTS="$ALPHA_PORT $BETA_PORT"
EOF
  )
}

# alpha refuses numbers that begin with 4915299, so that one demo message fails over to beta.
start_suppliers() {
  if ! is_gone smscsim; then return; fi
  start_program smscsim "$BIN/smscsim" \
    --listener "name=alpha,port=$ALPHA_PORT,error-prefix=4915299:0x08" --listener "name=beta,port=$BETA_PORT" \
    --control "$SOCKET_DIR/smscsim.sock"
  wait_until 20 "listens $ALPHA_PORT && listens $BETA_PORT" ||
    die "the suppliers do not listen: see $LOG_DIR/smscsim.log"
}

start_hub() {
  if ! is_gone smpphubd; then
    "$BIN/hubctl" --socket "$SOCKET_DIR/hub.sock" reload
    return
  fi
  start_program smpphubd "$BIN/smpphubd" --config "$QS/hub.toml"
  wait_until 30 "listens $HUB_PORT || is_gone smpphubd" || die "the hub does not listen: see $LOG_DIR/smpphubd.log"
  if is_gone smpphubd; then
    tail -n 5 "$LOG_DIR/smpphubd.log" >&2
    die "the hub ended at once: see $LOG_DIR/smpphubd.log"
  fi
  wait_until 30 suppliers_are_bound || die "the hub is not bound at its suppliers: see $LOG_DIR/smpphubd.log"
}

# 3: alpha's two binds and beta's one.
suppliers_are_bound() {
  (($("$BIN/hubctl" --socket "$SOCKET_DIR/hub.sock" binds 2>/dev/null | grep -c BOUND_TRX) >= 3))
}

tell_what_next() {
  local hubctl="build/release/bin/hubctl --config var/quickstart/hub.toml"
  cat <<EOF
   Bind an ESME of your own   127.0.0.1:$HUB_PORT  system_id demo  password demo-pw  (SMPP v3.4; TX, RX or TRX)
                              destinations 49151..., 49152..., 4477..., 336..., 43660... are routed; see var/quickstart/demo.toml
                              load: . var/quickstart/env; build/release/bin/esmeload --help
   Look at the hub            $hubctl status
                              $hubctl binds
   Change the Lua rule        edit var/quickstart/rule.lua (it tells what to try), then
                              $hubctl explain --client demo --src DEMO --dst 4915112345678
                              $hubctl reload
                              and explain once more
   Whose a handset's text is  $hubctl explain --mo --supplier beta --dst 4916012345
   Query PostgreSQL           . var/quickstart/env; psql "\$HUB_PG" -c 'select * from bill.v_cdr order by accepted_at desc limit 5'
   Logs                       var/quickstart/log
   Stop                       ./packaging/quickstart stop
EOF
}
