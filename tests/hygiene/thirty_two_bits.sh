#!/bin/sh
# thirty_two_bits.sh INCLUDE_DIR COMPILER [FLAGS]...
# Checks that every header compiles without a warning for 32-bit targets: i686 and, with clang, wasm32. Only the syntax is
# checked, with this machine's system headers, so no 32-bit library is needed.
set -eu
export LC_ALL=C
include_dir=$1
shift
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT

# glibc's headers include this one, which only its 32-bit package contains. It lists stub functions.
mkdir "$scratch/gnu"
: >"$scratch/gnu/stubs-32.h"

directories=$("$1" -E -v -x c++ /dev/null 2>&1 >/dev/null | sed -n '/^#include </,/^End of search/s/^ //p')
for directory in "$scratch" $directories; do
  set -- "$@" -isystem "$directory"
done
set -- "$@" -nostdinc -fsyntax-only -Wall -Wextra -Wpedantic -Wconversion -Wsign-conversion -Wshadow -Werror

sh "$(dirname "$0")/../../cmake/list_headers.sh" lamina "$include_dir" >"$scratch/headers.cpp"
check() {
  "$@" -DLAMINA_COMPILED -DLAMINA_COMPILED_LAYERS -DLAMINA_INSTANTIATE_FLOAT -DLAMINA_INSTANTIATE_LAYERS_FLOAT "$scratch/headers.cpp"
}
check "$@" -m32
case $("$@" --version) in
*clang*) check "$@" --target=wasm32-unknown-unknown -D_GNU_SOURCE -D__linux__ -D__gnu_linux__ -D__ELF__ ;;
esac
