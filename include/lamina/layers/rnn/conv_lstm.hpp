#pragma once
#include "lamina/core/classify.hpp"
#include "lamina/layers/base/channels_last.hpp"
#include "lamina/layers/base/kernel_options.hpp"
#include "lamina/layers/convolutional/convolution_options.hpp"
#include "lamina/layers/rnn/units_cell.hpp"
#include "lamina/ops/convolution.hpp"

namespace lamina {

/// The options of ConvLSTM1D, ConvLSTM2D and ConvLSTM3D. Sizes are one integer for all axes, or one for each axis.
using ConvLSTMOptions = RecurrentOptions<detail::RecurrentKind::conv_lstm, detail::RecurrentPart::layer>;

namespace detail {

struct ConvLSTMArguments {
  Index rank = 0;                ///< Number of spatial axes; 1 to 3.
  Index filters = 0;             ///< Number of output channels; >= 1. Required.
  AxisSizes kernel_size = 1;     ///< Sizes of the kernel; >= 1. Required.
  ConvLSTMOptions options = {};  ///< All other arguments.

  template <class Self, class Field>
  static void fields(Self& self, Field&& field) {
    auto& o = self.options;
    flag_fields(o, field);
    field.required("filters", self.filters);
    sizes_field<true>(field, "kernel_size", self.kernel_size, self.rank);
    sizes_field(field, "strides", o.strides, self.rank);
    field("padding", o.padding);
    data_format_field(o.channels_first, field);
    sizes_field(field, "dilation_rate", o.dilation_rate, self.rank);
    ConvLSTMOptions::cell_fields(o, field);
    field("seed", o.seed);
  }
};
/// The cell of a ConvLSTM: an LSTM cell with convolutions instead of matrix products.
template <class Scalar>
class ConvLSTMCell final : public RecurrentCell<Scalar> {
 public:
  using typename RecurrentCell<Scalar>::States;

  /// Constructs the layer from its arguments.
  LAMINA_COLD explicit ConvLSTMCell(ConvLSTMArguments arguments)
      : RecurrentCell<Scalar>({}),
        arguments_(std::move(arguments)),
        activation_(arguments_.options.activation.template resolve<Scalar>()),
        gate_(arguments_.options.recurrent_activation.template resolve<Scalar>()) {
    check_arguments();
    this->set_name("conv_lstm_cell");
  }
  std::string class_name() const override { return "ConvLSTMCell"; }
  LAMINA_COLD Config get_config() const override { return this->config_with(arguments_); }
  std::shared_ptr<RecurrentCell<Scalar>> clone() const override { return std::make_shared<ConvLSTMCell>(arguments_); }

  std::vector<Shape> state_shapes(const Shape& input) const override {
    const ConvLSTMOptions& o = arguments_.options;
    if (input.rank() != arguments_.rank + 2)
      raise<ShapeError>("expected an input of rank ", arguments_.rank + 3, ", (batch, steps, ", arguments_.rank,
                        arguments_.rank == 1 ? " axis, " : " axes, ", "channels), got rank ", input.rank() + 1);
    const Shape state = window_output_shape(input, arguments_.rank, arguments_.kernel_size, o.strides, o.dilation_rate,
                                            o.padding, o.channels_first, arguments_.filters);
    return {state, state};
  }

