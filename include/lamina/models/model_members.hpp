#pragma once
#include <algorithm>
#include <memory>
#include <string>
#include <vector>

#include "lamina/core/list.hpp"
#include "lamina/layers/graph/input.hpp"
#include "lamina/models/graph.hpp"
#include "lamina/models/graph_config.hpp"
#include "lamina/models/model.hpp"
#include "lamina/models/summary.hpp"

// Member functions of Model: construction, layers by name, configuration, summaries.

namespace lamina {

template <class Scalar>
Model<Scalar>::Model(Symbols inputs, Symbols outputs, std::string name) : Model() {
  this->set_name(std::move(name));
  const std::string who = "Model" + (this->name_given() ? " \"" + this->name() + "\"" : "");
  graph_ = std::make_shared<const detail::Graph<Scalar>>(std::move(inputs), std::move(outputs), who);
  for (const auto& layer : graph_->layer_pointers()) Layer<Scalar>::track(*layer);
  this->mark_built(graph_->inputs().front().shape());
  topology_ = graph_.get();
}

template <class Scalar>
Model<Scalar>::~Model() = default;

template <class Scalar>
Model<Scalar>& Model<Scalar>::operator=(Model&& other) noexcept {
  if (this == &other) return *this;
  const bool built = other.built();
  Layer<Scalar>::operator=(std::move(other));
  Trainer<Scalar>::operator=(std::move(other));
  graph_ = std::move(other.graph_);
  topology_ = &detail::UserCall<Scalar>::instance();
  if (graph_ != nullptr) {
    topology_ = graph_.get();
    other.topology_ = &detail::UserCall<Scalar>::instance();
    track_layers(graph_->layer_pointers(), built);
  }
  return *this;
}

template <class Scalar>
std::vector<SymbolicTensor<Scalar>> Model<Scalar>::call_layers(
    const std::vector<std::shared_ptr<Layer<Scalar>>>& layers, const Shape& input) {
  Symbols symbols(1, Input<Scalar>(input));
  for (const auto& layer : layers)
    if (detail::declared_input(*layer) == nullptr) symbols.push_back(std::as_const(*layer)(symbols.back()));
  return symbols;
}

template <class Scalar>
std::vector<std::string> Model<Scalar>::input_names() const {
  return detail::Graph<Scalar>::names_of(inputs());
}
template <class Scalar>
std::vector<std::string> Model<Scalar>::output_names() const {
  return detail::Graph<Scalar>::names_of(outputs());
}

template <class Scalar>
Layer<Scalar>& Model<Scalar>::get_layer(const std::string& name) const {
  make_symbols("get_layer");
  List<std::string_view> known;
  const auto all = layers();
  for (const auto& layer : all)
    if (layer->name() == name) return *layer;
  for (const auto& layer : all) {
    known.push_back(layer->name());
    if (const Model* inner = detail::layer_cast<Model>(*layer))
      for (const auto& deeper : inner->layers())
        if (deeper->name() == name) return *deeper;
  }
  raise_unknown_name(text(describe("get_layer"), "layer").c_str(), name, known);
}

template <class Scalar>
Layer<Scalar>& Model<Scalar>::get_layer(Index index) const {
  make_symbols("get_layer");
  const auto all = layers();
  const auto count = static_cast<Index>(all.size());
  if (index < -count || index >= count)
    raise<ValueError>(describe("get_layer"), "expected an index of ", count, " layers, got ", index,
                      ". Negative indices count from the end.");
  return *all[static_cast<std::size_t>(index < 0 ? index + count : index)];
}

template <class Scalar>
Tensor<Scalar> Model<Scalar>::compute_mask(const Tensor<Scalar>& x, const Tensor<Scalar>& mask) const {
  static_cast<void>(x);
  static_cast<void>(mask);
  return {};
}

template <class Scalar>
Config Model<Scalar>::get_config() const {
  Config config = Layer<Scalar>::get_config();
  topology_->add_config(*this, config);
  return config;
}

// ---- Summaries

template <class Scalar>
void Model<Scalar>::add_summary_row(std::vector<std::vector<std::string>>& rows, const Layer<Scalar>& layer,
                                    const Shape& output, const SummaryOptions& options, const std::string& indent) {
  rows.push_back({indent + layer.name() + " (" + layer.class_name() + ")", output.empty() ? "?" : output.to_string(),
                  detail::grouped(layer.count_params())});
  if (options.expand_nested)
    if (const Model* model = detail::layer_cast<Model>(layer))
      model->add_summary_rows(rows, options, indent + "  \xe2\x94\x94 ");
}

template <class Scalar>
void Model<Scalar>::add_summary_rows(std::vector<std::vector<std::string>>& rows, const SummaryOptions& options,
                                     const std::string& indent) const {
  struct Adder final : detail::Topology<Scalar>::SummaryRows {
    Adder(std::vector<std::vector<std::string>>& r, const SummaryOptions& o, const std::string& i)
        : all(r), options(o), prefix(i) {}
    LAMINA_COLD void add(const Layer<Scalar>& layer, const std::string& shapes, const std::string& sources) override {
      const std::size_t row = all.size();
      add_summary_row(all, layer, Shape(), options, prefix);
      if (!shapes.empty()) all[row][1] = shapes;
      if (!sources.empty()) all[row].push_back(sources);
    }
    std::vector<std::vector<std::string>>& all;
    const SummaryOptions& options;
    const std::string& prefix;
  } adder(rows, options, indent);
  topology_->add_summary_rows(*this, adder);
}

template <class Scalar>
std::string Model<Scalar>::summary_text(const SummaryOptions& options) const {
  std::vector<std::vector<std::string>> rows{{"Layer (type)", "Output Shape", "Param #"}};
  add_summary_rows(rows, options, "");
  std::size_t columns = 3;
  for (const auto& row : rows) columns = (std::max)(columns, row.size());
  if (columns == 4) {
    rows[0].push_back("Connected to");
    for (auto& row : rows) row.resize(4);
  }
  Index trainable = 0, frozen = 0;
  for (const auto& v : this->variables()) (v.trainable() ? trainable : frozen) += v.size();
  const auto line = [](const char* what, Index count) {
    return text(" ", what, " params: ", detail::grouped(count), " (",
                detail::bytes_text(count * static_cast<Index>(sizeof(Scalar))), ")\n");
  };
  return "Model: \"" + this->name() + "\"\n" + detail::draw_table(rows) + line("Total", trainable + frozen) +
         line("Trainable", trainable) + line("Non-trainable", frozen);
}

namespace detail {
LAMINA_COMPILED_CLASS(UserCall);
}  // namespace detail
LAMINA_COMPILED_CLASS(Model);

}  // namespace lamina
