#pragma once
#include <memory>
#include <string>
#include <vector>

#include "lamina/models/topology.hpp"

namespace lamina::detail {

/// The topology of a class that derives from Model and overrides `call` or `call_many`: unknown.
template <class S>
class UserCall final : public Topology<S> {
 public:
  using typename Topology<S>::CallInTurn;
  using typename Topology<S>::Ends;
  using typename Topology<S>::SummaryRows;

  /// The one object of the class, which has no state.
  LAMINA_COLD static const UserCall& instance() noexcept {
    static const auto& one = *new UserCall;  // never destroyed: destructors of static objects may move models
    return one;
  }

  const char* class_name() const noexcept override { return nullptr; }
  std::size_t input_count() const noexcept override { return 0; }
  std::size_t output_count() const noexcept override { return 0; }
  std::vector<std::string> input_names() const override { return {}; }
  std::vector<std::string> output_names() const override { return {}; }

  LAMINA_COLD Ends symbols(const Model<S>& model, const char* action, CallInTurn) const override {
    raise<StateError>(model.describe(action),
                      "only a model that was drawn as a graph, Model(inputs, outputs), or a Sequential ",
                      "has symbolic tensors.");
  }
  /// The layers that the call has reached; the pointers own those that are held by shared pointers.
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
    raise<StateError>("a subclass of Model overrides `call`, or `call_many` for several inputs or outputs");
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