  LAMINA_COLD void build(const Shape& input) override {
    const ConvLSTMOptions& o = arguments_.options;
    static_cast<void>(state_shapes(input));  // throws for an input of another rank or smaller than the window
    Shape window;
    for (Index i = 0; i < arguments_.rank; ++i) window.push_back(arguments_.kernel_size[i]);
    const auto kernel = [&](Index channels) {
      Shape shape = window;
      shape.push_back(channels);
      shape.push_back(saturating_product(4, arguments_.filters));
      return shape;
    };
    kernel_ = this->add_weight("kernel", kernel(input[o.channels_first ? 1 : -1]), o.kernel_initializer,
                               weight_options<Scalar>(o.kernel_regularizer, o.kernel_constraint));
    recurrent_ = this->add_weight("recurrent_kernel", kernel(arguments_.filters), o.recurrent_initializer,
                                  weight_options<Scalar>(o.recurrent_regularizer, o.recurrent_constraint));
    if (o.use_bias)
      bias_ = this->add_weight("bias", {saturating_product(4, arguments_.filters)},
                               o.unit_forget_bias ? Initializer(ForgetBias(o.bias_initializer)) : o.bias_initializer,
                               weight_options<Scalar>(o.bias_regularizer, o.bias_constraint));
  }

  CellOutput<Scalar> step(const Tensor<Scalar>& x, const States& states) const override {
    const SequenceOutput<Scalar> out =
        run(reshape_to(x, with_steps(x.shape(), 1)), states, Tensor<Scalar>(), SequenceOptions{});
    return {out.y, out.states};
  }

  /// Convolves the inputs of all steps at once, and the states step by step, with channels last.
  SequenceOutput<Scalar> run(const Tensor<Scalar>& x, const States& states, const Tensor<Scalar>& mask,
                             const SequenceOptions& options) const override {
    const bool first = arguments_.options.channels_first;
    const Shape step = this->without_steps(x.shape());
    States before = states.empty() ? this->initial_states(step) : states;
    if (first)
      for (Tensor<Scalar>& state : before) state = channels_first_to_last(state);
    const Step function(*this, before[0].shape());
    SequenceOutput<Scalar> out = step_by_step<Scalar>(function, convolved_inputs(x), std::move(before), mask, options);
    if (first) {
      for (Tensor<Scalar>& state : out.states) state = channels_last_to_first(state);
      const Shape y = out.y.shape();
      out.y = options.return_sequences
                  ? reshape_to(channels_last_to_first(reshape_to(out.y, y.slice(2).prepend(y[0] * y[1]))),
                               with_steps(out.states[0].shape(), y[1]))
                  : channels_last_to_first(out.y);
    }
    return out;
  }

 private:
  /// Computes a step from the convolved input z and the states.
  struct Step final : StepFunction<Scalar> {
    Step(const ConvLSTMCell& c, const Shape& state) : cell(c), recurrent(c.recurrent_.value()) {
      const ConvLSTMOptions& o = cell.arguments_.options;
      if (CallContext::training() && o.recurrent_dropout > 0)
        for (int gate = 0; gate < 4; ++gate) masks.push_back(cell.dropout_mask(state, o.recurrent_dropout));
    }
    Tensor<Scalar> operator()(const Tensor<Scalar>& z, States& states) const override {
      const Tensor<Scalar> u = cell.convolve(states[0], masks, recurrent, Tensor<Scalar>(), {1, Padding::same, 1});
      return LstmStep<Scalar, Activation<Scalar>, Activation<Scalar>>::from_gates(add(z, u), states, cell.activation_,
                                                                                  cell.gate_);
    }
    const ConvLSTMCell& cell;
    Tensor<Scalar> recurrent;
    std::vector<Tensor<Scalar>> masks;
  };

