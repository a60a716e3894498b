#pragma once
#include "lamina/core/classify.hpp"
#include "lamina/layers/base/kernel_options.hpp"
#include "lamina/layers/rnn/recurrent_layer.hpp"
#include "lamina/ops/dropout.hpp"
#include "lamina/ops/rnn/sequence_pass.hpp"

// The base classes of the cells of SimpleRNN, LSTM and GRU, and of these layers.

namespace lamina {

namespace detail {

/// The arguments of SimpleRNN, LSTM, GRU and their cells.
template <class Options>
struct UnitsArguments {
  Index units = 0;       ///< Number of units; >= 1. Required.
  Options options = {};  ///< All other arguments.
  template <class Self, class Field>
  static void fields(Self& self, Field&& field) {
    field.required("units", self.units);
    Options::fields(self.options, field);
  }
};

/// Initializes the bias of an LSTM: 1 for the forget gates, and the initializer `others` for the other gates.
struct ForgetBias final : InitializerFunction {
  LAMINA_COLD explicit ForgetBias(const Initializer& initializer) : others(initializer.resolve()) {}
  const char* class_name() const noexcept override { return "ForgetBias"; }
  std::optional<std::uint64_t> seed() const override { return others->seed(); }
  void fill(const Shape& shape, double* values, const RandomStream& random) const override {
    const Index units = shape.front() / 4;
    others->fill({units}, values, random);
    for (Index i = units; i < 2 * units; ++i) values[i] = 1;
    others->fill({2 * units}, values + 2 * units, random);
  }
  std::shared_ptr<const InitializerFunction> others;
};

/// The base class of cells with a kernel (features, gates units), a recurrent kernel (units, gates units) and a bias. A
/// subclass computes a whole sequence by `run_fused`, or one step by `step_with`.
template <class Scalar, class CellOptions>
class UnitsCell : public RecurrentCell<Scalar> {
 public:
  using Arguments = UnitsArguments<CellOptions>;
  using typename RecurrentCell<Scalar>::States;

  LAMINA_COLD Config get_config() const override { return this->config_with(arguments_); }
  Index units() const noexcept { return arguments_.units; }  ///< Returns the size of the output.

  LAMINA_COLD void build(const Shape& input) override {
    if (input.rank() != 2 || input.back() == unknown_size)
      raise<ShapeError>("expected the input of one step, (batch, features), got shape ", input);
    this->set_input_spec({.rank = 2, .last = input.back()});
    const CellOptions& o = arguments_.options;
    const Index width = saturating_product(gates_, arguments_.units);
    kernel_ = this->add_weight("kernel", {input.back(), width}, o.kernel_initializer,
                               weight_options<Scalar>(o.kernel_regularizer, o.kernel_constraint));
    recurrent_ = this->add_weight("recurrent_kernel", {arguments_.units, width}, o.recurrent_initializer,
                                  weight_options<Scalar>(o.recurrent_regularizer, o.recurrent_constraint));
    if (o.use_bias)
      bias_ = this->add_weight("bias", bias_shape(width), bias_initializer(),
                               weight_options<Scalar>(o.bias_regularizer, o.bias_constraint));
  }

  CellOutput<Scalar> step(const Tensor<Scalar>& x, const States& states) const override {
    States after = states;
    Tensor<Scalar> y = (*make_step(x.shape()))(x, after);
    return {std::move(y), std::move(after)};
  }

  SequenceOutput<Scalar> run(const Tensor<Scalar>& x, const States& states, const Tensor<Scalar>& mask,
                             const SequenceOptions& options) const override {
    const CellOptions& o = arguments_.options;
    const bool training = CallContext::training();
    if (!fused_ || (training && o.recurrent_dropout > 0)) {
      const Shape step = this->without_steps(x.shape());
      return step_by_step<Scalar>(*make_step(step), x, states.empty() ? this->initial_states(step) : states, mask,
                                  options);
    }
    SequenceInput<Scalar> in;
    in.x = training && o.dropout > 0 ? x * dropout_mask({x.shape()[0], 1, x.shape()[2]}, o.dropout) : x;
    in.kernel = kernel_.value();
    in.recurrent = recurrent_.value();
    if (bias_.defined()) in.bias = bias_.value();
    for (std::size_t i = 0; i < states.size(); ++i) in.states[i] = states[i];
    in.mask = mask;
    in.options = options;
    return run_fused(in);
  }

