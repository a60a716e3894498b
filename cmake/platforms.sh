#!/bin/sh
# Cross-compiles tests for other platforms and runs them in emulators; installs missing packages:
#   sh cmake/platforms.sh TARGET...
# Targets: aarch64, armhf, i686, s390x (by qemu-user), aarch64_clang (aarch64, compiled by clang), mingw (64-bit Windows, by wine),
# wasm (WebAssembly, by node), libcxx (this machine, with clang 19 and LLVM's standard library), no_vectors (this machine, in
# standard C++ only: kernels without the vector extension of g++ and clang), msvc_rules (headers as Microsoft's compiler and
# clang-cl read them: only compiled, by clang, not run), or all.
# Runs the tests of the folders in the variable LAMINA_PLATFORM_FOLDERS, a CMake list; default:
# conformance;core;data;layers;models;ops. Of conformance, every fifth case runs. The last lines are a table of the numbers of
# passed tests.
set -eu
root=$(cd "$(dirname "$0")/.." && pwd)
. "$root/cmake/packages.sh"
folders=${LAMINA_PLATFORM_FOLDERS:-conformance;core;data;layers;models;ops}
all='aarch64 aarch64_clang armhf i686 s390x mingw wasm libcxx no_vectors msvc_rules'

[ $# -gt 0 ] || fail "Usage: sh cmake/platforms.sh TARGET...    Targets: $all, or all"
[ "$*" != all ] || eval "set -- $all"

# describe TARGET: sets `emulator` (the command that runs its programs), `suffix` (of their file names), `settings` (arguments of
# CMake, one per line), `skipped` (a GoogleTest filter of tests that cannot run) and `targets` (what to build).
describe() {
  emulator= suffix= settings= skipped= test_flags=-O0 targets=lamina_platform_tests
  case $1 in
  aarch64) debian_cross aarch64-linux-gnu aarch64 ;;
  aarch64_clang)
    debian_cross aarch64-linux-gnu aarch64
    need_command clang clang++
    settings="-DCMAKE_SYSTEM_NAME=Linux
-DCMAKE_SYSTEM_PROCESSOR=aarch64
-DCMAKE_C_COMPILER=clang
-DCMAKE_CXX_COMPILER=clang++
-DCMAKE_C_COMPILER_TARGET=aarch64-linux-gnu
-DCMAKE_CXX_COMPILER_TARGET=aarch64-linux-gnu"
    ;;
  armhf) debian_cross arm-linux-gnueabihf arm ;;
  i686)
    debian_cross i686-linux-gnu i386 i686 '-msse2 -mfpmath=sse'
    # A 64-bit machine runs these programs itself; in qemu 7, threads hang.
    [ "$(uname -m)" != x86_64 ] || emulator='/usr/i686-linux-gnu/lib/ld-linux.so.2 --library-path /usr/i686-linux-gnu/lib'
    ;;
  s390x) debian_cross s390x-linux-gnu s390x ;;
  mingw)
    need_command g++-mingw-w64-x86-64-posix x86_64-w64-mingw32-g++-posix
    need_command wine wine
    need_command lld ld.lld # GNU ld takes a minute for each program
    emulator=wine suffix=.exe test_flags='-O0;-Wa,-mbig-obj'
    settings="-DCMAKE_SYSTEM_NAME=Windows
-DCMAKE_SYSTEM_PROCESSOR=x86_64
-DCMAKE_C_COMPILER=x86_64-w64-mingw32-gcc-posix
-DCMAKE_CXX_COMPILER=x86_64-w64-mingw32-g++-posix
-DCMAKE_EXE_LINKER_FLAGS=-static -fuse-ld=lld"
    ;;
  wasm)
    need_command emscripten em++
    need_command nodejs node
    emulator=node suffix=.js
    # GoogleTest cannot capture the standard streams under node.
    skipped='Warning.IsOneLineOnTheStandardErrorStream:FitWarnings.NameTheEpochAndStepOfALossThatIsNotFinite:Summary.*'
    settings="-DCMAKE_TOOLCHAIN_FILE=/usr/share/emscripten/cmake/Modules/Platform/Emscripten.cmake
-DCMAKE_CXX_FLAGS=-msimd128 -fexceptions -pthread
-DCMAKE_EXE_LINKER_FLAGS=-sNODERAWFS -sINITIAL_MEMORY=1073741824 -sTOTAL_STACK=4194304 -sEXIT_RUNTIME -sPROXY_TO_PTHREAD
-DLAMINA_CCACHE="
    NODE_PATH=${NODE_PATH-/usr/share/nodejs} # Debian's package of acorn, which Emscripten needs
    export NODE_PATH
    ;;
  libcxx)
    need_command clang-19 clang++-19
    need_library libc++-19-dev
    settings="-DCMAKE_C_COMPILER=clang-19
-DCMAKE_CXX_COMPILER=clang++-19
-DCMAKE_CXX_FLAGS=-stdlib=libc++
-DCMAKE_CXX_STANDARD=23"
    # In C++23, libc++'s headers include few other headers, so a missing #include in lamina's headers is an error.
    targets="$targets header_selfcheck"
    ;;
  msvc_rules)
    need_command clang clang++
    need_command g++-mingw-w64-x86-64-posix x86_64-w64-mingw32-g++-posix
    ;;
  no_vectors) settings='-DCMAKE_CXX_FLAGS=-DLAMINA_HAS_VECTOR_EXTENSION=0' ;;
  *) fail "Unknown target $1. Targets: $all, or all" ;;
  esac
}