  void check_arguments() const {
    const ConvLSTMOptions& o = arguments_.options;
    const std::string who = text("ConvLSTM", arguments_.rank, "D");
    if (arguments_.filters < 1) raise<ValueError>(who, ": expected filters >= 1, got ", arguments_.filters);
    check_windows(who, arguments_.rank, arguments_.kernel_size, o);
    check_not_causal(who, o.padding);
    for (const double& rate : {o.dropout, o.recurrent_dropout})
      if (!within(rate, 0, 1)) raise<ValueError>(who, ": expected 0 <= dropout, recurrent_dropout <= 1, got ", rate);
  }
  Tensor<Scalar> dropout_mask(const Shape& shape, double rate) const {
    return dropout(Tensor<Scalar>::ones(shape), rate, noise_stream(arguments_.options.seed));
  }
  /// Returns the convolution x * w + b. With masks, each gate has its own dropout mask of x.
  static Tensor<Scalar> convolve(const Tensor<Scalar>& x, const std::vector<Tensor<Scalar>>& masks,
                                 const Tensor<Scalar>& w, const Tensor<Scalar>& b, const ConvolutionOptions& how) {
    if (masks.empty()) return conv<Scalar>(x, w, b, false, how);
    const std::vector<Tensor<Scalar>> parts = split(w, 4);
    std::vector<Tensor<Scalar>> gates;
    for (std::size_t i = 0; i < 4; ++i)
      gates.push_back(conv<Scalar>(multiply(x, masks[i]), parts[i], Tensor<Scalar>(), false, how));
    return add_bias(concatenate(gates), b);
  }
  /// Returns the convolved inputs of all steps, (batch, steps, axes..., 4 filters).
  Tensor<Scalar> convolved_inputs(const Tensor<Scalar>& x) const {
    const ConvLSTMOptions& o = arguments_.options;
    const Index batch = x.shape()[0], steps = x.shape()[1];
    Tensor<Scalar> rows = reshape_to(x, x.shape().slice(2).prepend(batch * steps));
    if (o.channels_first) rows = channels_first_to_last(rows);
    std::vector<Tensor<Scalar>> masks;
    if (CallContext::training() && o.dropout > 0)
      for (int gate = 0; gate < 4; ++gate) {  // all steps use the same mask, as in Keras
        const Shape each = rows.shape().with(0, batch), all = with_steps(each, steps);
        const Tensor<Scalar> mask = reshape_to(dropout_mask(each, o.dropout), with_steps(each, 1));
        masks.push_back(reshape_to(lamina::detail::broadcast_to(mask, all), rows.shape()));
      }
    const Tensor<Scalar> z = convolve(rows, masks, kernel_.value(), bias_.defined() ? bias_.value() : Tensor<Scalar>(),
                                      {o.strides, o.padding, o.dilation_rate});
    return reshape_to(z, with_steps(z.shape().with(0, batch), steps));
  }
  static Shape with_steps(const Shape& each, Index steps) {
    Shape shape{each.front(), steps};
    for (const Index size : each.slice(1)) shape.push_back(size);
    return shape;
  }
  ConvLSTMArguments arguments_;
  Activation<Scalar> activation_, gate_;
  Variable<Scalar> kernel_, recurrent_, bias_;
};

/// A ConvLSTM over `arguments.rank` spatial axes.
template <class Scalar>
class ConvLSTMLayer : public RecurrentLayer<Scalar> {
 public:
  /// Constructs the layer from its arguments.
  LAMINA_COLD explicit ConvLSTMLayer(ConvLSTMArguments arguments)
      : RecurrentLayer<Scalar>(std::make_shared<ConvLSTMCell<Scalar>>(arguments), flags_of(arguments.options),
                               arguments.options.activity_regularizer, arguments.options.name),
        arguments_(std::move(arguments)) {}
  std::string class_name() const override { return text("ConvLSTM", arguments_.rank, "D"); }
  LAMINA_COLD Config get_config() const override {
    ConvLSTMArguments now = arguments_;
    now.options.zero_output_for_mask = this->flags().zero_output_for_mask;
    return this->config_with(now);
  }
  /// Returns the number of output channels.
  Index filters() const noexcept { return arguments_.filters; }
  std::shared_ptr<RecurrentLayer<Scalar>> clone(bool reversed) const override {
    ConvLSTMArguments copy = arguments_;
    copy.options.go_backwards = copy.options.go_backwards != reversed;
    return std::make_shared<ConvLSTMLayer>(std::move(copy));
  }

