#pragma once
#include <optional>

#include "lamina/activations/activation.hpp"
#include "lamina/constraints/constraints.hpp"
#include "lamina/layers/layer.hpp"
#include "lamina/regularizers/regularizers.hpp"

namespace lamina {

struct DenseOptions {
  ActivationArgument activation = {};
  bool use_bias = true;
  Initializer kernel_initializer = Initializer::of<GlorotUniform>();
  Initializer bias_initializer = Initializer::of<Zeros>();
  Regularizer kernel_regularizer = {};
  Regularizer bias_regularizer = {};
  Regularizer activity_regularizer = {};
  Constraint kernel_constraint = {};
  Constraint bias_constraint = {};
  std::string name = {};
};

/// A densely connected layer: y = activation(x kernel + bias), over the last axis of x.
/// Shapes: x (batch, ..., features), kernel (features, units), bias (units,); y (batch, ..., units). Keras's Dense.
///
///     Dense(64, "relu")
///     Dense(10, {.activation = "softmax", .kernel_regularizer = L2(1e-4)})
template <class Scalar = float>
class Dense : public Layer<Scalar> {
 public:
  explicit Dense(Index units) : Dense(units, DenseOptions{}) {}
  template <class Given>  // a template, so that braces mean the options
  requires(std::is_convertible_v<Given, ActivationArgument>) Dense(Index units, Given&& activation)
      : Dense(units, DenseOptions{.activation = std::forward<Given>(activation)}) {}
  Dense(Index units, DenseOptions options)
      : units_(units),
        options_(std::move(options)),
        activation_(options_.activation.template resolve<Scalar>()),
        activity_regularizer_(detail::resolve_function<Scalar>(options_.activity_regularizer)) {
    if (units < 1) raise<ValueError>("Dense: expected units >= 1, got ", units);
    if (!options_.name.empty()) this->set_name(options_.name);
  }

  std::string class_name() const override { return "Dense"; }
  Index units() const noexcept { return units_; }

  void build(const Shape& input) override {
    if (input.rank() < 2)
      raise<ShapeError>("expected an input of rank 2 or more (batch, ..., features), got shape ", input,
                        ". For one sample add a batch axis; for one feature a last axis of size 1.");
    this->set_input_spec({.min_rank = 2, .last = input.back()});
    kernel_ = this->add_weight("kernel", {input.back(), units_}, options_.kernel_initializer,
                               {.regularizer = detail::resolve_function<Scalar>(options_.kernel_regularizer),
                                .constraint = detail::resolve_function<Scalar>(options_.kernel_constraint)});
    if (options_.use_bias)
      bias_ = this->add_weight("bias", {units_}, options_.bias_initializer,
                               {.regularizer = detail::resolve_function<Scalar>(options_.bias_regularizer),
                                .constraint = detail::resolve_function<Scalar>(options_.bias_constraint)});
  }

  Tensor<Scalar> call(const Tensor<Scalar>& x) const override {
    const bool relu = activation_.name() == "relu";
    Tensor<Scalar> y =
        detail::dense<Scalar>(x, kernel_.value(), bias_.defined() ? bias_.value() : Tensor<Scalar>(), relu);
    if (!relu && !activation_.is_linear()) y = activation_(y);
    if (activity_regularizer_) {
      // As Keras has it, the penalty is that of the mean sample.
      this->add_loss(activity_regularizer_(y) / static_cast<Scalar>(std::max<Index>(1, y.shape().front())));
    }
    return y;
  }

  Shape compute_output_shape(const Shape& input) const override { return input.with(-1, units_); }

 private:
  Index units_;
  DenseOptions options_;
  Activation<Scalar> activation_;
  typename Variable<Scalar>::Function activity_regularizer_;
  Variable<Scalar> kernel_, bias_;
};

LAMINA_COMPILED_CLASS(Dense);

}  // namespace lamina
