# Finds phrases that the project does not use, also across line ends. The first file lists them: a regular expression, a tab, and
# what to write instead.
BEGIN { FS = "\t" }
NR == FNR {
  phrase[++count] = "(^|[^a-z_])(" $1 ")([^a-z_]|$)"
  instead[count] = $2
  all = all (count > 1 ? "|" : "") $1
  next
}
FNR == 1 {
  previous = ""
  if (!started++) all = "(^|[^a-z_])(" all ")([^a-z_]|$)"
}
{
  text = tolower($0)
  gsub(/^ *(\/\/\/?<?|#|\*)? */, "", text)
  joined = previous " " text
  if (match(joined, all) && RSTART + RLENGTH > length(previous) + 1) {
    for (i = 1; !match(joined, phrase[i]);) ++i
    print FILENAME ":" FNR ": \"" substr(joined, RSTART, RLENGTH) "\": write " instead[i]
    ++found
  }
  previous = text
}
END {
  if (NR == 0 || !started) print "No files were read."
  exit found > 0 || !started
}
