# Processes that a script leaves running: a pid file each, believed only when /proc agrees.
# shellcheck shell=bash
# Needs: RUN_DIR (pid files), LOG_DIR.

# pid_of NAME: prints the pid if that very program runs, else nothing. The pid file holds the pid and
# the program's path; a pid that was given to another program meanwhile is not ours.
pid_of() {
  local file=$RUN_DIR/$1.pid pid program
  if [[ ! -r $file ]]; then return; fi
  read -r pid program <"$file"
  if [[ -r /proc/$pid/cmdline ]] && tr '\0' '\n' <"/proc/$pid/cmdline" | grep -qxF -- "$program"; then
    echo "$pid"
  fi
}

# start_program NAME program [arguments...]: in the background, detached from the terminal, log in LOG_DIR/NAME.log.
start_program() {
  local name=$1
  shift
  setsid "$@" >>"$LOG_DIR/$name.log" 2>&1 </dev/null &
  echo "$! $1" >"$RUN_DIR/$name.pid"
  disown
}

# stop_program NAME SECONDS: asks with SIGTERM, waits, insists with SIGKILL.
stop_program() {
  local name=$1 seconds=$2 pid
  pid=$(pid_of "$name")
  if [[ -n $pid ]]; then
    kill -TERM "$pid" 2>/dev/null || true
    wait_until "$seconds" "is_gone $name" || {
      info "$name did not stop within $seconds s and is killed"
      kill -KILL "$pid" 2>/dev/null || true
    }
    info "stopped $name ($pid)"
  fi
  rm -f "$RUN_DIR/$name.pid"
}

is_gone() { [[ -z $(pid_of "$1") ]]; }

# wait_until SECONDS command: true as soon as the command is.
wait_until() {
  local deadline=$((SECONDS + $1))
  shift
  until eval "$*"; do
    if ((SECONDS > deadline)); then return 1; fi
    sleep 0.1
  done
}

# listens PORT: something accepts connections on 127.0.0.1. The redirection closes with the subshell.
listens() { (: <"/dev/tcp/127.0.0.1/$1") 2>/dev/null; }

# free_port FIRST [taken...]: the first port from FIRST on that nobody listens on and is not in the list.
free_port() {
  local port=$1
  shift
  while listens "$port" || [[ " $* " == *" $port "* ]]; do port=$((port + 1)); done
  echo "$port"
}

# random_word: 32 hexadecimal digits from the kernel.
random_word() { tr -d '-' </proc/sys/kernel/random/uuid; }
