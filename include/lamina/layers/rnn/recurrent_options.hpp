#pragma once
#include <cstdint>
#include <optional>
#include <string>

#include "lamina/activations/activation.hpp"
#include "lamina/constraints/constraints.hpp"
#include "lamina/initializers/initializers.hpp"
#include "lamina/layers/base/option_if.hpp"
#include "lamina/layers/base/window_arguments.hpp"
#include "lamina/regularizers/regularizers.hpp"

// The options of SimpleRNN, LSTM, GRU and ConvLSTM, and of their cells.

namespace lamina {

namespace detail {

/// An activation with the default `Standard`. With a name as the default of an option, every program would compile all
/// activations.
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
  LAMINA_COLD Config to_config() const { return given_ ? activation_.to_config() : Config(Standard::name); }
  template <std::same_as<Config> C>  // a template, as all activations are compiled with it
  LAMINA_COLD void from_config(const C& config) {
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

/// The options of all recurrent layers, whatever the cell; see RecurrentOptions.
struct RecurrentFlags {
  bool return_sequences, return_state, go_backwards, stateful, unroll, zero_output_for_mask;
};
/// Returns the RecurrentFlags of the options of a layer.
template <class LayerOptions>
RecurrentFlags flags_of(const LayerOptions& o) {
  return {o.return_sequences, o.return_state, o.go_backwards, o.stateful, o.unroll, o.zero_output_for_mask};
}
/// Reads or writes the RecurrentFlags of options under Keras's names.
template <class Self, class Field>
void flag_fields(Self& self, Field&& field) {
  field("return_sequences", self.return_sequences);
  field("return_state", self.return_state);
  field("go_backwards", self.go_backwards);
  field("stateful", self.stateful);
  field("unroll", self.unroll);
  field("zero_output_for_mask", self.zero_output_for_mask);
}

/// The kind of layer, and whether the options are those of a layer or of its cell.
enum class RecurrentKind { simple_rnn, lstm, gru, conv_lstm };
enum class RecurrentPart { layer, cell };

}  // namespace detail

/// The options of recurrent layers (such as LSTMOptions) and their cells (such as LSTMCellOptions), with Keras's names
/// and order. Setting an option that a layer does not have is a compile error.
template <detail::RecurrentKind kind, detail::RecurrentPart part>
struct RecurrentOptions {
  static constexpr bool is_layer = part == detail::RecurrentPart::layer;              ///< True for layers.
  static constexpr bool is_convolutional = kind == detail::RecurrentKind::conv_lstm;  ///< True for ConvLSTM.
  static constexpr bool has_gates = kind != detail::RecurrentKind::simple_rnn;        ///< False for SimpleRNN.
  /// True for LSTM and ConvLSTM.
  static constexpr bool has_forget_gate = kind == detail::RecurrentKind::lstm || is_convolutional;
  static constexpr bool has_reset_gate = kind == detail::RecurrentKind::gru;  ///< True for GRU.
  template <bool present, class T>
  using If = detail::OptionIf<present, T>;  ///< T if the layer has the option.

