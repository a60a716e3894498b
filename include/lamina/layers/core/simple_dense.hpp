#pragma once
#include "lamina/activations/activation.hpp"
#include "lamina/layers/base/layer.hpp"

namespace lamina {

/// The arguments of SimpleDense.
struct SimpleDenseArguments {
  Index units = 32;                    ///< Size of the last axis of the output; >= 1. Default: 32.
  ActivationArgument activation = {};  ///< Activation of the output. Default: none.
  template <class Self, class Field>
  static void fields(Self& self, Field&& field) {
    field("units", self.units);
    field("activation", self.activation);
  }
};

/// The example of Keras's guide to custom layers: y = activation(x kernel + bias), where the initial kernel is normally
/// distributed with standard deviation 0.05 and the initial bias is 0. Use Dense for all options.
/// Shapes: x (batch, ..., features), kernel (features, units), bias (units,); y (batch, ..., units).
/// Throws a ValueError if units < 1.
template <class Scalar = float>
class SimpleDense : public Layer<Scalar> {
 public:
  using Arguments = SimpleDenseArguments;
  /// Constructs the layer.
  LAMINA_COLD explicit SimpleDense(Index units = 32, ActivationArgument activation = {}, NameOption option = {})
      : SimpleDense(SimpleDenseArguments{units, std::move(activation)}) {
    this->set_name(std::move(option.name));
  }
  /// Constructs the layer from its arguments.
  LAMINA_COLD explicit SimpleDense(SimpleDenseArguments arguments)
      : arguments_(std::move(arguments)), activation_(arguments_.activation.template resolve<Scalar>()) {
    if (arguments_.units < 1) raise<ValueError>("SimpleDense: expected units >= 1, got ", arguments_.units);
  }

  std::string class_name() const override { return "SimpleDense"; }
  LAMINA_COLD Config get_config() const override { return this->config_with(arguments_); }

  LAMINA_COLD void build(const Shape& input) override {
    kernel_ = this->add_weight("kernel", {input.back(), arguments_.units}, RandomNormal());
    bias_ = this->add_weight("bias", {arguments_.units}, Zeros());
  }

  Tensor<Scalar> call(const Tensor<Scalar>& x) const override { return activation_(dense(x, kernel_, bias_)); }

 private:
  SimpleDenseArguments arguments_;
  Activation<Scalar> activation_;
  Variable<Scalar> kernel_, bias_;
};

LAMINA_COMPILED_CLASS(SimpleDense);

}  // namespace lamina