# debian_cross TRIPLET QEMU_NAME [PROCESSOR [FLAGS]]: settings for a Debian cross-compiler and qemu-user.
debian_cross() {
  need_command "g++-$1" "$1-g++"
  need_command qemu-user "qemu-$2"
  emulator="qemu-$2 -L /usr/$1"
  settings="-DCMAKE_SYSTEM_NAME=Linux
-DCMAKE_SYSTEM_PROCESSOR=${3:-$2}
-DCMAKE_C_COMPILER=$1-gcc
-DCMAKE_CXX_COMPILER=$1-g++
-DCMAKE_CXX_FLAGS=-Wno-psabi ${4-}"
}

# build TARGET: builds the tests in `directory`. The compiled templates are optimized, as in a program; the tests are not.
build() {
  directory=$root/build/platforms/$1
  if have ninja; then
    CMAKE_GENERATOR=${CMAKE_GENERATOR:-Ninja}
    export CMAKE_GENERATOR
  fi
  saved_ifs=$IFS
  IFS='
'
  # shellcheck disable=SC2086  # one argument per line
  set -- $settings
  IFS=$saved_ifs
  cmake -S "$root" -B "$directory" -DCMAKE_BUILD_TYPE=Release -DCMAKE_CXX_FLAGS_RELEASE= -DCMAKE_FIND_ROOT_PATH_MODE_LIBRARY=ONLY \
    -DCMAKE_FIND_ROOT_PATH_MODE_INCLUDE=ONLY -DCMAKE_FIND_ROOT_PATH_MODE_PACKAGE=BOTH \
    -DCMAKE_FIND_ROOT_PATH="$directory/none" -DCMAKE_DISABLE_FIND_PACKAGE_ZLIB=ON -DEigen3_DIR=/usr/share/eigen3/cmake \
    -Dnlohmann_json_DIR=/usr/share/cmake/nlohmann_json -DLAMINA_GOOGLETEST_SOURCE=/usr/src/googletest \
    -DLAMINA_BUILD_TESTS=ON -DLAMINA_BUILD_EXAMPLES=OFF -DLAMINA_TEST_FOLDERS="$folders" \
    -DLAMINA_TEST_FLAGS="$test_flags;-g0" -DLAMINA_TEST_COMPILED_FLAGS=-O1 "$@"
  # shellcheck disable=SC2086  # a list of targets
  cmake --build "$directory" --target $targets --parallel "$(getconf _NPROCESSORS_ONLN 2>/dev/null || echo 2)"
}

# run_tests: runs all test programs in `directory`. Sets `passed` to the number of tests and cases that passed, and `failed` to
# the names of the programs that failed.
run_tests() {
  passed=0 failed=
  WINEPREFIX=$directory/wine WINEDEBUG=-all
  export WINEPREFIX WINEDEBUG
  if [ "$emulator" = node ] && node --no-experimental-fetch -e 0 2>/dev/null; then
    emulator='node --no-experimental-fetch' # with fetch, Emscripten 3 assumes a browser
  fi
  for program in "$directory"/tests/lamina_test_*"$suffix" "$directory/tests/conformance/keras_conformance$suffix"; do
    [ -f "$program" ] || continue
    case $program in
    *.cpp | *.a | *.cmake | *.worker.js) continue ;;
    *keras_conformance*) set -- "$root/tests/golden/keras" --every 5 ;;
    *) set -- --gtest_brief=1 --gtest_filter="-$skipped" ;;
    esac
    name=$(basename "$program" "$suffix")
    log=$directory/$name.log
    printf '%s: %s\n' "$target" "$name"
    ended=0
    # shellcheck disable=SC2086  # a command with its arguments
    $emulator "$program" "$@" >"$log" 2>&1 </dev/null || ended=$?
    if grep -q '^wine client error' "$log"; then
      # The wine server of the last program was about to end when this one connected to it.
      ended=0
      # shellcheck disable=SC2086
      $emulator "$program" "$@" >"$log" 2>&1 </dev/null || ended=$?
    fi
    [ "$ended" -eq 0 ] || failed="$failed $name"
    count=$(tr -d '\r' <"$log" | sed -n -e 's/^\[  PASSED  \] \([0-9]*\) tests*\.$/\1/p' -e 's/^\([0-9]*\) passed, .*/\1/p' | tail -n 1)
    if [ -z "$count" ]; then
      failed="$failed $name(ended)"
      count=0
    fi
    case $failed in
    *"$name"*) cat "$log" ;;
    esac
    passed=$((passed + count))
  done
}

need_command cmake cmake
need_command ninja-build ninja make
need_library libeigen3-dev
need_library nlohmann-json3-dev
need_library googletest
for target in "$@"; do describe "$target"; done
install_missing

table=
status=0
for target in "$@"; do
  begin=$(date +%s)
  if [ "$target" = msvc_rules ]; then
    if line=$(sh "$root/tests/hygiene/msvc_rules.sh" "$root/include" clang++ -std=c++20 "-I$root/include" -isystem /usr/include/eigen3); then
      line=$(printf '%-10s %s, compiled in %d s' "$target" "$line" $(($(date +%s) - begin)))
    else
      line=$(printf '%-10s FAILED' "$target")
      status=1
    fi
    table="$table$line
"
    continue
  fi
  describe "$target"
  build "$target"
  built=$(date +%s)
  run_tests
  line=$(printf '%-10s %5d tests passed, built in %d s, run in %d s' "$target" "$passed" $((built - begin)) $(($(date +%s) - built)))
  if [ -n "$failed" ] || [ "$passed" -eq 0 ]; then
    line="$line; FAILED:$failed"
    status=1
  fi
  table="$table$line
"
done
printf '\n%s' "$table"
exit $status
