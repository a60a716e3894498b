#pragma once
#include <algorithm>

#include "lamina/models/graph.hpp"
#include "lamina/models/model.hpp"
#include "lamina/models/summary.hpp"

// What a Model is made of: its graph, its layers, and how they are shown.

namespace lamina {

template <class Scalar>
Model<Scalar>::Model(Symbols inputs, Symbols outputs, std::string name) : Model() {
  this->set_name(std::move(name));
  const std::string who = "Model" + (this->name_given() ? " \"" + this->name() + "\"" : "");
  const auto graph = std::make_shared<const detail::Graph<Scalar>>(std::move(inputs), std::move(outputs), who);
  held_ = graph->held_layers();
  for (const auto& layer : held_) Layer<Scalar>::track(*layer);
  this->mark_built(graph->inputs().front().shape());
  topology_ = graph;
}

template <class Scalar>
Model<Scalar>::~Model() = default;

template <class Scalar>
Model<Scalar>& Model<Scalar>::operator=(Model&& other) noexcept {
  if (this == &other) return *this;
  const bool built = other.built();
  Layer<Scalar>::operator=(std::move(other));
  Trainer<Scalar>::operator=(std::move(other));
  topology_ = std::move(other.topology_);
  held_ = std::move(other.held_);
  drawn_ = std::move(other.drawn_);
  if (topology_ != nullptr) track_again(held_, built);
  return *this;
}

template <class Scalar>
const detail::Graph<Scalar>* Model<Scalar>::graph() const noexcept {
  return static_cast<const detail::Graph<Scalar>*>(topology_.get());
}

template <class Scalar>
const std::vector<SymbolicTensor<Scalar>>& Model<Scalar>::drawn(const char* what) const {
  const auto* layers = chain();
  if (layers == nullptr)
    raise<StateError>(describe(what),
                      "only a model that was drawn as a graph, Model(inputs, outputs), or a Sequential ",
                      "has symbolic tensors.");
  if (drawn_ != nullptr) return *drawn_;
  if (this->build_shape().empty())
    raise<StateError>(describe(what), "the model is not built yet. Begin it with an Input, or call it once.");
  auto symbols = std::make_shared<Symbols>(1, Input<Scalar>(this->build_shape().slice(1)));
  for (const auto& layer : *layers)
    if (layer->declared_input() == nullptr) symbols->push_back(std::as_const(*layer)(symbols->back()));
  drawn_ = std::move(symbols);
  return *drawn_;
}

template <class Scalar>
std::vector<SymbolicTensor<Scalar>> Model<Scalar>::inputs() const {
  return topology_ != nullptr ? graph()->inputs() : Symbols{drawn("inputs").front()};
}
template <class Scalar>
std::vector<SymbolicTensor<Scalar>> Model<Scalar>::outputs() const {
  return topology_ != nullptr ? graph()->outputs() : Symbols{drawn("outputs").back()};
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
std::vector<std::shared_ptr<Layer<Scalar>>> Model<Scalar>::layers() const {
  if (topology_ != nullptr) return held_;
  std::vector<std::shared_ptr<Layer<Scalar>>> all;
  for (Layer<Scalar>* layer : this->sublayers()) {
    std::shared_ptr<Layer<Scalar>> shared = layer->weak_from_this().lock();
    all.push_back(shared != nullptr ? std::move(shared)
                                    : std::shared_ptr<Layer<Scalar>>(std::shared_ptr<void>(), layer));
  }
  return all;
}

template <class Scalar>
Layer<Scalar>& Model<Scalar>::get_layer(const std::string& name) const {
  if (chain() != nullptr && this->built()) drawn("get_layer");  // so that its layers have outputs
  std::vector<std::string_view> known;
  const auto all = layers();
  for (const auto& layer : all)
    if (layer->name() == name) return *layer;
  for (const auto& layer : all) {
    known.push_back(layer->name());
    if (const Model* inner = layer->as_model())
      for (const auto& deeper : inner->layers())
        if (deeper->name() == name) return *deeper;
  }
  raise_unknown_name(text(describe("get_layer"), "layer").c_str(), name, known);
}

template <class Scalar>
Layer<Scalar>& Model<Scalar>::get_layer(Index index) const {
  if (chain() != nullptr && this->built()) drawn("get_layer");
  const auto all = layers();
  const auto count = static_cast<Index>(all.size());
  if (index < -count || index >= count)
    raise<ValueError>(describe("get_layer"), "there are ", count, " layers, got index ", index);
  return *all[static_cast<std::size_t>(index < 0 ? index + count : index)];
}

// ---- As a layer

template <class Scalar>
void Model<Scalar>::build_many(const std::vector<Shape>& inputs) {
  if (topology_ == nullptr && inputs.size() == 1) this->build(inputs.front());
}

template <class Scalar>
Tensor<Scalar> Model<Scalar>::call(const Tensor<Scalar>& x) const {
  if (topology_ == nullptr)
    raise<StateError>("a model that derives from Model gives `call`, or `call_many` for several inputs or outputs");
  if (topology_->input_count() != 1 || topology_->output_count() != 1)
    raise<ValueError>("the model has ", topology_->input_count(), " inputs and ", topology_->output_count(),
                      " outputs. Call it with all: model.apply({a, b}), or model.predict({a, b}).");
  Tensor<Scalar> y;
  topology_->run(&x, &y);
  return y;
}

template <class Scalar>
std::vector<Tensor<Scalar>> Model<Scalar>::call_many(const std::vector<Tensor<Scalar>>& inputs) const {
  if (topology_ == nullptr) return Layer<Scalar>::call_many(inputs);
  std::vector<Tensor<Scalar>> outputs(topology_->output_count());
  topology_->run(inputs.data(), outputs.data());
  return outputs;
}

template <class Scalar>
std::vector<Shape> Model<Scalar>::compute_output_shapes(const std::vector<Shape>& inputs) const {
  return topology_ == nullptr ? this->dry_run(inputs) : topology_->shapes(inputs);
}

template <class Scalar>
Tensor<Scalar> Model<Scalar>::compute_mask(const Tensor<Scalar>& x, const Tensor<Scalar>& mask) const {
  static_cast<void>(x);
  static_cast<void>(mask);
  return {};
}

template <class Scalar>
void Model<Scalar>::check_inputs(const std::vector<Tensor<Scalar>>& inputs) const {
  if (topology_ == nullptr) {
    if (inputs.size() == 1) Layer<Scalar>::check_inputs(inputs);
    return;
  }
  if (inputs.size() != topology_->input_count())
    raise<ValueError>("expected ", topology_->input_count(), " inputs, got ", inputs.size());
  for (std::size_t i = 0; i < inputs.size(); ++i) topology_->check_input(i, inputs[i].shape());
}

template <class Scalar>
void Model<Scalar>::check_input(const Shape& shape) const {
  if (topology_ == nullptr) return Layer<Scalar>::check_input(shape);
  if (topology_->input_count() == 1) topology_->check_input(0, shape);
}

template <class Scalar>
Config Model<Scalar>::get_config() const {
  Config config = Layer<Scalar>::get_config();
  if (topology_ != nullptr) topology_->add_config(config);
  return config;
}

// ---- Seeing it

template <class Scalar>
void Model<Scalar>::add_summary_row(std::vector<std::vector<std::string>>& rows, const Layer<Scalar>& layer,
                                    const Shape& output, const SummaryOptions& options, const std::string& indent) {
  rows.push_back({indent + layer.name() + " (" + layer.class_name() + ")", output.empty() ? "?" : output.to_string(),
                  detail::grouped(layer.count_params())});
  if (options.expand_nested)
    if (const Model* model = layer.as_model()) model->add_summary_rows(rows, options, indent + "  └ ");
}

template <class Scalar>
void Model<Scalar>::add_summary_rows(std::vector<std::vector<std::string>>& rows, const SummaryOptions& options,
                                     const std::string& indent) const {
  if (topology_ == nullptr) {
    for (const Layer<Scalar>* layer : this->sublayers()) add_summary_row(rows, *layer, Shape(), options, indent);
    return;
  }
  for (const auto& line : topology_->lines()) {
    const std::size_t row = rows.size();
    add_summary_row(rows, *line.layer, Shape(), options, indent);
    rows[row][1] = line.shapes;
    rows[row].push_back(line.sources.empty() ? "-" : line.sources);
  }
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

LAMINA_COMPILED_CLASS(Model);

}  // namespace lamina
