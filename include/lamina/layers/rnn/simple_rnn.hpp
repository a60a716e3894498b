#pragma once
#include "lamina/layers/rnn/units_cell.hpp"
#include "lamina/ops/rnn/simple_rnn.hpp"

namespace lamina {

/// The options of SimpleRNNCell.
using SimpleRNNCellOptions = RecurrentOptions<detail::RecurrentKind::simple_rnn, detail::RecurrentPart::cell>;

/// The cell of a SimpleRNN, one step: h_t = tanh(x kernel + h_(t-1) recurrent_kernel + bias). Keras's
/// `keras.layers.SimpleRNNCell`.
/// Shapes: x (batch, features), the state h, which is also the output, (batch, units), kernel (features, units),
/// recurrent_kernel (units, units), bias (units,). Throws a ValueError for options out of range, a ShapeError for wrong
/// shapes.
template <class Scalar = float>
class SimpleRNNCell : public detail::UnitsCell<Scalar, SimpleRNNCellOptions> {
  using Base = detail::UnitsCell<Scalar, SimpleRNNCellOptions>;

 public:
  using typename Base::Arguments;
  /// Constructs the cell for a size of the state; >= 1.
  LAMINA_COLD explicit SimpleRNNCell(Index units, SimpleRNNCellOptions options = {})
      : SimpleRNNCell(Arguments{units, std::move(options)}) {}
  /// Constructs the layer from its arguments.
  LAMINA_COLD explicit SimpleRNNCell(Arguments arguments)
      : SimpleRNNCell(arguments, arguments.options.activation.template resolve<Scalar>()) {}
  std::string class_name() const override { return "SimpleRNNCell"; }
  std::shared_ptr<RecurrentCell<Scalar>> clone() const override {
    return std::make_shared<SimpleRNNCell>(this->arguments());
  }

 protected:
  SequenceOutput<Scalar> run_fused(const detail::SequenceInput<Scalar>& in) const override {
    return detail::simple_rnn<Scalar>(in);
  }
  typename Base::Step step_with(detail::CellWeights<Scalar> weights) const override {
    return std::make_unique<detail::SimpleRnnStep<Scalar, Activation<Scalar>>>(std::move(weights), activation_);
  }

 private:
  SimpleRNNCell(Arguments arguments, Activation<Scalar> activation)
      : Base(std::move(arguments), 1, 1, activation.name() == "tanh"), activation_(std::move(activation)) {}
  Activation<Scalar> activation_;
};

/// The options of SimpleRNN.
using SimpleRNNOptions = RecurrentOptions<detail::RecurrentKind::simple_rnn, detail::RecurrentPart::layer>;

/// A fully connected recurrent layer: h_t = tanh(x_t kernel + h_(t-1) recurrent_kernel + bias) for each step; the
/// output is h. Keras's `keras.layers.SimpleRNN`. SimpleRNNCell describes the weights.
/// Shapes: x (batch, steps, features), y and the state h (batch, units), y with return_sequences (batch, steps, units).
/// Inputs, outputs, masks and errors: see RecurrentLayer.
///
///     SimpleRNN(32, {.return_sequences = true, .activation = "relu"})
template <class Scalar = float>
class SimpleRNN : public detail::UnitsLayer<Scalar, SimpleRNNCell<Scalar>, SimpleRNNOptions> {
  using Base = detail::UnitsLayer<Scalar, SimpleRNNCell<Scalar>, SimpleRNNOptions>;

 public:
  using typename Base::Arguments;
  /// Constructs the layer for a size of the output; >= 1.
  LAMINA_COLD explicit SimpleRNN(Index units, SimpleRNNOptions options = {})
      : SimpleRNN(Arguments{units, std::move(options)}) {}
  /// Constructs the layer from its arguments.
  LAMINA_COLD explicit SimpleRNN(Arguments arguments) : Base(std::move(arguments), "simple_rnn_cell") {}
  std::string class_name() const override { return "SimpleRNN"; }
  std::shared_ptr<RecurrentLayer<Scalar>> clone(bool reversed) const override {
    return std::make_shared<SimpleRNN>(this->clone_arguments(reversed));
  }
};

}  // namespace lamina