  /// Layers: if true, returns the outputs of all steps, otherwise the output of the last step. Default: false.
  If<is_layer, bool> return_sequences = {};
  /// Layers: if true, also returns the states after the last step. Default: false.
  If<is_layer, bool> return_state = {};
  /// Layers: if true, processes the sequence from the last step to the first. Default: false.
  If<is_layer, bool> go_backwards = {};
  /// Layers: if true, a call starts with the states after the previous call. Default: false.
  If<is_layer, bool> stateful = {};
  /// Layers: no effect; for compatibility with Keras's configurations. Default: false.
  If<is_layer, bool> unroll = {};
  /// Layers: if true, the output of a masked step is 0, otherwise the output of the previous step. Default: false.
  If<is_layer, bool> zero_output_for_mask = {};
  /// ConvLSTM: strides of the convolution of the inputs, along each axis; >= 1. Default: 1.
  If<is_convolutional, AxisSizes> strides = detail::option_if<is_convolutional>(AxisSizes(1));
  /// ConvLSTM: padding of the convolution of the inputs, "valid" or "same". Default: "valid".
  If<is_convolutional, Padding> padding = detail::option_if<is_convolutional>(Padding(Padding::valid));
  /// ConvLSTM: if true, the channels are the axis after the steps (Keras's data_format "channels_first"); otherwise the
  /// last axis. Default: false.
  If<is_convolutional, bool> channels_first = {};
  /// ConvLSTM: distance between the elements of a window on the inputs, along each axis; >= 1. Default: 1.
  If<is_convolutional, AxisSizes> dilation_rate = detail::option_if<is_convolutional>(AxisSizes(1));
  /// Activation of the candidate state, and in an LSTM of the output. Default: "tanh".
  detail::ActivationOr<detail::TanhByDefault> activation = {};
  /// LSTM, GRU, ConvLSTM: activation of the gates. Default: "sigmoid".
  If<has_gates, detail::ActivationOr<detail::SigmoidByDefault>> recurrent_activation = {};
  /// If true, adds a bias. Default: true.
  bool use_bias = true;
  /// Initializer of the kernel, which is applied to the inputs. Default: GlorotUniform.
  Initializer kernel_initializer = Initializer::of<GlorotUniform>();
  /// Initializer of the recurrent kernel, which is applied to the previous output. Default: Orthogonal.
  Initializer recurrent_initializer = Initializer::of<Orthogonal>();
  /// Initializer of the bias. Default: Zeros.
  Initializer bias_initializer = Initializer::of<Zeros>();
  /// LSTM, ConvLSTM: if true, initializes the bias of the forget gates to 1. Default: true.
  If<has_forget_gate, bool> unit_forget_bias = detail::option_if<has_forget_gate>(true);
  /// Penalty on the kernel. Default: none.
  Regularizer kernel_regularizer = {};
  /// Penalty on the recurrent kernel. Default: none.
  Regularizer recurrent_regularizer = {};
  /// Penalty on the bias. Default: none.
  Regularizer bias_regularizer = {};
  /// Layers: penalty on the outputs, per sample. Default: none.
  If<is_layer, Regularizer> activity_regularizer = {};
  /// Constraint on the kernel after each update. Default: none.
  Constraint kernel_constraint = {};
  /// Constraint on the recurrent kernel after each update. Default: none.
  Constraint recurrent_constraint = {};
  /// Constraint on the bias after each update. Default: none.
  Constraint bias_constraint = {};
  /// Fraction of the inputs to drop in training, the same at all steps; 0 to 1. Default: 0.
  double dropout = 0;
  /// Fraction of the previous output to drop in training, the same at all steps; 0 to 1. A layer with recurrent dropout
  /// is slower, because it computes step by step. Default: 0.
  double recurrent_dropout = 0;
  /// GRU: if true, applies the reset gate after the recurrent kernel, otherwise before it. Default: true.
  If<has_reset_gate, bool> reset_after = detail::option_if<has_reset_gate>(true);
  /// Seed of dropout. Default: the seed of the program.
  std::optional<std::uint64_t> seed = std::nullopt;
  /// Name of the layer. Default: made from the class name.
  std::string name = {};

  template <class Self, class Field>
  static void fields(Self& self, Field&& field) {
    if constexpr (is_layer) detail::flag_fields(self, field);
    cell_fields(self, field);
    // Keras reads the seed of a SimpleRNN, and does not write it.
    if constexpr (!std::is_const_v<Self> || !is_layer || has_gates) field("seed", self.seed);
  }
  /// Reads or writes the options that layers and their cells have in common, except the seed and the name.
  template <class Self, class Field>
  static void cell_fields(Self& self, Field&& field) {
    field("activation", self.activation);
    detail::option_field(field, "recurrent_activation", self.recurrent_activation);
    field("use_bias", self.use_bias);
    field("kernel_initializer", self.kernel_initializer);
    field("recurrent_initializer", self.recurrent_initializer);
    field("bias_initializer", self.bias_initializer);
    detail::option_field(field, "unit_forget_bias", self.unit_forget_bias);
    field("kernel_regularizer", self.kernel_regularizer);
    field("recurrent_regularizer", self.recurrent_regularizer);
    field("bias_regularizer", self.bias_regularizer);
    detail::option_field(field, "activity_regularizer", self.activity_regularizer);
    field("kernel_constraint", self.kernel_constraint);
    field("recurrent_constraint", self.recurrent_constraint);
    field("bias_constraint", self.bias_constraint);
    field("dropout", self.dropout);
    field("recurrent_dropout", self.recurrent_dropout);
    detail::option_field(field, "reset_after", self.reset_after);
  }
};

namespace detail {

/// Returns the options of the cell of a layer.
template <RecurrentKind kind>
RecurrentOptions<kind, RecurrentPart::cell> cell_options(const RecurrentOptions<kind, RecurrentPart::layer>& o,
                                                         const char* name) {
  return {.activation = o.activation,
          .recurrent_activation = o.recurrent_activation,
          .use_bias = o.use_bias,
          .kernel_initializer = o.kernel_initializer,
          .recurrent_initializer = o.recurrent_initializer,
          .bias_initializer = o.bias_initializer,
          .unit_forget_bias = o.unit_forget_bias,
          .kernel_regularizer = o.kernel_regularizer,
          .recurrent_regularizer = o.recurrent_regularizer,
          .bias_regularizer = o.bias_regularizer,
          .kernel_constraint = o.kernel_constraint,
          .recurrent_constraint = o.recurrent_constraint,
          .bias_constraint = o.bias_constraint,
          .dropout = o.dropout,
          .recurrent_dropout = o.recurrent_dropout,
          .reset_after = o.reset_after,
          .seed = o.seed,
          .name = name};
}

}  // namespace detail

}  // namespace lamina
