#pragma once
#include <memory>
#include <string>
#include <vector>

#include "lamina/models/topology.hpp"

namespace lamina::detail {

/// The topology of subclasses of Model that override `call` or `call_many`: the connections of the layers are unknown.
template <class S>
class UserCall final : public Topology<S> {
 public:
  using typename Topology<S>::CallLayers;
  using typename Topology<S>::Endpoints;
  using typename Topology<S>::SummaryRows;

  /// Returns the only object of the class, which has no state.
  LAMINA_COLD static const UserCall& instance() noexcept {
    static const auto& one = *new UserCall;  // never destroyed: destructors of static objects may still move models
    return one;
  }

  const char* class_name() const noexcept override { return nullptr; }
  std::size_t input_count() const noexcept override { return 0; }
  std::size_t output_count() const noexcept override { return 0; }
  std::vector<std::string> input_names() const override { return {}; }
  std::vector<std::string> output_names() const override { return {}; }

  LAMINA_COLD Endpoints symbols(const Model<S>& model, const char* action, CallLayers) const override {
    raise<StateError>(model.describe(action),
                      "expected a functional model (a graph, Model(inputs, outputs)) or a Sequential: a ",
                      "subclass that overrides call has no symbolic tensors.");
  }
  /// Returns the tracked sublayers; the pointers own those that shared pointers own.
  LAMINA_COLD std::vector<std::shared_ptr<Layer<S>>> model_layers(const Model<S>& model) const override {
    std::vector<std::shared_ptr<Layer<S>>> all;
    for (Layer<S>* layer : model.sublayers()) {
      std::shared_ptr<Layer<S>> shared = layer->weak_from_this().lock();
      all.push_back(shared != nullptr ? std::move(shared) : std::shared_ptr<Layer<S>>(std::shared_ptr<void>(), layer));
    }
    return all;
  }

  void check_input(const Shape& /*shape*/) const override {}
  void check_inputs(const Model<S>& model, const std::vector<Tensor<S>>& inputs) const override {
    if (inputs.size() == 1) model.check_input(inputs.front().shape());
  }
  Tensor<S> call(const Model<S>& /*model*/, const Tensor<S>& /*x*/) const override {
    raise<StateError>(
        "the class has no call: a subclass of Model overrides `call`, or `call_many` for several inputs or outputs");
  }
  std::vector<Tensor<S>> call_many(const Model<S>& model, const std::vector<Tensor<S>>& inputs) const override {
    return model.template Layer<S>::call_many(inputs);
  }
  std::vector<Shape> output_shapes(const Model<S>& model, const std::vector<Shape>& inputs) const override {
    return model.dry_run(inputs);
  }

  LAMINA_COLD void add_config(const Model<S>& /*model*/, Config& /*config*/) const override {}
  LAMINA_COLD void add_summary_rows(const Model<S>& model, SummaryRows& rows) const override {
    for (const Layer<S>* layer : model.sublayers()) rows.add(*layer, {}, {});
  }
};

}  // namespace lamina::detail
