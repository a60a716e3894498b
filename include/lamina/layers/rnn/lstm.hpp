#pragma once
#include "lamina/layers/rnn/units_cell.hpp"
#include "lamina/ops/rnn/lstm.hpp"

namespace lamina {

/// The options of LSTMCell.
using LSTMCellOptions = RecurrentOptions<detail::RecurrentKind::lstm, detail::RecurrentPart::cell>;

/// The cell of a long short-term memory: computes one step. Keras's `keras.layers.LSTMCell` (Hochreiter and
/// Schmidhuber, 1997).
///
///     [i f g o] = x kernel + h_(t-1) recurrent_kernel + bias
///     c_t = σ(f) c_(t-1) + σ(i) tanh(g)
///     h_t = σ(o) tanh(c_t)
///
/// Shapes: x (batch, features), the states h, which is also the output, and c (batch, units), kernel (features, 4
/// units), recurrent_kernel (units, 4 units), bias (4 units,). Throws a ValueError for options out of range, a
/// ShapeError for wrong shapes.
template <class Scalar = float>
class LSTMCell : public detail::UnitsCell<Scalar, LSTMCellOptions> {
  using Base = detail::UnitsCell<Scalar, LSTMCellOptions>;

 public:
  using typename Base::Arguments;
  /// Constructs the cell for a size of the states; >= 1.
  LAMINA_COLD explicit LSTMCell(Index units, LSTMCellOptions options = {})
      : LSTMCell(Arguments{units, std::move(options)}) {}
  /// Constructs the layer from its arguments.
  LAMINA_COLD explicit LSTMCell(Arguments arguments)
      : LSTMCell(arguments, arguments.options.activation.template resolve<Scalar>(),
                 arguments.options.recurrent_activation.template resolve<Scalar>()) {}
  std::string class_name() const override { return "LSTMCell"; }
  std::shared_ptr<RecurrentCell<Scalar>> clone() const override {
    return std::make_shared<LSTMCell>(this->arguments());
  }

 protected:
  SequenceOutput<Scalar> run_fused(const detail::SequenceInput<Scalar>& in) const override {
    return detail::lstm<Scalar>(in);
  }
  typename Base::Step step_with(detail::CellWeights<Scalar> weights) const override {
    using Function = Activation<Scalar>;
    return std::make_unique<detail::LstmStep<Scalar, Function, Function>>(std::move(weights), activation_, gate_);
  }
  Initializer bias_initializer() const override {
    const LSTMCellOptions& o = this->arguments().options;
    return o.unit_forget_bias ? Initializer(detail::ForgetBias(o.bias_initializer)) : o.bias_initializer;
  }

 private:
  LSTMCell(Arguments arguments, Activation<Scalar> activation, Activation<Scalar> gate)
      : Base(std::move(arguments), 4, 2, activation.name() == "tanh" && gate.name() == "sigmoid"),
        activation_(std::move(activation)),
        gate_(std::move(gate)) {}
  Activation<Scalar> activation_, gate_;
};

/// The options of LSTM.
using LSTMOptions = RecurrentOptions<detail::RecurrentKind::lstm, detail::RecurrentPart::layer>;

/// Long short-term memory: c_t = σ(f) c_(t-1) + σ(i) tanh(g), h_t = σ(o) tanh(c_t) for each step; the output is h, the
/// states are h and c. Keras's `keras.layers.LSTM` (Hochreiter and Schmidhuber, 1997). LSTMCell describes the gates and
/// the weights.
/// Shapes: x (batch, steps, features), y and the states (batch, units), y with return_sequences (batch, steps, units).
/// Inputs, outputs, masks and errors: see RecurrentLayer.
///
///     LSTM(64)
///     LSTM(64, {.return_sequences = true, .dropout = 0.2})
template <class Scalar = float>
class LSTM : public detail::UnitsLayer<Scalar, LSTMCell<Scalar>, LSTMOptions> {
  using Base = detail::UnitsLayer<Scalar, LSTMCell<Scalar>, LSTMOptions>;

 public:
  using typename Base::Arguments;
  /// Constructs the layer for a size of the output; >= 1.
  LAMINA_COLD explicit LSTM(Index units, LSTMOptions options = {}) : LSTM(Arguments{units, std::move(options)}) {}
  /// Constructs the layer from its arguments.
  LAMINA_COLD explicit LSTM(Arguments arguments) : Base(std::move(arguments), "lstm_cell") {}
  std::string class_name() const override { return "LSTM"; }
  std::shared_ptr<RecurrentLayer<Scalar>> clone(bool reversed) const override {
    return std::make_shared<LSTM>(this->clone_arguments(reversed));
  }
};

}  // namespace lamina
