# Sourced by run.sh and platforms.sh: collects missing packages, and installs them if apt-get is available.

fail() {
  printf '%s\n' "$@" >&2
  exit 1
}

have() { command -v "$1" >/dev/null 2>&1; }

missing=

# need_command PACKAGE COMMAND...: adds PACKAGE to the missing packages if none of the commands exists.
need_command() {
  package=$1
  shift
  for command in "$@"; do
    if have "$command"; then return; fi
  done
  missing="$missing $package"
}

# need_library PACKAGE: adds PACKAGE to the missing packages if it is not installed. Without apt, CMake finds or fetches the
# library.
need_library() {
  if have apt-get && ! dpkg -s "$1" 2>/dev/null | grep -q '^Status: .* ok installed'; then missing="$missing $1"; fi
}

# The packages of the libraries that lamina::keras links.
need_keras_libraries() {
  need_library libhdf5-dev
  need_library libzip-dev
  need_library nlohmann-json3-dev
}

install_missing() {
  if [ -z "$missing" ]; then return; fi
  have apt-get || fail "Missing packages:$missing. Install them and try again."
  sudo=
  if [ "$(id -u)" -ne 0 ]; then
    have sudo || fail "Missing packages, and no sudo to install them. Run as root: apt-get install$missing"
    sudo=sudo
  fi
  echo "Installing:$missing"
  # shellcheck disable=SC2086  # a list of packages
  if ! $sudo apt-get update -qq || ! $sudo env DEBIAN_FRONTEND=noninteractive \
    apt-get install -qq -y --no-install-recommends $missing; then
    fail "apt-get could not install:$missing"
  fi
}
