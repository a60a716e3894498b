#pragma once
#include <cstdio>
#include <cstdlib>
#include <string>

#include "lamina/core/warning.hpp"
#include "lamina/data/write_file.hpp"
#include "lamina/models/model.hpp"

// Plots of models and of training histories. Opt-in: it writes files and runs the programs dot and gnuplot.

namespace lamina {

/// Options of `plot_model` and `model_to_dot`.
struct PlotOptions {
  bool show_shapes = true;       ///< If true, boxes contain the shapes of inputs and outputs. Default: true.
  bool show_layer_names = true;  ///< If true, boxes contain the names of layers. Default: true.
  bool expand_nested = false;    ///< If true, nested models are clusters of their layers. Default: false.
  std::string rank_dir = "TB";   ///< Direction: "TB" (top to bottom) or "LR" (left to right). Default: "TB".
};

namespace detail {

/// Escapes the special characters of labels in the DOT language.
inline std::string dot_escaped(const std::string& text) {
  std::string out;
  for (const char c : text) {
    if (std::string_view("\\\"{}<>|").find(c) != std::string_view::npos) out += '\\';
    out += c;
  }
  return out;
}

/// Writes the graph of a model in the DOT language.
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
  // Ids of the boxes at which the edges of a layer end: those of its inputs and outputs if it is an expanded model.
  struct Endpoints {
    std::vector<std::string> in, out;
  };

  Endpoints draw(const Model<S>& model, const std::string& prefix, const std::string& indent) {
    std::vector<SymbolicTensor<S>> inputs = model.inputs(), outputs = model.outputs();
    const Graph<S> graph(std::move(inputs), std::move(outputs), "plot_model");
    std::vector<std::pair<const LayerAnchor<S>*, Endpoints>> drawn;
    const auto ends_of = [&](const std::shared_ptr<LayerAnchor<S>>& anchor) -> const Endpoints& {
      for (const auto& [known, ends] : drawn)
        if (known == anchor.get()) return ends;
      raise<StateError>("plot_model: a layer of an edge is not in the graph");
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
            drawn.emplace_back(anchor.get(), Endpoints{{id}, {id}});
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
    Endpoints ends;
    for (const auto& t : graph.inputs()) ends.in.push_back(ends_of(SymbolicAccess::node(t)->anchor).in.front());
    for (const auto& t : graph.outputs()) ends.out.push_back(ends_of(SymbolicAccess::node(t)->anchor).out.front());
    return ends;
  }
  /// Returns whether the layers of a model can be drawn: those of functional and Sequential models.
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
/// Quotes a file name for the shell. File names cannot contain a quote on Windows.
inline std::string shell_word(const std::string& name) { return "\"" + name + "\""; }
inline bool run_command(const std::string& command) { return _wsystem(wide_name(command).c_str()) == 0; }
inline bool has_program(const char* program) { return run_command(text(program, " -V >nul 2>nul")); }
#else
/// Quotes a file name for the shell.
inline std::string shell_word(const std::string& name) {
  std::string word = "'";
  for (const char c : name) word += c == '\'' ? std::string("'\\''") : std::string(1, c);
  return word + "'";
}
#if defined(__EMSCRIPTEN__)
inline bool run_command(const std::string&) { return false; }  // no processes in WebAssembly
#else
inline bool run_command(const std::string& command) { return std::system(command.c_str()) == 0; }
#endif
inline bool has_program(const char* program) { return run_command(text("command -v ", program, " >/dev/null 2>&1")); }
#endif
/// Quotes a file name for gnuplot, which takes single-quoted strings literally.
inline std::string gnuplot_word(const std::string& name) {
  std::string word = "'";
  for (const char c : name) word.append(c == '\'' ? 2 : 1, c);
  return word + "'";
}

}  // namespace detail

/// Returns the graph of a model in the DOT language of Graphviz: a node per layer, an edge per tensor. Throws
/// StateError if the model has no symbolic tensors. Keras: `keras.utils.model_to_dot`.
template <class S>
std::string model_to_dot(const Model<S>& model, const PlotOptions& options = {}) {
  return detail::DotWriter<S>(options).write(model);
}

/// Writes the graph of a model to a file: a name with the extension .dot in the DOT language; .png, .svg or .pdf as an
/// image, which the program `dot` of Graphviz renders. If `dot` is not installed, writes `to_file` + ".dot", with a
/// warning. Returns the name of the written file. Keras: `keras.utils.plot_model`.
///
/// Throws ValueError for another extension, StateError if the model has no symbolic tensors, and IoError if a file
/// cannot be written or `dot` fails.
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
    raise<ValueError>("plot_model: expected a file name with the extension .dot, .png, .svg or .pdf, got \"", to_file,
                      "\"");
  const std::string source = to_file + ".dot";
  detail::write_file("plot_model", source, dot);
  const std::string command =
      "dot -T" + ending + " " + detail::shell_word(source) + " -o " + detail::shell_word(to_file);
  if (!detail::has_program("dot")) {
    detail::warn("plot_model: the program `dot` is not installed: wrote \"", source, "\" instead of an image. ",
                 "Install Graphviz, and run: ", command);
    return source;
  }
  if (!detail::run_command(command)) raise<IoError>("plot_model: the command failed: ", command);
  detail::remove_file(source);
  return to_file;
}

/// Returns a training history as CSV: a header line with the names of the logs, then a line per epoch. Values that an
/// epoch does not have are empty.
inline std::string history_to_csv(const History& history) {
  std::string out = "epoch";
  for (const auto& column : history) out += "," + column.first;
  out += "\n";
  std::vector<std::size_t> next;  // index of the next value of each column
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
/// Writes a training history to a CSV file. Throws IoError if the file cannot be written.
inline void save_history(const History& history, const std::string& to_file) {
  detail::write_file("save_history", to_file, history_to_csv(history));
}

/// Plots the loss and the metrics of a training history over the epochs, as a PNG image, which the program `gnuplot`
/// renders. If `gnuplot` is not installed, writes `to_file` + ".csv", with a warning. Returns the name of the written
/// file. Throws ValueError for another extension, and IoError if a file cannot be written or `gnuplot` fails.
inline std::string plot_history(const History& history, const std::string& to_file = "history.png") {
  if (!to_file.ends_with(".png"))
    raise<ValueError>("plot_history: expected a file name with the extension .png, got \"", to_file, "\"");
  const std::string table = to_file + ".csv";
  save_history(history, table);
  if (!detail::has_program("gnuplot")) {
    detail::warn("plot_history: the program `gnuplot` is not installed: wrote \"", table, "\" instead of an image.");
    return table;
  }
  std::string plot = "set terminal pngcairo size 900,540; set output " + detail::gnuplot_word(to_file) +
                     "; set datafile separator \",\"; set key autotitle columnhead noenhanced outside; set grid; "
                     "set xlabel \"epoch\"; plot ";
  std::size_t column = 1;
  for (const auto& entry : history) {
    // Missing values interrupt a line: points keep single values visible.
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
  if (!drawn) raise<IoError>("plot_history: gnuplot failed to write \"", to_file, "\"");
  return to_file;
}

}  // namespace lamina
