#!/bin/sh
# Installs missing packages, builds, and runs:
#   sh cmake/run.sh EXAMPLE [ARGUMENTS]...      an example, such as linear_fit
#   sh cmake/run.sh test [CTEST ARGUMENTS]...   the tests
#   sh cmake/run.sh test all [CTEST ARGUMENTS]...   also the tests that take long or need large tools (ctest label: all)
#   sh cmake/run.sh benchmark [ARGUMENTS]...    the benchmarks, such as --benchmark_filter=dense
#   sh cmake/run.sh widths [ROUNDS [PART OF A NAME]]   compares plain builds with native ones, for each operation
#   sh cmake/run.sh docs          the documentation site, build/docs/html; fails if a public name is undocumented
#   sh cmake/run.sh docs PATH     only checks the documentation of files whose path contains PATH, such as layers/rnn
# platforms.sh runs the tests on other platforms.
# CXX, CXXFLAGS and CMAKE_GENERATOR have the same effect as with CMake.
set -eu
root=$(cd "$(dirname "$0")/.." && pwd)

. "$root/cmake/packages.sh"

# build DIRECTORY TARGET [CMAKE ARGUMENTS]...
build() {
  directory=$root/build/$1 target=$2
  shift 2
  if have ninja; then
    CMAKE_GENERATOR=${CMAKE_GENERATOR:-Ninja}
    export CMAKE_GENERATOR
  fi
  cmake -S "$root" -B "$directory" -DCMAKE_BUILD_TYPE=Release "$@"
  cmake --build "$directory" --target "$target" --parallel "$(getconf _NPROCESSORS_ONLN 2>/dev/null || echo 2)"
}

examples() { (cd "$root/examples" && ls -- *.cpp 2>/dev/null) | sed 's/\.cpp$//' | tr '\n' ' '; }

usage() { fail "Usage: sh cmake/run.sh test [all] | benchmark | widths | docs | EXAMPLE [ARGUMENTS]..." "Examples: $(examples)"; }

# docs [PATH]: doxygen writes a warning for every instance of a template; one for each line is enough.
docs() {
  need_command doxygen doxygen
  install_missing >&2
  cd "$root"
  mkdir -p build/docs
  version=$(sed -n 's/^#define LAMINA_VERSION "\(.*\)"/\1/p' include/lamina/version.hpp)
  {
    cat cmake/docs/Doxyfile
    echo "PROJECT_NUMBER = $version"
    if [ $# -gt 0 ]; then echo 'GENERATE_HTML = NO'; fi
  } >build/docs/Doxyfile
  status=0
  doxygen build/docs/Doxyfile 2>build/docs/all_warnings.log || status=$?
  sed "s|^$root/||" build/docs/all_warnings.log | grep -F -- "${1-}" | sort -t: -k1,1 -k2,2n -u >build/docs/warnings.log || true
  if [ -s build/docs/warnings.log ]; then
    cat build/docs/warnings.log
    fail "docs: $(wc -l <build/docs/warnings.log) warnings, listed in build/docs/warnings.log."
  fi
  if [ $# -gt 0 ]; then exit 0; fi
  [ "$status" -eq 0 ] || fail "docs: doxygen failed with status $status."
  echo "The documentation is in build/docs/html/index.html."
}

[ $# -gt 0 ] || usage
what=$1
shift
if [ "$what" = docs ]; then
  docs "$@"
  exit
fi
case $what in
test | benchmark | widths) ;;
*) [ -f "$root/examples/$what.cpp" ] || usage ;;
esac

compiler=${CXX:-c++}
need_command g++ "${compiler%% *}"
need_command cmake cmake
need_command ninja-build ninja make
need_library libeigen3-dev
case $what in
test)
  need_library libgtest-dev
  need_library nlohmann-json3-dev
  need_library zlib1g-dev
  need_library dataset-fashion-mnist
  need_command gnuplot-nox gnuplot
  need_command graphviz dot
  if [ "${1-}" = all ]; then
    need_library libtbb-dev
    need_command gdb gdb
    need_command clang-19 clang++-19
  fi
  ;;
benchmark | widths) need_library libbenchmark-dev ;;
autoencoder | cnn_mnist | custom_layer | fine_tuning | mnist)
  # The default data set of these examples.
  need_library zlib1g-dev
  need_library dataset-fashion-mnist
  ;;
sequence) need_command gnuplot-nox gnuplot ;; # plots the forecast
esac

# Standard output is reserved for the program's own output.
install_missing >&2
case $what in
test)
  test_all=OFF
  if [ "${1-}" = all ]; then
    test_all=ON
    shift
  fi
  build test all -DLAMINA_BUILD_TESTS=ON -DLAMINA_BUILD_EXAMPLES=ON -DLAMINA_TEST_ALL=$test_all >&2
  exec ctest --test-dir "$directory" --output-on-failure -j2 "$@"
  ;;
benchmark)
  build benchmark lamina_benchmarks -DLAMINA_BUILD_BENCHMARKS=ON -DLAMINA_BUILD_TESTS=OFF -DLAMINA_BUILD_EXAMPLES=OFF >&2
  exec "$directory/benchmarks/lamina_benchmarks" "$@"
  ;;
widths)
  for kind in plain native; do
    build benchmark lamina_widths_$kind -DLAMINA_BUILD_BENCHMARKS=ON -DLAMINA_BUILD_TESTS=OFF -DLAMINA_BUILD_EXAMPLES=OFF >&2
  done
  exec sh "$root/benchmarks/widths/ratios.sh" "$directory/benchmarks/lamina_widths_plain" \
    "$directory/benchmarks/lamina_widths_native" "$@"
  ;;
*)
  build release "lamina_example_$what" -DLAMINA_BUILD_TESTS=OFF -DLAMINA_BUILD_EXAMPLES=ON >&2
  exec "$directory/examples/$what" "$@"
  ;;
esac
