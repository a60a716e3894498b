#!/bin/sh
# Installs missing packages, builds, and runs:
#   sh cmake/run.sh EXAMPLE [ARGUMENTS]...      an example, such as linear_fit
#   sh cmake/run.sh test [CTEST ARGUMENTS]...       the tests
#   sh cmake/run.sh test all [CTEST ARGUMENTS]...   also the tests that take long or need large tools (ctest label: all)
#   sh cmake/run.sh test NAME [CTEST ARGUMENTS]...  the tests of a folder (`core`), of the files whose path contains NAME
#                                                   (`layers/rnn`, `adam`), or those that ctest finds by NAME (`hygiene.levels`)
#   sh cmake/run.sh quick         the tests of the files that differ from the branch main, and the checks of all sources
#   sh cmake/run.sh benchmark [ARGUMENTS]...        the benchmarks, such as --benchmark_filter=dense
#   sh cmake/run.sh widths [ROUNDS [PART OF A NAME]]   compares plain builds with native ones, for each operation
#   sh cmake/run.sh docs [PATH]   the documentation site, build/docs/html; fails if a public name is undocumented.
#                                 With PATH only checks files whose path contains it, such as layers/rnn
#   sh cmake/run.sh format [check]      formats all sources, or checks that they are
#   sh cmake/run.sh tidy [FILE.cpp]...  clang-tidy on these files and the headers that they include
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

usage() {
  fail "Usage: sh cmake/run.sh test [all | NAME] | quick | benchmark | widths | docs | format | tidy | EXAMPLE [ARGUMENTS]..." \
    "Examples: $(examples)"
}

# docs [PATH]: doxygen writes a warning for every instance of a template; one for each line is enough.
docs() {
  need_command doxygen doxygen
  install_missing >&2
  cd "$root"
  mkdir -p build/docs
  if [ $# -gt 0 ] && ! find include cmake/docs -type f | grep -qF -- "$1"; then
    fail "docs: expected a part of the path of a file in include or cmake/docs, such as layers/rnn, got \"$1\"."
  fi
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
  if [ $# -gt 0 ]; then
    echo "docs: no warning for files whose path contains \"$1\"."
    exit 0
  fi
  [ "$status" -eq 0 ] || fail "docs: doxygen failed with status $status."
  echo "The documentation is in build/docs/html/index.html."
}

# format [check]
format() {
  need_command clang-format-16 clang-format-16
  install_missing >&2
  case ${1-} in
  '') action=-i ;;
  check) action='--dry-run -Werror' ;;
  *) fail "Usage: sh cmake/run.sh format [check]" ;;
  esac
  cd "$root"
  # shellcheck disable=SC2086  # a list of arguments
  find include tests examples benchmarks \( -name '*.hpp' -o -name '*.cpp' \) -print0 | xargs -0 clang-format-16 $action
}

