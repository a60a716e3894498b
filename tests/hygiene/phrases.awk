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
  before = length(previous) + 2  # matches that end before this were reported for the previous line
  while (match(joined, all)) {
    past = RSTART + RLENGTH - 2 > 0 ? RSTART + RLENGTH - 2 : 1  # the next match can begin with the last character
    found_text = substr(joined, RSTART, RLENGTH)
    if (RSTART + RLENGTH > before) {
      for (i = 1; !match(found_text, phrase[i]);) ++i
      print FILENAME ":" FNR ": \"" found_text "\": write " instead[i]
      ++found
    }
    joined = substr(joined, past + 1)
    before -= past
  }
  previous = text
}
END {
  if (NR == 0 || !started) print "No files were read."
  exit found > 0 || !started
}
