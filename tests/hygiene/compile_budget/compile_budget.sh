#!/bin/sh
# compile_budget.sh LIMIT REFERENCE CANDIDATE COMPILER [FLAGS]...
# Fails when CANDIDATE takes more than LIMIT times the processor time of REFERENCE to compile. Processor time and the least of
# several turns each, taken in alternation, because the machine has other things to do: two turns where these are within
# the limit, up to six where they are not.
set -eu
limit=$1 reference=$2 candidate=$3
shift 3

scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT

# Appends "seconds kilobytes" of one compilation to a file; kilobytes only where GNU time can tell.
measure() {
  source=$1 result=$2
  shift 2
  if /usr/bin/time -f '%U %S %M' true >/dev/null 2>&1; then
    /usr/bin/time -f '%U %S %M' -o "$scratch/time" "$@" -c "$source" -o "$scratch/object"
    awk '{ print $1 + $2, $3 }' "$scratch/time" >>"$result"
  else
    ("$@" -c "$source" -o "$scratch/object" && times) >"$scratch/time"
    tail -n 1 "$scratch/time" | tr 'ms' '  ' | awk '{ print 60 * $1 + $2 + 60 * $3 + $4 }' >>"$result"
  fi
}

least() { sort -n "$1" | head -n 1; }

# Says the figures of the turns so far; fails where they are beyond the limit.
compare() {
  echo "$(least "$scratch/reference") $(least "$scratch/candidate")" | awk -v limit="$limit" '
    NF == 4 { printf "reference %.2f s, %d MB; candidate %.2f s, %d MB; ", $1, $2 / 1024, $3, $4 / 1024; ratio = $3 / $1 }
    NF == 2 { printf "reference %.2f s; candidate %.2f s; ", $1, $2; ratio = $2 / $1 }
    END { printf "ratio %.2f, limit %.2f\n", ratio, limit; exit ratio > limit }'
}

for turn in 1 2 3 4 5 6; do
  measure "$reference" "$scratch/reference" "$@"
  measure "$candidate" "$scratch/candidate" "$@"
  if [ "$turn" -ge 2 ] && compare; then exit 0; fi
done
exit 1
