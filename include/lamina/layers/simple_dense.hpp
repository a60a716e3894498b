#pragma once
#include "lamina/activations/activation.hpp"
#include "lamina/layers/layer.hpp"

namespace lamina {

/// The custom layer of Keras's guide, ready made: y = activation(x kernel + bias), the kernel from a normal
/// distribution of standard deviation 0.05, the bias zeros. Shapes: x (batch, ..., features), kernel (features, units),
/// bias (units,); y (batch, ..., units).
template <class Scalar = float>
class SimpleDense : public Layer<Scalar> {
 public:
  explicit SimpleDense(Index units = 32, std::type_identity_t<Activation<Scalar>> activation = {})
      : units_(units), activation_(std::move(activation)) {
    if (units < 1) raise<ValueError>("SimpleDense: expected units >= 1, got ", units);
  }

  std::string class_name() const override { return "SimpleDense"; }

  void build(const Shape& input) override {
    kernel_ = this->add_weight("kernel", {input.back(), units_}, RandomNormal());
    bias_ = this->add_weight("bias", {units_}, Zeros());
  }

  Tensor<Scalar> call(const Tensor<Scalar>& x) const override { return activation_(matmul(x, kernel_) + bias_); }

 private:
  Index units_;
  Activation<Scalar> activation_;
  Variable<Scalar> kernel_, bias_;
};

LAMINA_COMPILED_CLASS(SimpleDense);

}  // namespace lamina
