#pragma once
#include "lamina/activations/activation.hpp"
#include "lamina/constraints/constraints.hpp"
#include "lamina/core/classify.hpp"
#include "lamina/layers/regularization/dropout.hpp"
#include "lamina/layers/rnn/recurrent_layer.hpp"
#include "lamina/ops/recurrent.hpp"

// What SimpleRNN, LSTM and GRU share: cells of so many units, and the layers that are made of one.

namespace lamina {

namespace detail {

/// An activation that is `Standard` where none is given: a name in the default of an option would be compiled with
/// every program.
template <class Standard>
class ActivationOr {
 public:
  constexpr ActivationOr() noexcept {}
  template <std::size_t N>
  consteval ActivationOr(const char (&name)[N]) : activation_(name), given_(true) {}  // NOLINT: as ActivationArgument
  template <class Given>
    requires(!std::is_same_v<std::remove_cvref_t<Given>, ActivationOr> &&
             std::is_constructible_v<ActivationArgument, Given>)
  ActivationOr(Given&& given)  // NOLINT
      : activation_(std::forward<Given>(given)), given_(true) {}

  template <class S>
  Activation<S> resolve() const {
    return given_ ? activation_.template resolve<S>() : Activation<S>(Standard::template activation<S>());
  }
  Config to_config() const { return given_ ? activation_.to_config() : Config(Standard::name); }
  template <std::same_as<Config> C>  // a template, as all activations are compiled with it
  void from_config(const C& config) {
    activation_.from_config(config);
    given_ = true;
  }

 private:
  ActivationArgument activation_;
  bool given_ = false;
};
struct TanhByDefault {
  static constexpr const char* name = "tanh";
  template <class S>
  static Activation<S> activation() {
    return "tanh";
  }
};
struct SigmoidByDefault {
  static constexpr const char* name = "sigmoid";
  template <class S>
  static Activation<S> activation() {
    return "sigmoid";
  }
};

/// The names of a cell's options but for the seed; of those that some cells lack, those that this one has.
template <class Self, class Field>
void cell_fields(Self& self, Field&& field) {
  field("activation", self.activation);
  if constexpr (requires { self.recurrent_activation; }) field("recurrent_activation", self.recurrent_activation);
  field("use_bias", self.use_bias);
  field("kernel_initializer", self.kernel_initializer);
  field("recurrent_initializer", self.recurrent_initializer);
  field("bias_initializer", self.bias_initializer);
  if constexpr (requires { self.unit_forget_bias; }) field("unit_forget_bias", self.unit_forget_bias);
  field("kernel_regularizer", self.kernel_regularizer);
  field("recurrent_regularizer", self.recurrent_regularizer);
  field("bias_regularizer", self.bias_regularizer);
  if constexpr (requires { self.activity_regularizer; }) field("activity_regularizer", self.activity_regularizer);
  field("kernel_constraint", self.kernel_constraint);
  field("recurrent_constraint", self.recurrent_constraint);
  field("bias_constraint", self.bias_constraint);
  field("dropout", self.dropout);
  field("recurrent_dropout", self.recurrent_dropout);
  if constexpr (requires { self.reset_after; }) field("reset_after", self.reset_after);
}
/// A cell's options from its layer's.
template <class CellOptions, class LayerOptions>
CellOptions cell_options(const LayerOptions& o, const char* name) {
  CellOptions c;
  c.activation = o.activation;
  if constexpr (requires { c.recurrent_activation; }) c.recurrent_activation = o.recurrent_activation;
  c.use_bias = o.use_bias;
  c.kernel_initializer = o.kernel_initializer;
  c.recurrent_initializer = o.recurrent_initializer;
  c.bias_initializer = o.bias_initializer;
  if constexpr (requires { c.unit_forget_bias; }) c.unit_forget_bias = o.unit_forget_bias;
  c.kernel_regularizer = o.kernel_regularizer;
  c.recurrent_regularizer = o.recurrent_regularizer;
  c.bias_regularizer = o.bias_regularizer;
  c.kernel_constraint = o.kernel_constraint;
  c.recurrent_constraint = o.recurrent_constraint;
  c.bias_constraint = o.bias_constraint;
  c.dropout = o.dropout;
  c.recurrent_dropout = o.recurrent_dropout;
  if constexpr (requires { c.reset_after; }) c.reset_after = o.reset_after;
  c.seed = o.seed;
  c.name = name;
  return c;
}

/// How many units, and what else.
template <class Options>
struct UnitsArguments {
  Index units = 0;
  Options options = {};
  template <class Self, class Field>
  static void fields(Self& self, Field&& field) {
    field.required("units", self.units);
    Options::fields(self.options, field);
  }
};

/// The bias of an LSTM whose forget gates begin open: ones for them, and what `others` says for the rest.
struct ForgetBias final : InitializerFunction {
  explicit ForgetBias(const Initializer& initializer) : others(initializer.resolve()) {}
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

/// A cell with a kernel (features, gates units), a recurrent kernel (units, gates units) and a bias. What kind of cell
/// it is says how it computes, at once and step by step.
template <class Scalar, class CellOptions>
class UnitsCell : public RecurrentCell<Scalar> {
 public:
  using Arguments = UnitsArguments<CellOptions>;
  using typename RecurrentCell<Scalar>::States;

