#!/bin/sh
# must_not_compile.sh SOURCE COMPILER [FLAGS]...
# With MISUSE defined, SOURCE must not compile, and an error must match the extended regular expression in its first line. That
# SOURCE compiles without MISUSE is checked by compiling all cases together.
set -u
source=$1
shift

expected=$(sed -n '1s,^// EXPECT: ,,p' "$source")
if [ -z "$expected" ] || ! grep -q '^#ifdef MISUSE' "$source"; then
  echo "$source: expected a first line '// EXPECT: regex', and the misuse between '#ifdef MISUSE' and '#endif'."
  exit 1
fi
if output=$("$@" -fsyntax-only -DMISUSE "$source" 2>&1); then
  echo "$source compiles with MISUSE defined; expected an error."
  exit 1
fi
echo "$output"
if ! echo "$output" | grep -Eq "$expected"; then
  echo "$source does not compile, as expected, but no error above matches '$expected'."
  exit 1
fi
