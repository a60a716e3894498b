#!/bin/sh
# must_not_compile.sh SOURCE COMPILER [FLAGS]...
# With MISUSE defined the compiler must refuse SOURCE, in words that match the extended regular expression of its first line.
# That it compiles without the misuse, so that nothing else is wrong with it, shows where all of them are compiled together.
set -u
source=$1
shift

expected=$(sed -n '1s,^// EXPECT: ,,p' "$source")
if [ -z "$expected" ] || ! grep -q '^#ifdef MISUSE' "$source"; then
  echo "$source needs a first line '// EXPECT: regex', and its misuse between '#ifdef MISUSE' and '#endif'."
  exit 1
fi
if output=$("$@" -fsyntax-only -DMISUSE "$source" 2>&1); then
  echo "$source compiles, and must not."
  exit 1
fi
echo "$output"
if ! echo "$output" | grep -Eq "$expected"; then
  echo "$source is refused, but no line above matches '$expected'."
  exit 1
fi
