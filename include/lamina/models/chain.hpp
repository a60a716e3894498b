#pragma once
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "lamina/core/arguments.hpp"
#include "lamina/layers/graph/input.hpp"
#include "lamina/models/topology.hpp"

namespace lamina::detail {

/// The topology of a Sequential: each layer receives the output of the layer before it.
template <class S>
class Chain final : public Topology<S> {
 public:
  using typename Topology<S>::CallLayers;
  using typename Topology<S>::Symbols;
  using typename Topology<S>::Endpoints;
  using typename Topology<S>::SummaryRows;

  /// Returns all layers, including the Input if there is one.
  const std::vector<std::shared_ptr<Layer<S>>>& entries() const noexcept { return entries_; }
  /// Appends a layer.
  LAMINA_COLD void push_back(std::shared_ptr<Layer<S>> layer) {
    entries_.push_back(std::move(layer));
    symbols_.reset();
  }
  /// Removes and returns the last layer.
  std::shared_ptr<Layer<S>> pop_back() {
    auto last = std::move(entries_.back());
    entries_.pop_back();
    symbols_.reset();
    return last;
  }

  const char* class_name() const noexcept override { return "Sequential"; }
  std::size_t input_count() const noexcept override { return 1; }
  std::size_t output_count() const noexcept override { return 1; }
  std::vector<std::string> input_names() const override { return {}; }
  std::vector<std::string> output_names() const override { return {}; }

  LAMINA_COLD Endpoints symbols(const Model<S>& model, const char* action, CallLayers call_layers) const override {
    if (model.build_shape().empty())
      raise<StateError>(model.describe(action),
                        "the model is not built yet. Add an Input as the first element, or call it once.");
    if (symbols_ == nullptr)
      symbols_ = std::make_shared<const Symbols>(call_layers(entries_, model.build_shape().slice(1)));
    return {{symbols_->front()}, {symbols_->back()}};
  }
  /// Returns the layers without the Input.
  LAMINA_COLD std::vector<std::shared_ptr<Layer<S>>> model_layers(const Model<S>& /*model*/) const override {
    std::vector<std::shared_ptr<Layer<S>>> result;
    for (const auto& entry : entries_)
      if (declared_input(*entry) == nullptr) result.push_back(entry);
    return result;
  }

  void check_input(const Shape& /*shape*/) const override {}  // the first layer checks it
  void check_inputs(const Model<S>& model, const std::vector<Tensor<S>>& inputs) const override {
    if (inputs.size() == 1) model.check_input(inputs.front().shape());
  }
  Tensor<S> call(const Model<S>& /*model*/, const Tensor<S>& x) const override {
    if (entries_.empty()) raise<StateError>("the model has no layers. Add at least one.");
    Tensor<S> y = (*entries_.front())(x);
    for (std::size_t i = 1; i < entries_.size(); ++i) y = (*entries_[i])(y);
    return y;
  }
  std::vector<Tensor<S>> call_many(const Model<S>& model, const std::vector<Tensor<S>>& inputs) const override {
    return model.template Layer<S>::call_many(inputs);
  }
  LAMINA_COLD std::vector<Shape> output_shapes(const Model<S>& /*model*/,
                                               const std::vector<Shape>& inputs) const override {
    if (inputs.size() != 1) raise<ValueError>("expected one input, got ", inputs.size());
    Shape shape = inputs.front();
    for (const auto& layer : entries_) shape = layer->compute_output_shape(shape);
    return {shape};
  }

  LAMINA_COLD void add_config(const Model<S>& model, Config& config) const override {
    Config layers = Config::list();
    for (const auto& layer : entries_) layers.push_back(named_config(layer->class_name(), layer->get_config()));
    config["layers"] = std::move(layers);
    if (!model.build_shape().empty()) config["build_input_shape"] = argument_to_config(model.build_shape());
  }
  LAMINA_COLD void add_summary_rows(const Model<S>& model, SummaryRows& rows) const override {
    Shape shape = model.build_shape();
    for (const auto& layer : entries_) {
      if (!shape.empty()) shape = layer->compute_output_shape(shape);
      if (declared_input(*layer) == nullptr) rows.add(*layer, shape.empty() ? std::string() : shape.to_string(), {});
    }
  }

 private:
  std::vector<std::shared_ptr<Layer<S>>> entries_;
  mutable std::shared_ptr<const Symbols> symbols_;  // input and outputs of the layers; created when first needed
};

}  // namespace lamina::detail
