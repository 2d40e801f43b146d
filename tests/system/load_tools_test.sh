#!/bin/sh
# smscsim and esmeload against each other over TCP: answers, receipts, faults on demand, counters at the end.
# Usage: load_tools_test.sh BIN_DIR
set -eu
bin=$1
dir=$(mktemp -d)
smscsim=
trap 'test -z "$smscsim" || kill "$smscsim" 2>/dev/null || true; rm -rf "$dir"' EXIT

fail() {
  echo "FAILED: $1" >&2
  cat "$dir"/*.log >&2
  exit 1
}

control() {
  python3 - "$dir/control" "$1" <<'PY'
import socket, sys
client = socket.socket(socket.AF_UNIX)
client.settimeout(60)
client.connect(sys.argv[1])
client.sendall(sys.argv[2].encode() + b"\n")
print(client.makefile().readline().strip())
PY
}

load() { "$bin/esmeload" --port "$port" "$@" >"$dir/esmeload.log" 2>&1; }

"$bin/smscsim" --listener name=alpha,port=0,receipt-delay-ms=50,receipt-state=DELIVRD:9,UNDELIV:1 \
  --listener name=beta,port=0 --control "$dir/control" >"$dir/counters.json" 2>"$dir/smscsim.log" &
smscsim=$!
for _ in $(seq 600); do
  test -S "$dir/control" && break
  sleep 0.1
done
port=$(sed -n 's/.*alpha listens on .*:\([0-9]*\)$/\1/p' "$dir/smscsim.log")
test -n "$port" || fail "smscsim does not listen"

load --count 20000 --registered-delivery 1 --wait-receipts 60 || fail "a plain run"
grep -q "came 20000, missing 0" "$dir/esmeload.log" || fail "receipts are missing"

test "$(control 'set alpha error=0x58:100%')" = ok || fail "set error"
load --count 100 || fail "errors are answers too"
grep -q "ESME_RTHROTTLED *100" "$dir/esmeload.log" || fail "the error set is not the error answered"

test "$(control 'set alpha drop-percent=50')" = ok || fail "set drop-percent"
if load --count 100 --answer-timeout 1; then fail "unanswered messages must fail the run"; fi

test "$(control 'refuse-binds alpha on')" = ok || fail "refuse-binds"
if load --count 1; then fail "a refused bind must fail the run"; fi

kill "$smscsim"
wait "$smscsim" || fail "smscsim must end with 0"
smscsim=
python3 - "$dir/counters.json" <<'PY' || fail "the counters do not add up"
import json, sys
alpha = json.load(open(sys.argv[1]))["alpha"]
assert alpha["messages"] == 20200, alpha
assert alpha["receipts_made"] == alpha["receipts_ok"] == 20000, alpha
assert alpha["answered_ok"] + alpha["answered_error"] + alpha["dropped"] == alpha["messages"], alpha
assert alpha["dropped"] > 0 and alpha["binds_refused"] >= 1, alpha
PY
echo "ok"
