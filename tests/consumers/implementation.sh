#!/bin/sh
# implementation.sh PROGRAM COMPILER [FLAGS]...
# Checks that a program compiled with LAMINA_COMPILED links and runs with a source file that defines LAMINA_IMPLEMENTATION,
# and does not link without it.
set -eu
program=$1
shift

scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT

printf '#define LAMINA_IMPLEMENTATION\n#include <lamina/lamina.hpp>\n' >"$scratch/lamina.cpp"
"$@" -DLAMINA_COMPILED -c "$program" -o "$scratch/program.o"
if "$@" "$scratch/program.o" -o "$scratch/alone" 2>/dev/null; then
  echo 'The program links without the implementation: it instantiated the templates itself.' >&2
  exit 1
fi
"$@" -DLAMINA_COMPILED -c "$scratch/lamina.cpp" -o "$scratch/lamina.o"
"$@" "$scratch/program.o" "$scratch/lamina.o" -o "$scratch/program"
"$scratch/program"
