# Documents what is the same in every class, in the text that Doxygen reads; line numbers stay. A comment of its own wins.
# Doxygen 1.9 does not find the overridden function where a parameter depends on the template's. Each folder is a topic of
# topics.dox: include/lamina/layers/rnn/ is layers_rnn.

# Whether line i ends what stands before a declaration.
function ends(i) { return i < 1 || lines[i] ~ /[;{}:]([ ]*\/[\/*].*)?$|^[ ]*(\/\/|#|$)/ }
# Adds a comment to the declaration that line i belongs to, unless it has one.
function document(i, text) {
  while (!ends(i - 1)) --i
  if (lines[i - 1] ~ /^[ ]*\/\/\// || lines[i] ~ /\/\*\*/) return
  match(lines[i], /^ */)
  lines[i] = substr(lines[i], 1, RLENGTH) "/** " text " */ " substr(lines[i], RLENGTH + 1)
}

# The second folder of layers/rnn/gru.hpp.
function second_folder(path) {
  split(path, parts, "/")
  return parts[2]
}

{ lines[NR] = $0 }

END {
  topic = FILENAME
  sub(/.*include\/lamina\//, "", topic)
  topic = topic ~ /^layers\/.*\// ? "layers_" second_folder(topic) : topic ~ /\// ? substr(topic, 1, index(topic, "/") - 1) : ""
  for (i = 1; i <= NR; ++i) {
    line = lines[i]
    if (topic != "" && line ~ /^namespace lamina(::(activations|metrics|kernels))? {$/)
      lines[i] = line (open = " /** \\addtogroup " topic " */ /** \\{ */")
    else if (topic != "" && line ~ /^}  \/\/ namespace lamina(::(activations|metrics|kernels))?$/)
      lines[i] = "/** \\} */ " line
    if (line ~ /^[ ]*\/\// || line ~ /\/\/\/</) continue
    # A member defined outside of its class is not listed under the topic.
    if (open != "" && line ~ /^[A-Za-z].*[A-Za-z]<[A-Za-z, .]+>::(operator|~?[A-Za-z_]+)[^ ]*\(/ && line !~ /^(using|static_assert|LAMINA_[A-Z_]*\()/) {
      for (j = i; !ends(j - 1);) --j
      lines[j] = "/** \\} */ " lines[j]
      for (j = i; lines[j] !~ /^}/ && (j > i || lines[j] !~ /}$/);) ++j
      lines[j] = lines[j] open
      i = j
      continue
    }
    if (match(line, /^ *(class|struct) [A-Za-z0-9_]+/)) {
      type = substr(line, RSTART, RLENGTH)
      sub(/.* /, "", type)
    }
    if (line ~ /\).* (override|final)( |;|$)/)
      document(i, "Overrides the function of the base class, which describes it.")
    else if (line ~ /static void fields\(Self& self, Field&& field\)/)
      document(i, "Calls `field(name, value)` for each field, with the name that configurations use.")
    else if (line ~ /^ *using Arguments = /)
      document(i, "Arguments of the constructor; get_config writes them.")
    else if (line ~ /^ *using Options = /)
      document(i, "Options of the constructor.")
    else if (type != "" && line ~ "^ *(LAMINA_COLD )?(explicit )?" type "\\((const )?" type "(Options|Arguments)&? [a-z_]+( = {})?\\)")
      document(i, "Constructs it from its options.")
    else if (type != "" && line ~ "^ *(LAMINA_COLD )?(explicit )?" type "\\(\\)")
      document(i, "Constructs it with the default of every option.")
    else if (type != "" && line ~ type "\\((const )?" type "&&?( [a-z]+)?\\)")
      document(i, "Copies or moves it.")
    else if (type != "" && line ~ type "& operator=\\((const )?" type "&&?( [a-z]+)?\\)")
      document(i, "Copies or moves it.")
    else if (line ~ /^ *(LAMINA_COLD )?(virtual )?~[A-Za-z]+\(/)
      document(i, "Destroys it.")
    else if (line ~ /^ *static .* class_name\(\)/)
      document(i, "Returns Keras's name of the class.")
    else if (line ~ /^ *(Tensor<S>|auto) operator\(\)\(const Tensor<S>& x\) const/)
      document(i, "Applies the function to x.")
  }
  for (i = 1; i <= NR; ++i) print lines[i]
}
