#pragma once
#include "lamina/layers/rnn/units_cell.hpp"
#include "lamina/ops/rnn/gru.hpp"

namespace lamina {

/// The options of GRUCell.
using GRUCellOptions = RecurrentOptions<detail::RecurrentKind::gru, detail::RecurrentPart::cell>;

/// The cell of a gated recurrent unit: computes one step. Keras's `keras.layers.GRUCell` (Cho et al., 2014).
///
///     z = σ(x W_z + h_(t-1) U_z + b_z)                         (update gate)
///     r = σ(x W_r + h_(t-1) U_r + b_r)                         (reset gate)
///     g = tanh(x W_g + b_g + r (h_(t-1) U_g + b'_g))           (candidate state, with reset_after)
///     g = tanh(x W_g + b_g + (r h_(t-1)) U_g)                  (candidate state, without reset_after)
///     h_t = z h_(t-1) + (1 - z) g
///
/// W is the kernel, U the recurrent kernel; both contain the gates in the order z, r, g.
/// Shapes: x (batch, features), the state h (batch, units), which is also the output, kernel (features, 3 units),
/// recurrent_kernel (units, 3 units), bias (2, 3 units) for x and h, or (3 units,) without reset_after. Throws a
/// ValueError for options out of range, a ShapeError for wrong shapes.
template <class Scalar = float>
class GRUCell : public detail::UnitsCell<Scalar, GRUCellOptions> {
  using Base = detail::UnitsCell<Scalar, GRUCellOptions>;

 public:
  using typename Base::Arguments;
  /// Constructs the cell for a size of the state; >= 1.
  LAMINA_COLD explicit GRUCell(Index units, GRUCellOptions options = {})
      : GRUCell(Arguments{units, std::move(options)}) {}
  /// Constructs the layer from its arguments.
  LAMINA_COLD explicit GRUCell(Arguments arguments)
      : GRUCell(arguments, arguments.options.activation.template resolve<Scalar>(),
                arguments.options.recurrent_activation.template resolve<Scalar>()) {}
  std::string class_name() const override { return "GRUCell"; }
  std::shared_ptr<RecurrentCell<Scalar>> clone() const override { return std::make_shared<GRUCell>(this->arguments()); }

 protected:
  SequenceOutput<Scalar> run_fused(const detail::SequenceInput<Scalar>& in) const override {
    return this->arguments().options.reset_after ? detail::gru_reset_after<Scalar>(in)
                                                 : detail::gru_reset_before<Scalar>(in);
  }
  typename Base::Step step_with(detail::CellWeights<Scalar> weights) const override {
    using Function = Activation<Scalar>;
    return std::make_unique<detail::GruStep<Scalar, Function, Function>>(
        std::move(weights), this->arguments().options.reset_after, activation_, gate_);
  }
  Shape bias_shape(Index width) const override {
    return this->arguments().options.reset_after ? Shape{2, width} : Shape{width};
  }

 private:
  GRUCell(Arguments arguments, Activation<Scalar> activation, Activation<Scalar> gate)
      : Base(std::move(arguments), 3, 1, activation.name() == "tanh" && gate.name() == "sigmoid"),
        activation_(std::move(activation)),
        gate_(std::move(gate)) {}
  Activation<Scalar> activation_, gate_;
};

/// The options of GRU.
using GRUOptions = RecurrentOptions<detail::RecurrentKind::gru, detail::RecurrentPart::layer>;

/// Gated recurrent unit: h_t = z h_(t-1) + (1 - z) g for each step; the output is h. Keras's `keras.layers.GRU` (Cho et
/// al., 2014). GRUCell describes the gates and the weights.
/// Shapes: x (batch, steps, features), y and the state h (batch, units), y with return_sequences (batch, steps, units).
/// Inputs, outputs, masks and errors: see RecurrentLayer.
///
///     GRU(64)
///     GRU(64, {.return_sequences = true, .reset_after = false})
template <class Scalar = float>
class GRU : public detail::UnitsLayer<Scalar, GRUCell<Scalar>, GRUOptions> {
  using Base = detail::UnitsLayer<Scalar, GRUCell<Scalar>, GRUOptions>;

 public:
  using typename Base::Arguments;
  /// Constructs the layer for a size of the output; >= 1.
  LAMINA_COLD explicit GRU(Index units, GRUOptions options = {}) : GRU(Arguments{units, std::move(options)}) {}
  /// Constructs the layer from its arguments.
  LAMINA_COLD explicit GRU(Arguments arguments) : Base(std::move(arguments), "gru_cell") {}
  std::string class_name() const override { return "GRU"; }
  std::shared_ptr<RecurrentLayer<Scalar>> clone(bool reversed) const override {
    return std::make_shared<GRU>(this->clone_arguments(reversed));
  }
};

}  // namespace lamina