# tidy [FILE.cpp]...: without files, a program that includes all headers. The checks are in .clang-tidy.
tidy() {
  need_command clang-tidy-14 clang-tidy-14
  need_library libeigen3-dev
  need_keras_libraries
  install_missing >&2
  if [ $# -eq 0 ]; then
    mkdir -p "$root/build/tidy"
    sh "$root/cmake/list_headers.sh" lamina "$root/include" >"$root/build/tidy/headers.cpp"
    set -- "$root/build/tidy/headers.cpp"
  fi
  clang-tidy-14 --quiet --config-file="$root/.clang-tidy" "$@" -- \
    -std=c++20 "-I$root/include" "-I$root/tests" -isystem /usr/include/eigen3 -isystem /usr/include/hdf5/serial -DLAMINA_COMPILED
}

# Prints the test files for the paths in standard input, one per line, relative to the root. A header or a test file selects the
# test file of the same path below tests/; a part of a path selects the test files whose paths contain it.
test_files() {
  (cd "$root/tests" && find . -name '*_test.cpp') | sed 's|^\./||' | LC_ALL=C sort >"$root/build/test_files.txt"
  sed -n -e 's|^include/lamina/||' -e 's|^tests/||' -e 's|\.hpp$|_test.cpp|' -e '/^support\//d' -e p |
    grep -F -f - "$root/build/test_files.txt" || true
}

# run_test_files FILE... [-- CTEST ARGUMENTS...]: builds these from the headers alone.
run_test_files() {
  files=
  while [ $# -gt 0 ] && [ "$1" != -- ]; do
    echo "tests/$1" >&2
    files="$files;$1"
    shift
  done
  if [ $# -gt 0 ]; then shift; fi
  build quick all -DLAMINA_BUILD_TESTS=ON -DLAMINA_BUILD_EXAMPLES=OFF "-DLAMINA_TEST_FILES=${files#;}" >&2
  ctest --test-dir "$directory" --output-on-failure -j2 "$@"
}

# quick: what differs from main, committed or not.
quick() {
  cd "$root"
  base=$(git merge-base HEAD main 2>/dev/null || git merge-base HEAD origin/main 2>/dev/null || git rev-parse HEAD)
  mkdir -p build
  { git diff --name-only "$base" -- && git ls-files --others --exclude-standard; } |
    grep -E '^(include/lamina|tests)/.*\.(hpp|cpp)$' >build/changed.txt || true
  for check in levels one_place tests_mirror; do
    cmake "-DINCLUDE_DIR=$root/include" "-DTESTS_DIR=$root/tests" -P "tests/hygiene/$check.cmake"
  done
  find include -name '*.hpp' -print0 | xargs -0 awk -f tests/hygiene/options_documented.awk
  sh tests/hygiene/phrases.sh .
  # shellcheck disable=SC2046  # file names without spaces
  set -- $(test_files <build/changed.txt)
  if [ $# -eq 0 ]; then
    echo "No test file corresponds to the files that differ from main."
    return
  fi
  run_test_files "$@"
}

[ $# -gt 0 ] || usage
what=$1
shift
case $what in
docs | format | tidy)
  "$what" "$@"
  exit
  ;;
test | quick | benchmark | widths) ;;
*) [ -f "$root/examples/$what.cpp" ] || usage ;;
esac

compiler=${CXX:-c++}
need_command g++ "${compiler%% *}"
need_command cmake cmake
need_command ninja-build ninja make
need_library libeigen3-dev
case $what in
quick)
  need_library libgtest-dev
  need_library zlib1g-dev
  need_keras_libraries
  need_command git git
  ;;
test)
  need_library libgtest-dev
  need_keras_libraries
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
autoencoder | cnn_mnist | custom_layer | fine_tuning | keras_import | mnist)
  # The default data set of these examples.
  need_library zlib1g-dev
  need_library dataset-fashion-mnist
  if [ "$what" = keras_import ]; then need_keras_libraries; fi
  ;;
sequence) need_command gnuplot-nox gnuplot ;; # plots the forecast
esac

# Standard output is reserved for the program's own output.
install_missing >&2
case $what in
quick) quick ;;
test)
  test_all=OFF
  name=
  case ${1-} in
  all)
    test_all=ON
    shift
    ;;
  '' | -*) ;;
  *)
    name=$1
    shift
    ;;
  esac
  settings="-DLAMINA_BUILD_TESTS=ON -DLAMINA_BUILD_EXAMPLES=ON -DLAMINA_TEST_ALL=$test_all"
  if [ -n "$name" ] && { [ ! -d "$root/tests/$name" ] || [ "${name#*/}" != "$name" ]; }; then
    mkdir -p "$root/build"
    # shellcheck disable=SC2046  # file names without spaces
    files=$(echo "$name" | test_files)
    if [ -n "$files" ]; then
      # shellcheck disable=SC2086
      run_test_files $files -- "$@"
      exit
    fi
    case $name in
    *.* | examples | platforms) ;;
    *) # a mistyped name must not build all tests
      fail "test: expected a folder below tests, a part of the path of a test file or a name of ctest, got \"$name\"." \
        "Examples: core, layers/rnn, hygiene.levels. To build all tests and run those with NAME in their name: test -R NAME"
      ;;
    esac
    set -- -R "$name" "$@"
    target=all
    case $name in
    hygiene.*)
      # The target of this test's program. Tests that run scripts have no program.
      target=help
      program=hygiene_${name#hygiene.}
      if build test help $settings | grep -qE "^(\.\.\. )?$program(:|$)"; then target=$program; fi
      ;;
    esac
    name=
  else
    target=all
  fi
  case $name in
  '') ;;
  conformance) target=keras_conformance ;;
  hygiene) target=lamina_hygiene ;;
  *) target=lamina_test_$name ;;
  esac
  if [ -n "$name" ]; then set -- -L "$name" "$@"; fi
  # shellcheck disable=SC2086  # a list of arguments
  build test "$target" $settings >&2
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
