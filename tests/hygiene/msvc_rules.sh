#!/bin/sh
# msvc_rules.sh INCLUDE_DIR CLANG [FLAGS]...
# Checks that every header compiles without a warning as Microsoft's compiler (cl) and clang-cl read it, as far as clang can tell
# with MinGW's system headers: tests/README.md lists what this covers. Templates are instantiated; nothing is linked. The headers
# of other libraries come first. Then the predefined macros change: for cl, those of g++ and clang are undefined, and their
# extensions are poisoned.
set -eu
export LC_ALL=C
include_dir=$1
shift
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT

directories=$(x86_64-w64-mingw32-g++-posix -E -v -x c++ /dev/null 2>&1 >/dev/null | sed -n '/^#include </,/^End of search/s/^ //p')
for directory in $directories; do
  case $directory in
  *-posix/include) directory=$("$1" -print-resource-dir)/include ;; # the compiler's own headers
  */include-fixed) continue ;;
  esac
  set -- "$@" -isystem "$directory"
done

sh "$(dirname "$0")/../../cmake/list_headers.sh" others "$include_dir" >"$scratch/others.hpp"
sh "$(dirname "$0")/../../cmake/list_headers.sh" lamina "$include_dir" >"$scratch/headers.hpp"

cat >"$scratch/clang_cl.cpp" <<'END'
#include "others.hpp"
#include <windows.h>
#undef min
#undef max
#define min(a, b) (((a) < (b)) ? (a) : (b))
#define max(a, b) (((a) > (b)) ? (a) : (b))
#define _MSC_VER 1940
#define _M_X64 100
// Missing from Microsoft's libraries; and functions that its compiler reports as unsafe, by default as errors in new projects.
#pragma GCC poison __cxa_demangle __builtin_cpu_supports
#pragma GCC poison getenv fopen freopen _wfopen _wopen tmpfile tmpnam strcpy strcat strncpy strncat strtok strerror sprintf
#pragma GCC poison vsprintf sscanf fscanf localtime gmtime ctime asctime
#include "headers.hpp"
END
sed '/headers.hpp/d' "$scratch/clang_cl.cpp" >"$scratch/cl.cpp"
cat >>"$scratch/cl.cpp" <<'END'
#undef __GNUC__
#undef __GNUC_MINOR__
#undef __clang__
#undef __clang_major__
#undef __clang_minor__
#undef __x86_64__
#undef __x86_64
#undef __amd64__
#undef __MINGW32__
#undef __MINGW64__
#undef __SIZEOF_INT128__
#undef __has_feature
#undef __has_builtin
#pragma GCC poison __attribute__ __attribute asm __asm __asm__ __restrict__ __int128 __typeof__ typeof __extension__
#pragma GCC poison __builtin_prefetch __builtin_convertvector __builtin_shufflevector __builtin_shuffle
#pragma GCC poison __builtin_bit_cast __builtin_expect __builtin_unreachable __builtin_assume_aligned __arithmetic_fence
#include "headers.hpp"
END

for rules in cl clang_cl; do
  "$@" --target=x86_64-w64-mingw32 -nostdinc -fms-extensions -fsyntax-only -Wall -Wextra -Wpedantic -Wconversion -Wsign-conversion -Wshadow \
    -Werror -Wno-builtin-macro-redefined -DLAMINA_COMPILED -DLAMINA_COMPILED_LAYERS -DLAMINA_INSTANTIATE_FLOAT \
    -DLAMINA_INSTANTIATE_LAYERS_FLOAT "$scratch/$rules.cpp"
done
printf '%d headers clean by the rules of cl and clang-cl\n' "$(wc -l <"$scratch/headers.hpp")"
