#pragma once
#include <cstdio>
#include <cstdlib>
#include <string>

#include "lamina/core/warning.hpp"
#include "lamina/data/write_file.hpp"
#include "lamina/models/model.hpp"

// Pictures of models and of trainings: opt-in, as they write files and call other programs where those are installed.

namespace lamina {

struct PlotOptions {
  bool show_shapes = true;       ///< If true, layers show the shapes of their inputs and outputs. Default: true.
  bool show_layer_names = true;  ///< If true, layers show their names. Default: true.
  bool expand_nested = false;    ///< If true, nested models are drawn as boxes around their layers. Default: false.
  std::string rank_dir = "TB";   ///< Direction: "TB", top to bottom, or "LR", left to right. Default: "TB".
};

namespace detail {

/// What a label in DOT may hold.
inline std::string dot_escaped(const std::string& text) {
  std::string out;
  for (const char c : text) {
    if (std::string_view("\\\"{}<>|").find(c) != std::string_view::npos) out += '\\';
    out += c;
  }
  return out;
}

template <class S>
class DotWriter {
 public:
  explicit DotWriter(const PlotOptions& options) : options_(options) {}

  std::string write(const Model<S>& model) {
    out_ = "digraph \"" + dot_escaped(model.name()) + "\" {\n  rankdir=" + options_.rank_dir +
           ";\n  node [shape=record, fontname=\"Helvetica\", fontsize=11];\n";
    draw(model, "", "  ");
    return out_ + "}\n";
  }

 private:
  // Where edges into and out of a drawn layer are tied: a model's are those of its inputs and outputs.
  struct Ends {
    std::vector<std::string> in, out;
  };

  Ends draw(const Model<S>& model, const std::string& prefix, const std::string& indent) {
    std::vector<SymbolicTensor<S>> inputs = model.inputs(), outputs = model.outputs();
    const Graph<S> graph(std::move(inputs), std::move(outputs), "plot_model");
    std::vector<std::pair<const LayerAnchor<S>*, Ends>> drawn;
    const auto ends_of = [&](const std::shared_ptr<LayerAnchor<S>>& anchor) -> const Ends& {
      for (const auto& [known, ends] : drawn)
        if (known == anchor.get()) return ends;
      raise<StateError>("plot_model: a layer is not drawn");
    };
    std::size_t number = 0;
    for (const auto& anchor : graph.layers())
      for (const auto& node : graph.nodes())
        if (node->anchor == anchor) {
          const Layer<S>& layer = graph.layer_of(*node);
          const std::string id = text(prefix, "n", number++);
          const Model<S>* inner = options_.expand_nested ? layer_cast<Model<S>>(layer) : nullptr;
          if (inner != nullptr && can_expand(*inner)) {
            out_ += indent + "subgraph \"cluster_" + id + "\" {\n" + indent + "  label=\"" + dot_escaped(layer.name()) +
                    "\";\n";
            drawn.emplace_back(anchor.get(), draw(*inner, id + "_", indent + "  "));
            out_ += indent + "}\n";
          } else {
            out_ += indent + "\"" + id + "\" [label=\"" + label(layer, *node) + "\"];\n";
            drawn.emplace_back(anchor.get(), Ends{{id}, {id}});
          }
          break;
        }
    for (const auto& node : graph.nodes())
      for (std::size_t i = 0; i < node->inputs.size(); ++i) {
        if (graph.is_input(node)) continue;
        const auto& from = ends_of(SymbolicAccess::node(node->inputs[i])->anchor).out;
        const auto& to = ends_of(node->anchor).in;
        const std::size_t output = SymbolicAccess::index(node->inputs[i]);
        out_ +=
            indent + "\"" + from[output < from.size() ? output : 0] + "\" -> \"" + to[i < to.size() ? i : 0] + "\";\n";
      }
    Ends ends;
    for (const auto& t : graph.inputs()) ends.in.push_back(ends_of(SymbolicAccess::node(t)->anchor).in.front());
    for (const auto& t : graph.outputs()) ends.out.push_back(ends_of(SymbolicAccess::node(t)->anchor).out.front());
    return ends;
  }
  /// Sequential models and graphs; a class of one's own is one box.
  static bool can_expand(const Model<S>& model) {
    return model.graph() != nullptr || model.class_name() == "Sequential";
  }
  std::string label(const Layer<S>& layer, const SymbolicNode<S>& node) const {
    const std::string title =
        options_.show_layer_names ? layer.name() + " (" + layer.class_name() + ")" : layer.class_name();
    if (!options_.show_shapes) return dot_escaped(title);
    std::string in, out;
    for (const auto& input : node.inputs) in += (in.empty() ? "" : ", ") + input.shape().to_string();
    for (const Shape& shape : node.shapes) out += (out.empty() ? "" : ", ") + shape.to_string();
    return "{" + dot_escaped(title) + "|{" + (in.empty() ? "" : "input: " + dot_escaped(in) + "|") +
           "output: " + dot_escaped(out) + "}}";
  }

