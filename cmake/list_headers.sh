#!/bin/sh
# list_headers.sh lamina|others INCLUDE_DIR: writes an #include line for each header of lamina, or for each header of another
# library that they include and that the compiler finds. lamina's headers of files in other formats (io) need such libraries: they
# are included if the compiler finds all of them.
set -eu
export LC_ALL=C
case $1 in
lamina)
  guard='#if __has_include(<hdf5.h>) \&\& __has_include(<nlohmann/json.hpp>) \&\& __has_include(<zip.h>)'
  (cd "$2" && find lamina -name '*.hpp') | sort | sed -e "s|^lamina/io/.*|$guard\n#include <&>\n#endif|" -e 's|^lamina/.*|#include <&>|'
  ;;
others)
  find "$2" -name '*.hpp' -exec sed -n 's/^[[:space:]]*#[[:space:]]*include[[:space:]]*<\([^>]*\)>.*/\1/p' {} + |
    grep -v '^lamina/' | sort -u | sed 's/.*/#if __has_include(<&>)\n#include <&>\n#endif/'
  ;;
*) exit 2 ;;
esac