  Config get_config() const override { return this->config_with(arguments_); }
  Index units() const noexcept { return arguments_.units; }

  void build(const Shape& input) override {
    if (input.rank() != 2 || input.back() == unknown_size)
      raise<ShapeError>("expected the input of one step, (batch, features), got shape ", input);
    this->set_input_spec({.rank = 2, .last = input.back()});
    const CellOptions& o = arguments_.options;
    const Index width = saturating_product(gates_, arguments_.units);
    kernel_ = this->add_weight("kernel", {input.back(), width}, o.kernel_initializer,
                               {.regularizer = resolve_function<Scalar>(o.kernel_regularizer),
                                .constraint = resolve_function<Scalar>(o.kernel_constraint)});
    recurrent_ = this->add_weight("recurrent_kernel", {arguments_.units, width}, o.recurrent_initializer,
                                  {.regularizer = resolve_function<Scalar>(o.recurrent_regularizer),
                                   .constraint = resolve_function<Scalar>(o.recurrent_constraint)});
    if (o.use_bias)
      bias_ = this->add_weight("bias", bias_shape(width), bias_initializer(),
                               {.regularizer = resolve_function<Scalar>(o.bias_regularizer),
                                .constraint = resolve_function<Scalar>(o.bias_constraint)});
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
    return run_at_once(in);
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

  /// The whole sequence as one operation, with tanh and the sigmoid.
  virtual SequenceOutput<Scalar> run_at_once(const SequenceInput<Scalar>& in) const = 0;
  /// One step with these weights.
  using Step = std::unique_ptr<const StepFunction<Scalar>>;
  virtual Step step_with(CellWeights<Scalar> weights) const = 0;
  virtual Shape bias_shape(Index width) const { return {width}; }
  virtual Initializer bias_initializer() const { return arguments_.options.bias_initializer; }

 private:
  Tensor<Scalar> dropout_mask(const Shape& shape, double rate) const {
    return dropout(Tensor<Scalar>::ones(shape), rate, noise_stream(arguments_.options.seed));
  }
  /// As Keras has it, one mask serves all steps, and with recurrent dropout every gate has masks of its own.
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

/// A recurrent layer over a cell of its own kind.
template <class Scalar, class Cell, class CellOptions, class Options>
class UnitsLayer : public RecurrentLayer<Scalar> {
 public:
  using Arguments = UnitsArguments<Options>;
  Config get_config() const override {
    Arguments now = arguments_;
    now.options.zero_output_for_mask = this->flags().zero_output_for_mask;
    return this->config_with(now);
  }
  Index units() const noexcept { return arguments_.units; }

 protected:
  UnitsLayer(Arguments arguments, const char* cell_name)
      : RecurrentLayer<Scalar>(
            std::make_shared<Cell>(arguments.units, cell_options<CellOptions>(arguments.options, cell_name)),
            flags_of(arguments.options), arguments.options.activity_regularizer, arguments.options.name),
        arguments_(std::move(arguments)) {}

  /// The arguments of a twin.
  Arguments twin_arguments(bool reversed) const {
    Arguments again = arguments_;
    again.options.go_backwards = again.options.go_backwards != reversed;
    return again;
  }

 private:
  Arguments arguments_;
};

}  // namespace detail

}  // namespace lamina
