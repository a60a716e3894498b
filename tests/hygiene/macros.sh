#!/bin/sh
# macros.sh leaked|min_max INCLUDE_DIR COMPILER [FLAGS]...
# leaked: every macro that is defined after <lamina/lamina.hpp> is named LAMINA_*, or comes unchanged from the standard library
# or Eigen. min_max: function-like macros min and max, as <windows.h> defines them, neither break the headers nor are lost.
set -eu
export LC_ALL=C
check=$1 include_dir=$2
shift 2
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT

# All that lamina's headers include of others. (Of the standard library, because libstdc++ undefines min and max.)
find "$include_dir" -name '*.hpp' -exec sed -n 's/^[[:space:]]*#[[:space:]]*include[[:space:]]*<\([^>]*\)>.*/\1/p' {} + |
  grep -v '^lamina/' | sort -u |
  while read -r name; do printf '#if __has_include(<%s>)\n#include <%s>\n#endif\n' "$name" "$name"; done \
    >"$scratch/others.cpp"

case $check in
leaked)
  echo '#include <lamina/lamina.hpp>' >"$scratch/lamina.cpp"
  for file in others lamina; do
    "$@" -dM -E "$scratch/$file.cpp" -o "$scratch/$file.macros"
    sort -o "$scratch/$file.macros" "$scratch/$file.macros"
  done
  if comm -13 "$scratch/others.macros" "$scratch/lamina.macros" | grep -v '^#define LAMINA_'; then
    echo "<lamina/lamina.hpp> leaks the macros above, or changes those of others."
    exit 1
  fi
  ;;
min_max)
  cat "$scratch/others.cpp" - >"$scratch/min_max.cpp" <<'END'
#define min(a, b) ((a) < (b) ? (a) : (b))
#define max(a, b) ((a) > (b) ? (a) : (b))
#include <lamina/lamina.hpp>
int main() { return max(0, min(1, 0)); }
END
  "$@" -fsyntax-only "$scratch/min_max.cpp"
  ;;
esac
