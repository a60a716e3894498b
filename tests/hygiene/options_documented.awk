# Counts the fields of option structs (`...Options`, `...Arguments`, and structs that list their `fields` for configurations),
# and fails if one has no documentation, `///` above it or `///<` behind it, or if the documentation of a field of `...Options`
# does not state the default: "Default: ...", "Required", or "Empty: ..." for names.
#   find include -name '*.hpp' | xargs awk -f options_documented.awk

# A declaration of one field: a type and a name, with or without a value.
function is_field(text) {
  sub(/ = .*|\{.*/, ";", text)
  sub(/;.*/, ";", text)
  while (gsub(/<[^<>]*>/, "", text)) {}
  return text ~ /^ *[A-Za-z_][A-Za-z0-9_:,* ]*[ *&][A-Za-z_][A-Za-z0-9_]*;$/ &&
    text !~ /^ *(using|static|friend|template|typedef|return|struct|class|enum|constexpr) / && text !~ /operator/
}
function finish() {
  if (name ~ /(Options|Arguments)$/ || has_fields) {
    structs += 1
    fields += count
    for (i = 1; i <= missing; ++i) print places[i]
    bad += missing
  }
  name = ""
}

FNR == 1 { name = ""; macro = 0; documented = 0 }

# The fields that a macro declares are documented by /** */.
/^#define LAMINA_[A-Z_]*OPTIONS/ { macro = 1; next }
macro {
  if ($0 ~ /^ *(std::|bool|double|Index)/) {
    fields += 1
    if ($0 !~ /\/\*\*/ && !documented) { bad += 1; print FILENAME ":" FNR ":" $0 }
  }
  documented = $0 ~ /^ *\/\*\*/
  if ($0 !~ /\\$/) macro = 0
  next
}

name == "" && /^ *struct [A-Za-z0-9_]+[^;(]*\{$/ {
  name = $0
  sub(/^ *struct /, "", name)
  sub(/[^A-Za-z0-9_].*/, "", name)
  match($0, /^ */)
  indent = RLENGTH
  has_fields = count = missing = 0
  documented = 0
  next
}
name != "" {
  match($0, /^ */)
  if (RLENGTH == indent && $0 ~ /^ *\};/) { finish(); next }
  if ($0 ~ /static void fields\(/) has_fields = 1
  if (RLENGTH != indent + 2) { if (pending != "") pending = pending " " $0 } else pending = $0
  if (pending ~ /^ *\/\/\//) { comment = (documented ? comment : "") pending; documented = 1; pending = ""; next }
  if (pending == "" ) { if ($0 ~ /^ *$/) { documented = 0; comment = "" } next }
  if (pending !~ /[;{}]/ && pending !~ /^ *(\/\/|template|public:)/) next
  if (is_field(pending)) {
    count += 1
    if (!documented && pending !~ /\/\/\/</) places[++missing] = FILENAME ":" FNR ": " name "::" $0
    else if (name ~ /Options$/ && comment pending !~ /[Dd]efault|[Rr]equired|Empty: /)
      places[++missing] = FILENAME ":" FNR ": no default: " name "::" $0
  }
  if (pending !~ /^ *\/\//) { documented = 0; comment = "" }
  pending = ""
}

END {
  printf "%d option structs, %d fields, %d of them without documentation or default\n", structs, fields, bad
  if (structs < 100) { print "Too few structs were found: is the path right?"; exit 1 }
  exit bad > 0
}