 protected:
  UnitsCell(Arguments arguments, Index gates, Index states, bool fused)
      : RecurrentCell<Scalar>(std::vector<Index>(static_cast<std::size_t>(states), arguments.units)),
        arguments_(std::move(arguments)),
        gates_(gates),
        fused_(fused) {
    const CellOptions& o = arguments_.options;
    if (arguments_.units < 1) raise<ValueError>("a recurrent layer: expected units >= 1, got ", arguments_.units);
    for (const double& rate : {o.dropout, o.recurrent_dropout})
      if (!within(rate, 0, 1))
        raise<ValueError>("a recurrent layer: expected 0 <= dropout, recurrent_dropout <= 1, got ", rate);
    this->set_name(o.name);
  }
  const Arguments& arguments() const noexcept { return arguments_; }

  /// Computes the whole sequence as one operation, for the default activations tanh and sigmoid.
  virtual SequenceOutput<Scalar> run_fused(const SequenceInput<Scalar>& in) const = 0;
  using Step = std::unique_ptr<const StepFunction<Scalar>>;
  /// Returns the function that computes one step with these weights.
  virtual Step step_with(CellWeights<Scalar> weights) const = 0;
  virtual Shape bias_shape(Index width) const { return {width}; }
  virtual Initializer bias_initializer() const { return arguments_.options.bias_initializer; }

 private:
  Tensor<Scalar> dropout_mask(const Shape& shape, double rate) const {
    return dropout(Tensor<Scalar>::ones(shape), rate, noise_stream(arguments_.options.seed));
  }
  /// As in Keras, all steps use the same dropout mask; with recurrent dropout, each gate has separate masks.
  Step make_step(const Shape& input) const {
    const CellOptions& o = arguments_.options;
    CellWeights<Scalar> w{kernel_.value(), recurrent_.value(), bias_.defined() ? bias_.value() : Tensor<Scalar>()};
    if (CallContext::training()) {
      for (Index i = 0; o.dropout > 0 && i < (o.recurrent_dropout > 0 ? gates_ : 1); ++i)
        w.x_masks.push_back(dropout_mask(input, o.dropout));
      for (Index i = 0; o.recurrent_dropout > 0 && i < gates_; ++i)
        w.h_masks.push_back(dropout_mask({input.front(), arguments_.units}, o.recurrent_dropout));
    }
    return step_with(std::move(w));
  }

  Arguments arguments_;
  Index gates_;
  bool fused_;
  Variable<Scalar> kernel_, recurrent_, bias_;
};

/// The base class of SimpleRNN, LSTM and GRU: a recurrent layer that creates its cell.
template <class Scalar, class Cell, class Options>
class UnitsLayer : public RecurrentLayer<Scalar> {
 public:
  using Arguments = UnitsArguments<Options>;
  LAMINA_COLD Config get_config() const override {
    Arguments now = arguments_;
    now.options.zero_output_for_mask = this->flags().zero_output_for_mask;
    return this->config_with(now);
  }
  Index units() const noexcept { return arguments_.units; }

 protected:
  UnitsLayer(Arguments arguments, const char* cell_name)
      : RecurrentLayer<Scalar>(std::make_shared<Cell>(arguments.units, cell_options(arguments.options, cell_name)),
                               flags_of(arguments.options), arguments.options.activity_regularizer,
                               arguments.options.name),
        arguments_(std::move(arguments)) {}

  /// Returns the arguments of a clone.
  Arguments clone_arguments(bool reversed) const {
    Arguments copy = arguments_;
    copy.options.go_backwards = copy.options.go_backwards != reversed;
    return copy;
  }

 private:
  Arguments arguments_;
};

}  // namespace detail

}  // namespace lamina
