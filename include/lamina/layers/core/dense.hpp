#pragma once
#include <optional>

#include "lamina/activations/activation.hpp"
#include "lamina/constraints/constraints.hpp"
#include "lamina/layers/base/kernel_options.hpp"
#include "lamina/layers/base/layer.hpp"
#include "lamina/regularizers/regularizers.hpp"

namespace lamina {

/// The options of Dense.
struct DenseOptions {
  ActivationArgument activation = {};  ///< Activation of the output. Default: none.
  bool use_bias = true;                ///< If true, adds a bias. Default: true.
  /// Initializer of the kernel. Default: GlorotUniform.
  Initializer kernel_initializer = Initializer::of<GlorotUniform>();
  Initializer bias_initializer = Initializer::of<Zeros>();  ///< Initializer of the bias. Default: Zeros.
  Regularizer kernel_regularizer = {};                      ///< Penalty on the kernel. Default: none.
  Regularizer bias_regularizer = {};                        ///< Penalty on the bias. Default: none.
  Regularizer activity_regularizer = {};                    ///< Penalty on the output, per sample. Default: none.
  Constraint kernel_constraint = {};  ///< Constraint on the kernel after each update. Default: none.
  Constraint bias_constraint = {};    ///< Constraint on the bias after each update. Default: none.
  std::string name = {};              ///< Name of the layer. Default: made from the class name.

  template <class Self, class Field>
  static void fields(Self& self, Field&& field) {
    field("activation", self.activation);
    field("use_bias", self.use_bias);
    detail::kernel_fields(self, field);
  }
};

/// The arguments of Dense.
struct DenseArguments {
  Index units = 0;            ///< Size of the last axis of the output; >= 1. Required.
  DenseOptions options = {};  ///< All other arguments.
  template <class Self, class Field>
  static void fields(Self& self, Field&& field) {
    field.required("units", self.units);
    DenseOptions::fields(self.options, field);
    field.ignored("lora_rank");
    field.ignored("lora_alpha");
    field.unsupported("quantization_config");
  }
};

/// A densely connected layer over the last axis: y = activation(x kernel + bias). Keras's `keras.layers.Dense`.
/// Shapes: x (batch, ..., features), kernel (features, units), bias (units,); y (batch, ..., units).
/// Throws a ValueError if units < 1, a ShapeError for an input of rank 1 or another number of features.
///
///     Dense(64, "relu")
///     Dense(10, {.activation = "softmax", .kernel_regularizer = L2(1e-4)})
template <class Scalar = float>
class Dense : public Layer<Scalar> {
 public:
  using Arguments = DenseArguments;
  /// Constructs a layer with default options.
  LAMINA_COLD explicit Dense(Index units) : Dense(units, DenseOptions{}) {}
  /// Constructs a layer with an activation, by name or as an object.
  template <int = 0>  // a template, so that braces mean the options
  Dense(Index units, ActivationArgument activation) : Dense(units, DenseOptions{.activation = std::move(activation)}) {}
  /// Constructs a layer with options.
  Dense(Index units, DenseOptions options) : Dense(DenseArguments{units, std::move(options)}) {}
  /// Constructs the layer from its arguments.
  LAMINA_COLD explicit Dense(DenseArguments arguments)
      : arguments_(std::move(arguments)),
        activation_(arguments_.options.activation.template resolve<Scalar>()),
        activity_regularizer_(detail::resolve_function<Scalar>(arguments_.options.activity_regularizer)) {
    if (arguments_.units < 1) raise<ValueError>("Dense: expected units >= 1, got ", arguments_.units);
    this->set_name(arguments_.options.name);
    this->set_supports_masking(true);
  }

  std::string class_name() const override { return "Dense"; }
  LAMINA_COLD Config get_config() const override { return this->config_with(arguments_); }
  Index units() const noexcept { return arguments_.units; }  ///< Returns the size of the last axis of the output.

  LAMINA_COLD void build(const Shape& input) override {
    if (input.rank() < 2)
      raise<ShapeError>("expected an input of rank 2 or more (batch, ..., features), got shape ", input,
                        ". Add a batch axis for a single sample, or a last axis of size 1 for a single feature.");
    this->set_input_spec({.min_rank = 2, .last = input.back()});
    const DenseOptions& o = arguments_.options;
    kernel_ = this->add_weight("kernel", {input.back(), arguments_.units}, o.kernel_initializer,
                               detail::weight_options<Scalar>(o.kernel_regularizer, o.kernel_constraint));
    if (o.use_bias)
      bias_ = this->add_weight("bias", {arguments_.units}, o.bias_initializer,
                               detail::weight_options<Scalar>(o.bias_regularizer, o.bias_constraint));
  }

  Tensor<Scalar> call(const Tensor<Scalar>& x) const override {
    Tensor<Scalar> y = detail::dense<Scalar>(x, kernel_.borrow(), bias_.borrow_if_defined(), relu_);
    if (!relu_ && !activation_.is_linear()) y = activation_(y);
    this->add_activity_loss(activity_regularizer_, y);
    return y;
  }

  LAMINA_COLD Shape compute_output_shape(const Shape& input) const override { return input.with(-1, arguments_.units); }

 private:
  DenseArguments arguments_;
  Activation<Scalar> activation_;
  bool relu_ = activation_.is_relu();  // fused into the matrix product
  typename Variable<Scalar>::Function activity_regularizer_;
  Variable<Scalar> kernel_, bias_;
};

Dense(Index, DenseOptions) -> Dense<float>;

LAMINA_COMPILED_CLASS(Dense);

}  // namespace lamina
