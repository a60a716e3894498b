#!/bin/sh
# compile_budget.sh LIMIT REFERENCE CANDIDATE COMPILER [FLAGS]...
# Fails if CANDIDATE takes more than LIMIT times the CPU time of REFERENCE to compile. As the machine may be busy, it compares
# the minima of several rounds, up to six: it ends with the first that is within the limit. REFERENCE is short, so a round
# measures it before and after CANDIDATE.
set -eu
limit=$1 reference=$2 candidate=$3
shift 3

scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT

# Appends "seconds kilobytes" of one compilation to a file; kilobytes only if GNU time is installed.
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

# Prints the minima of the rounds so far; fails if their ratio exceeds the limit.
compare() {
  echo "$(least "$scratch/reference") $(least "$scratch/candidate")" | awk -v limit="$limit" '
    NF == 4 { printf "reference %.2f s, %d MB; candidate %.2f s, %d MB; ", $1, $2 / 1024, $3, $4 / 1024; ratio = $3 / $1 }
    NF == 2 { printf "reference %.2f s; candidate %.2f s; ", $1, $2; ratio = $2 / $1 }
    END { printf "ratio %.2f, limit %.2f\n", ratio, limit; exit ratio > limit }'
}

for _ in 1 2 3 4 5 6; do
  measure "$reference" "$scratch/reference" "$@"
  measure "$candidate" "$scratch/candidate" "$@"
  measure "$reference" "$scratch/reference" "$@"
  if compare; then exit 0; fi
done
exit 1
