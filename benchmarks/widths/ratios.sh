#!/bin/sh
# ratios.sh PLAIN NATIVE [ROUNDS [PART OF A NAME]]: runs two builds of the same cases alternately and prints the minimum time of
# each case over all rounds, and the ratios of the builds. Largest ratios first; the last line is their geometric mean.
set -eu
plain=$1 native=$2 rounds=${3:-3} part=${4-}
times=$(mktemp)
trap 'rm -f "$times"' EXIT
for round in $(seq "$rounds"); do
  "$plain" "$part" | sed 's/^/plain\t/' >>"$times"
  "$native" "$part" | sed 's/^/native\t/' >>"$times"
done
awk -F '\t' '
  !(($1, $2) in least) || $3 < least[$1, $2] { least[$1, $2] = $3 }
  { names[$2] = 1 }
  END {
    for (name in names) {
      ratio = least["plain", name] / least["native", name]
      sum += log(ratio); count++
      printf "%-44s %12.2f %12.2f %7.3f\n", name, least["plain", name], least["native", name], ratio
    }
    printf "%-44s %12s %12s %7.3f\n", "~ geometric mean of " count, "", "", exp(sum / count)
  }' "$times" | LC_ALL=C sort -k4,4nr | { printf '%-44s %12s %12s %7s\n' case 'plain [us]' 'native [us]' ratio; cat; }
