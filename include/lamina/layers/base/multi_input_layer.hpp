#pragma once
#include "lamina/layers/base/layer.hpp"

namespace lamina {

/// The base of layers that take several inputs, or return several outputs. A subclass overrides `call_many`, and
/// `build_many` if it has weights; the forms for one input call these with a single one.
///
///     struct Blend : MultiInputLayer<float> {
///       void build_many(const std::vector<Shape>&) override { share_ = add_weight("share", {}, "zeros"); }
///       std::vector<Tensor<float>> call_many(const std::vector<Tensor<float>>& x) const override {
///         return {x[0] + sigmoid(share_) * (x[1] - x[0])};
///       }
///       Variable<float> share_;
///     };
///     Tensor<float> y = blend({a, b});
template <class Scalar = float>
class MultiInputLayer : public Layer<Scalar> {
 public:
  LAMINA_COLD void build(const Shape& input) final { this->build_many({input}); }
  void build_many(const std::vector<Shape>& inputs) override { static_cast<void>(inputs); }
  Tensor<Scalar> call(const Tensor<Scalar>& x) const final { return this->call_many({x}).front(); }
  std::vector<Tensor<Scalar>> call_many(const std::vector<Tensor<Scalar>>& inputs) const override = 0;

  LAMINA_COLD Shape compute_output_shape(const Shape& input) const final {
    return this->compute_output_shapes({input}).front();
  }
  /// Computes the shapes by a call on single samples, unless it is overridden.
  LAMINA_COLD std::vector<Shape> compute_output_shapes(const std::vector<Shape>& inputs) const override {
    return this->dry_run(inputs);
  }
};

}  // namespace lamina
