# Read by the scripts beside it: what is missing on this machine is installed by apt-get, where that is how it is done.

fail() {
  printf '%s\n' "$@" >&2
  exit 1
}

have() { command -v "$1" >/dev/null 2>&1; }

missing=

# need_command PACKAGE COMMAND...: PACKAGE is missing when none of the commands is there.
need_command() {
  package=$1
  shift
  for command in "$@"; do
    if have "$command"; then return; fi
  done
  missing="$missing $package"
}

# need_library PACKAGE: only asked of apt; elsewhere CMake finds the library, or fetches it.
need_library() {
  if have apt-get && ! dpkg -s "$1" 2>/dev/null | grep -q '^Status: .* ok installed'; then missing="$missing $1"; fi
}

install_missing() {
  if [ -z "$missing" ]; then return; fi
  have apt-get || fail "Please install what is missing, and try again:$missing"
  sudo=
  if [ "$(id -u)" -ne 0 ]; then
    have sudo || fail "Missing, and neither root nor sudo to install it. As root: apt-get install$missing"
    sudo=sudo
  fi
  echo "Installing:$missing"
  # shellcheck disable=SC2086  # a list of packages
  if ! $sudo apt-get update -qq || ! $sudo env DEBIAN_FRONTEND=noninteractive \
    apt-get install -qq -y --no-install-recommends $missing; then
    fail "apt-get could not install:$missing"
  fi
}