  const PlotOptions& options_;
  std::string out_;
};

#if defined(_WIN32)
/// A file name as one word of a shell's command. No name holds a quote.
inline std::string shell_word(const std::string& name) { return "\"" + name + "\""; }
inline bool run_command(const std::string& command) { return _wsystem(wide_name(command).c_str()) == 0; }
inline bool has_program(const char* program) { return run_command(text(program, " -V >nul 2>nul")); }
#else
/// A file name as one word of a shell's command.
inline std::string shell_word(const std::string& name) {
  std::string word = "'";
  for (const char c : name) word += c == '\'' ? std::string("'\\''") : std::string(1, c);
  return word + "'";
}
#if defined(__EMSCRIPTEN__)
inline bool run_command(const std::string&) { return false; }  // a page starts no programs
#else
inline bool run_command(const std::string& command) { return std::system(command.c_str()) == 0; }
#endif
inline bool has_program(const char* program) { return run_command(text("command -v ", program, " >/dev/null 2>&1")); }
#endif
/// A file name in single quotes, as gnuplot takes it literally.
inline std::string gnuplot_word(const std::string& name) {
  std::string word = "'";
  for (const char c : name) word.append(c == '\'' ? 2 : 1, c);
  return word + "'";
}

}  // namespace detail

/// The model's graph in Graphviz's language: a box for each layer, an arrow for each tensor.
template <class S>
std::string model_to_dot(const Model<S>& model, const PlotOptions& options = {}) {
  return detail::DotWriter<S>(options).write(model);
}

/// Writes the model's graph: `model.dot` in Graphviz's language; `model.png`, `.svg` or `.pdf` as a picture, by the
/// program `dot`. Where that is not installed, the graph is written beside the name given, with ".dot" added. Returns
/// the name of what was written. Keras's plot_model.
template <class S>
std::string plot_model(const Model<S>& model, const std::string& to_file = "model.png",
                       const PlotOptions& options = {}) {
  const std::string dot = model_to_dot(model, options);
  const std::size_t point = to_file.rfind('.');
  const std::string ending = point == std::string::npos ? "" : to_file.substr(point + 1);
  if (ending == "dot") {
    detail::write_file("plot_model", to_file, dot);
    return to_file;
  }
  if (ending != "png" && ending != "svg" && ending != "pdf")
    raise<ValueError>("plot_model: expected a file name that ends in .dot, .png, .svg or .pdf, got \"", to_file, "\"");
  const std::string source = to_file + ".dot";
  detail::write_file("plot_model", source, dot);
  const std::string command =
      "dot -T" + ending + " " + detail::shell_word(source) + " -o " + detail::shell_word(to_file);
  if (!detail::has_program("dot")) {
    detail::warn("plot_model: the program `dot` is not installed, so \"", source, "\" was written, and no picture. ",
                 "Install Graphviz, and run: ", command);
    return source;
  }
  if (!detail::run_command(command)) raise<IoError>("plot_model: failed: ", command);
  detail::remove_file(source);
  return to_file;
}

/// The numbers of all epochs as a table: a line of names, then one for each epoch. What was not measured in an epoch,
/// as validation may be, is an empty cell.
inline std::string history_to_csv(const History& history) {
  std::string out = "epoch";
  for (const auto& column : history) out += "," + column.first;
  out += "\n";
  std::vector<std::size_t> next;  // of each column's numbers
  for (const Index epoch : history.epoch()) {
    out += std::to_string(epoch);
    std::size_t k = 0;
    for (const auto& [name, values] : history) {
      if (next.size() == k) next.push_back(0);
      std::size_t& i = next[k++];
      out += ',';
      if (i < values.size() && history.epochs_of(name)[i] == epoch) out += detail::print_number(values[i++], 9);
    }
    out += "\n";
  }
  return out;
}
inline void save_history(const History& history, const std::string& to_file) {
  detail::write_file("save_history", to_file, history_to_csv(history));
}

/// Draws the curves of a training, loss and metrics by epoch, as a PNG picture by the program `gnuplot`; where that is
/// not installed, the numbers are written beside it as CSV. Returns the name of what was written.
inline std::string plot_history(const History& history, const std::string& to_file = "history.png") {
  if (!to_file.ends_with(".png"))
    raise<ValueError>("plot_history: expected a file name that ends in .png, got \"", to_file, "\"");
  const std::string table = to_file + ".csv";
  save_history(history, table);
  if (!detail::has_program("gnuplot")) {
    detail::warn("plot_history: the program `gnuplot` is not installed, so \"", table,
                 "\" was written, and no picture.");
    return table;
  }
  std::string plot = "set terminal pngcairo size 900,540; set output " + detail::gnuplot_word(to_file) +
                     "; set datafile separator \",\"; set key autotitle columnhead noenhanced outside; set grid; "
                     "set xlabel \"epoch\"; plot ";
  std::size_t column = 1;
  for (const auto& entry : history) {
    // A line is interrupted where an epoch has no number, so points show what was measured in some epochs only.
    const bool complete = entry.second.size() == history.epoch().size();
    plot += text(column == 1 ? "" : ", ", detail::gnuplot_word(table), " using 1:", column + 1, " with ",
                 complete ? "lines" : "linespoints", " linewidth 2");
    ++column;
  }
  const std::string script = to_file + ".gp";
  detail::write_file("plot_history", script, plot + "\n");
  const bool drawn = detail::run_command("gnuplot " + detail::shell_word(script));
  detail::remove_file(script);
  detail::remove_file(table);
  if (!drawn) raise<IoError>("plot_history: gnuplot could not draw \"", to_file, "\"");
  return to_file;
}

}  // namespace lamina
