# Building by the presets of CMakePresets.json.
# shellcheck shell=bash

# build_preset PRESET [target...]: configures build/PRESET and builds the targets, or everything.
build_preset() {
  local preset=$1 targets=()
  shift
  if (($# > 0)); then targets=(--target "$@"); fi
  run_logged "$ROOT/var/log/configure-$preset.log" \
    env -C "$ROOT" cmake --preset "$preset" || die "configuring $preset failed"
  run_logged "$ROOT/var/log/build-$preset.log" \
    env -C "$ROOT" cmake --build --preset "$preset" --parallel "$(nproc)" "${targets[@]}" ||
    die "building $preset failed"
  info "built: build/$preset/bin"
}
