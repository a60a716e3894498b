#!/bin/sh
# Compiles all headers with each supported compiler, standard library and C++ standard, with warnings as errors; installs
# missing Debian packages:
#   sh cmake/compilers.sh [PART OF A LINE OF THE TABLE]
# `headers` is every header in one translation unit; `templates` also instantiates all templates of lamina::compiled, for float
# and double. Nothing is linked or run; `platforms.sh libcxx` runs tests with clang 19 and libc++.
# LAMINA_EIGEN_INCLUDE is the folder of Eigen's headers, /usr/include/eigen3 by default. The last lines are a table.
set -eu
root=$(cd "$(dirname "$0")/.." && pwd)
. "$root/cmake/packages.sh"
eigen=${LAMINA_EIGEN_INCLUDE:-/usr/include/eigen3}

# One compiler per line: its name, then the command with its flags.
compilers='g++ 12, C++20: g++-12 -std=c++20
g++ 12, C++23: g++-12 -std=c++23
clang 14, C++20: clang++-14 -std=c++20
clang 14, C++23: clang++-14 -std=c++2b
clang 19, C++20: clang++-19 -std=c++20
clang 19, C++23: clang++-19 -std=c++23
clang 19, C++26: clang++-19 -std=c++26
clang 19, libc++ 19, C++20: clang++-19 -stdlib=libc++ -std=c++20
clang 19, libc++ 19, C++23: clang++-19 -stdlib=libc++ -std=c++23
clang 19, libc++ 19, C++26: clang++-19 -stdlib=libc++ -std=c++26'
chosen=$(printf '%s\n' "$compilers" | grep -F -e "${1-}") || fail "No line of the table has \"$1\" in it. The lines:" "$compilers"

case $chosen in *g++-12*) need_command g++-12 g++-12 ;; esac
case $chosen in *clang++-14*) need_command clang-14 clang++-14 ;; esac
case $chosen in *clang++-19*) need_command clang-19 clang++-19 ;; esac
case $chosen in *libc++*) need_library libc++-19-dev ;; esac
[ -n "${LAMINA_EIGEN_INCLUDE-}" ] || need_library libeigen3-dev
need_keras_libraries
install_missing

directory=$root/build/compilers
mkdir -p "$directory"
{
  echo '#include <lamina/lamina.hpp>'
  sh "$root/cmake/list_headers.sh" lamina "$root/include"
} >"$directory/headers.cpp"
{
  printf '#define LAMINA_IMPLEMENTATION\n#define LAMINA_COMPILED_LAYERS\n'
  printf '#define LAMINA_INSTANTIATE_LAYERS_%s\n' FLOAT DOUBLE
  cat "$directory/headers.cpp"
} >"$directory/templates.cpp"

status=0
table=
saved_ifs=$IFS
IFS='
'
for line in $chosen; do
  IFS=$saved_ifs
  name=${line%: *}
  echo "$name"
  row=$(printf '%-28s' "$name")
  for source in headers templates; do
    begin=$(date +%s)
    # shellcheck disable=SC2086  # a command with its arguments
    if ${line##*: } -Wall -Wextra -Wpedantic -Wconversion -Wsign-conversion -Wshadow -Werror -fsyntax-only "-I$root/include" \
      -isystem "$eigen" -isystem /usr/include/hdf5/serial "$directory/$source.cpp"; then
      row="$row  $source clean ($(($(date +%s) - begin)) s)"
    else
      row="$row  $source FAILED"
      status=1
    fi
  done
  table="$table$row
"
done
version=$(sed -nE 's/^#define EIGEN_(WORLD|MAJOR|MINOR|PATCH)_VERSION +([0-9]+).*/\2/p' "$eigen/Eigen/Version" \
  "$eigen/Eigen/src/Core/util/Macros.h" 2>/dev/null | tr '\n' '.')
printf '\nEigen %s\n%s' "${version%.}" "$table"
exit $status
