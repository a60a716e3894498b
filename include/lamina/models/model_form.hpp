#pragma once
#include <algorithm>

#include "lamina/models/model.hpp"
#include "lamina/models/summary.hpp"

// What a Model is made of: its graph, its layers, and how they are shown.

namespace lamina {

template <class Scalar>
Model<Scalar>::Model(Symbols inputs, Symbols outputs, std::string name) : Model() {
  if (!name.empty()) this->set_name(std::move(name));
  graph_ = std::make_shared<const detail::Graph<Scalar>>(
      std::move(inputs), std::move(outputs), "Model" + (this->name_given() ? " \"" + this->name() + "\"" : ""));
  std::vector<Shape> shapes;
  for (const SymbolicTensor<Scalar>& input : graph_->inputs()) shapes.push_back(input.shape());
  held_ = layers();
  for (const auto& layer : held_) this->track(*layer);
  this->mark_built(shapes.front());
}

template <class Scalar>
Model<Scalar>& Model<Scalar>::operator=(Model&& other) noexcept {
  if (this == &other) return *this;
  const bool built = other.built();
  Layer<Scalar>::operator=(std::move(other));
  graph_ = std::move(other.graph_);
  held_ = std::move(other.held_);
  optimizer_ = std::move(other.optimizer_);
  goals_ = std::move(other.goals_);
  prepared_ = false;
  if (graph_ != nullptr) track_again(held_, built);
  return *this;
}

template <class Scalar>
const detail::Graph<Scalar>& Model<Scalar>::graph(const char* what) const {
  if (graph_ == nullptr)
    raise<StateError>(describe(what),
                      "only a model that was drawn as a graph, Model(inputs, outputs), or a Sequential ",
                      "has symbolic tensors.");
  return *graph_;
}

/// Names of layers; where one layer gives several, they are counted.
template <class Scalar>
std::vector<std::string> Model<Scalar>::names_of(const Symbols& tensors) {
  std::vector<std::string> names;
  for (const SymbolicTensor<Scalar>& t : tensors) {
    const std::string& name = detail::Graph<Scalar>::name_of(t);
    const auto same = std::count_if(names.begin(), names.end(), [&](const std::string& known) {
      return known == name || (known.rfind(name + "_", 0) == 0 &&
                               known.find_first_not_of("0123456789", name.size() + 1) == std::string::npos);
    });
    names.push_back(same == 0 ? name : text(name, "_", same));
  }
  return names;
}

template <class Scalar>
std::vector<std::shared_ptr<Layer<Scalar>>> Model<Scalar>::layers() const {
  std::vector<std::shared_ptr<Layer<Scalar>>> all;
  if (graph_ == nullptr) {
    for (Layer<Scalar>* layer : this->sublayers()) {
      std::shared_ptr<Layer<Scalar>> shared = layer->weak_from_this().lock();
      all.push_back(shared != nullptr ? std::move(shared)
                                      : std::shared_ptr<Layer<Scalar>>(std::shared_ptr<void>(), layer));
    }
    return all;
  }
  for (const auto& anchor : graph_->layers())
    for (const auto& node : graph_->nodes())
      if (node->anchor == anchor) {
        Layer<Scalar>* layer = &graph_->layer_of(*node);
        all.push_back(node->owner != nullptr ? node->owner
                                             : std::shared_ptr<Layer<Scalar>>(std::shared_ptr<void>(), layer));
        break;
      }
  return all;
}

template <class Scalar>
Layer<Scalar>& Model<Scalar>::get_layer(const std::string& name) const {
  draw();
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
  draw();
  const auto all = layers();
  const auto count = static_cast<Index>(all.size());
  if (index < -count || index >= count)
    raise<ValueError>(describe("get_layer"), "there are ", count, " layers, got index ", index);
  return *all[static_cast<std::size_t>(index < 0 ? index + count : index)];
}

// ---- As a layer

template <class Scalar>
void Model<Scalar>::build_many(const std::vector<Shape>& inputs) {
  if (graph_ == nullptr && inputs.size() == 1) this->build(inputs.front());
}

template <class Scalar>
Tensor<Scalar> Model<Scalar>::call(const Tensor<Scalar>& x) const {
  if (graph_ == nullptr)
    raise<StateError>("a model that derives from Model gives `call`, or `call_many` for several inputs or outputs");
  if (graph_->inputs().size() != 1 || graph_->outputs().size() != 1)
    raise<ValueError>("the model has ", graph_->inputs().size(), " inputs and ", graph_->outputs().size(),
                      " outputs. Call it with all: model.apply({a, b}), or model.predict({a, b}).");
  Tensor<Scalar> y;
  graph_->run(&x, &y);
  return y;
}

template <class Scalar>
std::vector<Tensor<Scalar>> Model<Scalar>::call_many(const std::vector<Tensor<Scalar>>& inputs) const {
  if (graph_ == nullptr) return Layer<Scalar>::call_many(inputs);
  std::vector<Tensor<Scalar>> outputs(graph_->outputs().size());
  graph_->run(inputs.data(), outputs.data());
  return outputs;
}

template <class Scalar>
std::vector<Shape> Model<Scalar>::compute_output_shapes(const std::vector<Shape>& inputs) const {
  return graph_ == nullptr ? this->dry_run(inputs) : graph_->shapes(inputs);
}

template <class Scalar>
Tensor<Scalar> Model<Scalar>::compute_mask(const Tensor<Scalar>& x, const Tensor<Scalar>& mask) const {
  static_cast<void>(x);
  static_cast<void>(mask);
  return {};
}

template <class Scalar>
void Model<Scalar>::check_inputs(const std::vector<Tensor<Scalar>>& inputs) const {
  if (graph_ == nullptr) {
    if (inputs.size() == 1) Layer<Scalar>::check_inputs(inputs);
    return;
  }
  const Symbols& expected = graph_->inputs();
  if (inputs.size() != expected.size()) raise<ValueError>("expected ", expected.size(), " inputs, got ", inputs.size());
  for (std::size_t i = 0; i < inputs.size(); ++i)
    if (!fits(inputs[i].shape(), expected[i].shape()))
      raise<ShapeError>("input \"", detail::Graph<Scalar>::name_of(expected[i]), "\": expected shape ",
                        expected[i].shape(), ", got ", inputs[i].shape(), ". Reshape the data, or the Input.");
}

template <class Scalar>
void Model<Scalar>::check_input(const Shape& shape) const {
  if (graph_ == nullptr) return Layer<Scalar>::check_input(shape);
  if (graph_->inputs().size() == 1 && !fits(shape, graph_->inputs()[0].shape())) [[unlikely]]
    raise<ShapeError>("input \"", detail::Graph<Scalar>::name_of(graph_->inputs()[0]), "\": expected shape ",
                      graph_->inputs()[0].shape(), ", got ", shape, ". Reshape the data, or the Input.");
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
  if (graph_ == nullptr) {
    for (const Layer<Scalar>* layer : this->sublayers()) add_summary_row(rows, *layer, Shape(), options, indent);
    return;
  }
  for (const auto& anchor : graph_->layers()) {
    std::string shapes, sources;
    const Layer<Scalar>* layer = nullptr;
    for (const auto& node : graph_->nodes()) {
      if (node->anchor != anchor) continue;
      layer = &graph_->layer_of(*node);
      if (shapes.empty())
        for (const Shape& shape : node->shapes) shapes += (shapes.empty() ? "" : ", ") + shape.to_string();
      for (const SymbolicTensor<Scalar>& input : node->inputs) {
        const auto& from = detail::SymbolicAccess::node(input);
        Index number = 0;  // which of that layer's calls
        for (const auto& other : graph_->nodes()) {
          if (other == from) break;
          if (other->anchor == from->anchor) ++number;
        }
        sources += text(sources.empty() ? "" : ", ", graph_->layer_of(*from).name(), "[", number, "][",
                        static_cast<Index>(detail::SymbolicAccess::index(input)), "]");
      }
    }
    const std::size_t row = rows.size();
    add_summary_row(rows, *layer, Shape(), options, indent);
    rows[row][1] = shapes;
    rows[row].push_back(sources.empty() ? "-" : sources);
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

}  // namespace lamina