 private:
  ConvLSTMArguments arguments_;
};

}  // namespace detail

/// LSTM with 1-D convolutions (*) instead of matrix products; the output is h_t. Keras's `keras.layers.ConvLSTM1D` (Shi
/// et al., 2015).
///
///     [i f g o] = x_t * kernel + h_(t-1) * recurrent_kernel + bias
///     c_t = σ(f) c_(t-1) + σ(i) tanh(g)
///     h_t = σ(o) tanh(c_t)
///
/// Shapes: x (batch, steps, size, channels), kernel (kernel_size, channels, 4 filters), recurrent_kernel (kernel_size,
/// filters, 4 filters), bias (4 filters,), y and the states h and c (batch, new_size, filters), y with return_sequences
/// (batch, steps, new_size, filters), with new_size as for Conv1D. Inputs, outputs, masks and errors: see
/// RecurrentLayer.
///
///     ConvLSTM1D(8, 3, {.return_sequences = true, .padding = "same"})
template <class Scalar = float>
class ConvLSTM1D : public detail::ConvLSTMLayer<Scalar> {
 public:
  using Arguments = detail::ArgumentsOfRank<detail::ConvLSTMArguments, 1>;
  /// Constructs a layer with `filters` output channels (>= 1) and windows of `kernel_size` elements (>= 1).
  ConvLSTM1D(Index filters, const AxisSizes& kernel_size, ConvLSTMOptions options = {})
      : ConvLSTM1D(Arguments{filters, kernel_size, std::move(options)}) {}
  /// Constructs the layer from its arguments.
  template <std::same_as<Arguments> A>  // a template, so that braces mean no arguments
  explicit ConvLSTM1D(A arguments) : detail::ConvLSTMLayer<Scalar>(std::move(arguments)) {}
};

/// LSTM with 2-D convolutions, for sequences of images; see ConvLSTM1D. Keras's `keras.layers.ConvLSTM2D`.
/// Shapes: x (batch, steps, rows, columns, channels), kernel (kernel_rows, kernel_columns, channels, 4 filters),
/// recurrent_kernel (kernel_rows, kernel_columns, filters, 4 filters), y and the states (batch, new_rows, new_columns,
/// filters).
template <class Scalar = float>
class ConvLSTM2D : public detail::ConvLSTMLayer<Scalar> {
 public:
  using Arguments = detail::ArgumentsOfRank<detail::ConvLSTMArguments, 2>;
  /// Constructs a layer with `filters` output channels (>= 1) and windows of `kernel_size` (>= 1): `3` or `{3, 5}`.
  ConvLSTM2D(Index filters, const AxisSizes& kernel_size, ConvLSTMOptions options = {})
      : ConvLSTM2D(Arguments{filters, kernel_size, std::move(options)}) {}
  /// Constructs the layer from its arguments.
  template <std::same_as<Arguments> A>
  explicit ConvLSTM2D(A arguments) : detail::ConvLSTMLayer<Scalar>(std::move(arguments)) {}
};

/// LSTM with 3-D convolutions, for sequences of volumes; see ConvLSTM1D. Keras's `keras.layers.ConvLSTM3D`.
/// Shapes: x (batch, steps, planes, rows, columns, channels), y and the states (batch, new_planes, new_rows,
/// new_columns, filters).
template <class Scalar = float>
class ConvLSTM3D : public detail::ConvLSTMLayer<Scalar> {
 public:
  using Arguments = detail::ArgumentsOfRank<detail::ConvLSTMArguments, 3>;
  /// Constructs a layer with `filters` output channels (>= 1) and windows of `kernel_size` (>= 1): `3` or `{1, 3, 3}`.
  ConvLSTM3D(Index filters, const AxisSizes& kernel_size, ConvLSTMOptions options = {})
      : ConvLSTM3D(Arguments{filters, kernel_size, std::move(options)}) {}
  /// Constructs the layer from its arguments.
  template <std::same_as<Arguments> A>
  explicit ConvLSTM3D(A arguments) : detail::ConvLSTMLayer<Scalar>(std::move(arguments)) {}
};

}  // namespace lamina
