# Debian packages: installs what is missing of the lists in packaging/debian-packages, and nothing else.
# shellcheck shell=bash

# Runs a command as root: directly, or by sudo.
as_root() {
  if ((EUID == 0)); then
    "$@"
  elif command -v sudo >/dev/null; then
    sudo "$@"
  else
    die "needs root for: $* (run me as root, or install sudo)"
  fi
}

# packages_of LIST...: first word of each line that is no comment.
packages_of() {
  local list
  for list in "$@"; do
    awk '!/^#/ && NF { print $1 }' "$ROOT/packaging/debian-packages/$list.txt"
  done | sort -u
}

is_installed() {
  [[ $(dpkg-query -W -f='${db:Status-Abbrev}' "$1" 2>/dev/null) == ii* ]]
}

# A program from elsewhere than Debian (nodejs of its makers carries npm) is as good as the package.
has_own_program() {
  case $1 in
    npm | nodejs) command -v npm >/dev/null && command -v node >/dev/null ;;
    *) false ;;
  esac
}

# install_missing LIST...
install_missing() {
  local package missing=()
  for package in $(packages_of "$@"); do
    if ! is_installed "$package" && ! has_own_program "$package"; then missing+=("$package"); fi
  done
  if ((${#missing[@]} == 0)); then
    info "all Debian packages of these lists are installed: $*"
    return
  fi
  command -v apt-get >/dev/null || die "no apt-get here; these packages are missing: ${missing[*]}"
  info "installing ${#missing[@]}: ${missing[*]}"
  if ((EUID != 0)); then as_root true; fi  # asks for the password here, not behind a log file
  keep_postgresql_quiet "${missing[@]}"
  run_logged "$ROOT/var/log/apt-update.log" as_root apt-get update ||
    die "apt-get update failed: see var/log/apt-update.log"
  # RUNLEVEL=1: invoke-rc.d asks which level the machine is in, and starts no service in this one.
  run_logged "$ROOT/var/log/apt-install.log" as_root env DEBIAN_FRONTEND=noninteractive RUNLEVEL=1 \
    apt-get install --yes --no-install-recommends "${missing[@]}" ||
    die "apt-get install failed: see var/log/apt-install.log"
  let_postgresql_speak
  keep_services_stopped "${missing[@]}"
}

# Debian creates and starts a cluster of the system's when PostgreSQL is installed. We want the programs only;
# the drop-in says so for this one installation and is gone afterwards.
readonly CLUSTER_DROP_IN=/etc/postgresql-common/createcluster.d/smpphub-no-main-cluster.conf

keep_postgresql_quiet() {
  if [[ " $* " != *" postgresql-15 "* ]]; then return; fi
  as_root mkdir -p "$(dirname "$CLUSTER_DROP_IN")"
  as_root sh -c "echo 'create_main_cluster = false' >$CLUSTER_DROP_IN"
}

let_postgresql_speak() {
  if [[ -e $CLUSTER_DROP_IN ]]; then as_root rm -f "$CLUSTER_DROP_IN"; fi
}

# Tests and benches run these programs with a configuration of their own; the packages' services are not wanted.
keep_services_stopped() {
  local service
  for service in kannel haproxy; do
    if [[ " $* " == *" $service "* && -d /run/systemd/system ]]; then
      as_root systemctl disable --now "$service" >/dev/null 2>&1 || true
    fi
  done
}
