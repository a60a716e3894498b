#!/bin/sh
# Compiles lamina as a C++20 module with clang 17 or newer:
#   sh cmake/module.sh DIRECTORY COMPILER [FLAGS]...
# for example: sh cmake/module.sh build/module clang++-19 -std=c++20 -O2 -I/usr/include/eigen3
# Writes DIRECTORY/lamina.cppm, which includes every header and exports every public name (clang lists the names). Compiles it to lamina.pcm (for `-fmodule-file=lamina=DIRECTORY/lamina.pcm`) and lamina.o (to link).
# Macros are not exported: programs that use LAMINA_VERSION include <lamina/version.hpp>.
set -eu
root=$(cd "$(dirname "$0")/.." && pwd)
[ $# -ge 2 ] || {
  echo "Usage: sh cmake/module.sh DIRECTORY COMPILER [FLAGS]..." >&2
  exit 1
}
directory=$1
shift
mkdir -p "$directory"
export LC_ALL=C

scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT

# The namespaces of public names, and candidates for the names: all names that clang lists, including template parameters.
sh "$root/cmake/list_headers.sh" lamina "$root/include" >"$scratch/includes"
set -- "$@" "-I$root/include"
"$@" -fsyntax-only -Xclang -ast-list -Xclang -ast-dump-filter=lamina:: -x c++ "$scratch/includes" >"$scratch/declarations"
(cd "$root/include" && grep -rhoE '^namespace lamina[a-z_:]*' .) | sed 's/namespace //' | grep -vE 'detail|::kernels' | sort -u \
  >"$scratch/namespaces"
while read -r namespace; do
  sed -nE -e "s/^$namespace::([A-Za-z_0-9]+|operator[^ A-Za-z_0-9\"]+)\$/  using $namespace::\\1;/p" "$scratch/declarations" |
    sort -u | sed "s/^/$namespace /"
done <"$scratch/namespaces" >"$scratch/candidates"

# The public names: the candidates that a using-declaration accepts.
{
  cat "$scratch/includes"
  echo '#line 1 "candidates"'
  sed 's/[^ ]* *\(.*\)/namespace probe { \1 }/' "$scratch/candidates"
} >"$scratch/probe.cpp"
"$@" -fsyntax-only -ferror-limit=0 "$scratch/probe.cpp" 2>"$scratch/errors" || true
if grep -q 'fatal error' "$scratch/errors"; then
  cat "$scratch/errors" >&2
  exit 1
fi
sed -n 's/^candidates:\([0-9]*\):.* error: .*/\1d/p' "$scratch/errors" >"$scratch/not_names"
sed -f "$scratch/not_names" "$scratch/candidates" >"$scratch/names"

{
  echo '// The public names of lamina as a module. Written by cmake/module.sh.'
  printf 'module;\n\n'
  cat "$scratch/includes"
  printf '\nexport module lamina;\n'
  while read -r namespace; do
    printf '\nexport namespace %s {\n' "$namespace"
    sed -n "s/^$namespace  *\(using\)/\1/p" "$scratch/names"
    echo "}  // namespace $namespace"
  done <"$scratch/namespaces"
} >"$directory/lamina.cppm"

"$@" --precompile "$directory/lamina.cppm" -o "$directory/lamina.pcm"
"$@" -Qunused-arguments -c "$directory/lamina.pcm" -o "$directory/lamina.o"
echo "$directory/lamina.cppm exports $(grep -c '^using' "$directory/lamina.cppm") names."
