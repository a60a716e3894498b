# What Doxygen reads instead of a header: with documentation of the declarations that have the same meaning in every class, and
# without definitions outside of classes and deduction guides. Each folder of headers is a topic of topics.dox: layers_rnn for
# include/lamina/layers/rnn/. Lines keep their numbers, and comments in the header take precedence.

# Whether a declaration can begin after line i.
function ends(i) { return i < 1 || lines[i] ~ /^ *LAMINA_OPTIMIZER_OPTIONS/ || lines[i] ~ /[;{}:]([ ]*\/[\/*].*)?$|^[ ]*(\/\/|#|$)/ }
# The first line of the declaration that line i belongs to.
function first_line(i) {
  while (!ends(i - 1)) --i
  return i
}
# Adds a comment to the declaration that line i belongs to, unless it has one.
function document(i, text) {
  i = first_line(i)
  if (lines[i - 1] ~ /^[ ]*\/\/\// || lines[i] ~ /\/\*\*/) return
  match(lines[i], /^ */)
  lines[i] = substr(lines[i], 1, RLENGTH) "/** " text " */ " substr(lines[i], RLENGTH + 1)
}
# Removes the declaration that line i belongs to, with its body; returns its last line.
function remove(i, end,   j) {
  j = first_line(i)
  for (; lines[j - 1] ~ /^ *\/\/\//; --j)
    if (lines[j - 1] ~ /^\/\/\/ ?@{/) group_removed = 1
  for (; j < i; ++j) lines[j] = ""
  for (; j <= NR && lines[j] !~ end; ++j) lines[j] = ""
  lines[j] = ""
  return j
}

# Documents an override, for which Doxygen 1.9 does not find the function of the base class if templates are involved.
function document_override(i,   name) {
  name = lines[first_line(i)] ~ /\(/ ? lines[first_line(i)] : lines[first_line(i) + 1]
  sub(/\(.*/, "", name)
  sub(/.*[^A-Za-z0-9_]/, "", name)
  document(i, name in overrides ? overrides[name] : "Overrides the function of the base class, which describes it.")
}

BEGIN {
  overrides["class_name"] = "Returns the class name in Keras's spelling."
  overrides["get_config"] = "Returns the arguments of the constructor, with Keras's names."
  overrides["build"] = overrides["build_many"] = "Creates the variables."
  overrides["call"] = overrides["call_many"] = "Computes the output."
  overrides["compute_output_shape"] = overrides["compute_output_shapes"] = "Returns the shape of the output for a shape of the input."
  overrides["compute_mask"] = overrides["compute_masks"] = "Returns the mask of the output."
  overrides["update_state"] = "Adds a batch to the state of the metric."
  overrides["result"] = "Returns the value of the metric."
  overrides["reset_state"] = "Resets the state of the metric."
  overrides["direction"] = "Returns whether larger or smaller values are better."
  overrides["update"] = "Updates a variable along its gradient."
}

{ lines[NR] = $0 }

END {
  topic = FILENAME
  sub(/.*include\/lamina\//, "", topic)
  parts = split(topic, part, "/")
  topic = parts == 1 ? "" : part[1] == "layers" && parts > 2 ? "layers_" part[2] : part[1]
  inner = "^ *(LAMINA_COLD )?(constexpr )?(explicit )?"  # what can stand before a constructor
  for (i = 1; i <= NR; ++i) {
    line = lines[i]
    if (topic != "" && line ~ /^namespace lamina(::(activations|metrics|kernels))? {$/)
      lines[i] = line " /** \\addtogroup " topic " */ /** \\{ */"
    else if (topic != "" && line ~ /^}  \/\/ namespace lamina(::(activations|metrics|kernels))?$/)
      lines[i] = "/** \\} */ " line
    else if (line ~ /^ *LAMINA_OPTIMIZER_OPTIONS$/)  # Doxygen 1.9 does not expand a macro in a macro
      lines[i] = "/** Each step first multiplies weights by 1 - learning_rate weight_decay; finite. Default: none. */ " \
        "std::optional<double> weight_decay = std::nullopt; LAMINA_OPTIMIZER_OPTIONS_BUT_WEIGHT_DECAY;"
    else if (line ~ /^ *LAMINA_OPTIMIZER_OPTIONS_BUT_WEIGHT_DECAY$/)
      lines[i] = line ";"
    else if (group_removed && line ~ /^\/\/\/ ?@}/) group_removed = lines[i] = ""
    else if (line ~ /^ *\/\// || line ~ /\/\/\/</) continue
    else if (line ~ /^struct [A-Za-z]+<[A-Za-z]+>::[A-Za-z]+ {/)
      i = remove(i, "^};")
    else if (line ~ /^[A-Z][A-Za-z0-9]*\(.*\) *->.*;/ || line ~ /^ +-> [A-Z][A-Za-z0-9]*<.*>;/)
      i = remove(i, ";")
    else if (line ~ /^[A-Za-z].*[A-Za-z]<[A-Za-z, .]+>::(operator|~?[A-Za-z_]+)[^ ]*\(/ &&
             line !~ /^(using|static_assert|LAMINA_[A-Z_]*\()/)
      i = remove(i, line ~ /}$/ ? "}$" : "^}")
    if (match(line, /^ *(class|struct) [A-Za-z0-9_]+/)) {
      type = substr(line, RSTART, RLENGTH)
      sub(/.* /, "", type)
    }
    if (line ~ /\).* (override|final)( |;|$)/)
      document_override(i)
    else if (line ~ /static void fields\(Self& self, Field&& field\)/)
      document(i, "Calls `field(name, value)` for each field, with the name that configurations use.")
    else if (line ~ /^ *using Arguments = /)
      document(i, "Arguments of the constructor; get_config writes them.")
    else if (line ~ /^ *using Options = /)
      document(i, "Options of the constructor.")
    else if (type != "" && line ~ inner type "\\((const )?" type "(Options|Arguments)&? [a-z_]+( = {})?\\)")
      document(i, "Constructs the object from its options.")
    else if (type != "" && line ~ inner type "\\(\\)")
      document(i, "Constructs the object with the default of every option.")
    else if (type != "" && line ~ type "(& operator=)?\\((const )?(" type "|Self)&&?( [a-z]+)?\\)")
      document(i, "Copies or moves the object.")
    else if (line ~ /^ *(LAMINA_COLD )?(virtual )?~[A-Za-z]+\(/)
      document(i, "Destroys it.")
    else if (line ~ /^ *static .* class_name\(\)/)
      document(i, "Returns Keras's name of the class.")
    else if (line ~ /^ *(Tensor<S>|auto) operator\(\)\(const Tensor<S>& x\) const/)
      document(i, "Applies the function to x.")
  }
  for (i = 1; i <= NR; ++i) print lines[i]
}
