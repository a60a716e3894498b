#!/bin/sh
# phrases.sh ROOT: finds phrases that the project does not use (phrases.txt, with what to write instead) in sources and pages.
set -eu
cd "$1"
find README.md .ci .github benchmarks cmake examples include tests -type f \
  \( -name '*.hpp' -o -name '*.cpp' -o -name '*.md' -o -name '*.cmake' -o -name '*.sh' -o -name '*.awk' -o -name '*.dox' -o -name '*.py' \
  -o -name CMakeLists.txt -o -name run \) | LC_ALL=C sort | xargs awk -f tests/hygiene/phrases.awk tests/hygiene/phrases.txt
