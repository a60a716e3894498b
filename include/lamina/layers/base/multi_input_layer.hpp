#pragma once
#include "lamina/layers/base/layer.hpp"

namespace lamina {

/// The base class of layers with several inputs or outputs. A subclass overrides `call_many`, and `build_many` if it
/// has weights; `call` and `build` call these with one input.
///
///     struct Blend : MultiInputLayer<float> {  // y = (1 - sigmoid(logit)) a + sigmoid(logit) b
///       void build_many(const std::vector<Shape>&) override { logit_ = add_weight("logit", {}, "zeros"); }
///       std::vector<Tensor<float>> call_many(const std::vector<Tensor<float>>& x) const override {
///         return {x[0] + sigmoid(logit_) * (x[1] - x[0])};
///       }
///       Variable<float> logit_;
///     };
///     Tensor<float> y = blend({a, b});
template <class Scalar = float>
class MultiInputLayer : public Layer<Scalar> {
 public:
  /// Calls `build_many` with one shape.
  LAMINA_COLD void build(const Shape& input) final { this->build_many({input}); }
  /// Creates the weights for inputs of these shapes. Default: none.
  void build_many(const std::vector<Shape>& inputs) override { static_cast<void>(inputs); }
  /// Calls `call_many` with one input and returns the first output.
  Tensor<Scalar> call(const Tensor<Scalar>& x) const final { return this->call_many({x}).front(); }
  /// Computes all outputs from all inputs.
  std::vector<Tensor<Scalar>> call_many(const std::vector<Tensor<Scalar>>& inputs) const override = 0;

  /// Calls `compute_output_shapes` with one shape and returns the first.
  LAMINA_COLD Shape compute_output_shape(const Shape& input) const final {
    return this->compute_output_shapes({input}).front();
  }
  /// Returns the shapes of the outputs. By default calls the layer on single samples.
  LAMINA_COLD std::vector<Shape> compute_output_shapes(const std::vector<Shape>& inputs) const override {
    return this->dry_run(inputs);
  }
};

}  // namespace lamina
