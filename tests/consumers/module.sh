#!/bin/sh
# module.sh MODULE.SH PROGRAM COMPILER [FLAGS]...
# Makes lamina a module, and compiles and runs a program that imports it, with the same flags and without lamina's headers.
set -eu
make_module=$1 program=$2
shift 2

scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT

sh "$make_module" "$scratch" "$@"
"$@" "-fmodule-file=lamina=$scratch/lamina.pcm" "$program" "$scratch/lamina.o" -o "$scratch/program"
"$scratch/program"
