#pragma once
#include "lamina/layers/rnn/units_cell.hpp"
#include "lamina/ops/rnn/gru.hpp"

namespace lamina {

/// The options of GRUCell.
using GRUCellOptions = RecurrentOptions<detail::RecurrentKind::gru, detail::RecurrentPart::cell>;

/// One step of GRU, with the state h (batch, units): [z r g] from x kernel, h recurrent_kernel and the biases,
/// h = σ(z) h + (1 - σ(z)) tanh(g), where in g the part that comes from h is σ(r) (h U + b), or (σ(r) h) U without
/// reset_after. Shapes: x (batch, features), kernel (features, 3 units), recurrent_kernel (units, 3 units), bias
/// (2, 3 units), that of x and that of h, or (3 units,) without reset_after. Keras's GRUCell (Cho et al., 2014).
template <class Scalar = float>
class GRUCell : public detail::UnitsCell<Scalar, GRUCellOptions> {
  using Base = detail::UnitsCell<Scalar, GRUCellOptions>;

 public:
  using typename Base::Arguments;
  LAMINA_COLD explicit GRUCell(Index units, GRUCellOptions options = {})
      : GRUCell(Arguments{units, std::move(options)}) {}
  /// Constructs the layer from its arguments.
  LAMINA_COLD explicit GRUCell(Arguments arguments)
      : GRUCell(arguments, arguments.options.activation.template resolve<Scalar>(),
                arguments.options.recurrent_activation.template resolve<Scalar>()) {}
  std::string class_name() const override { return "GRUCell"; }
  std::shared_ptr<RecurrentCell<Scalar>> twin() const override { return std::make_shared<GRUCell>(this->arguments()); }

 protected:
  SequenceOutput<Scalar> run_at_once(const detail::SequenceInput<Scalar>& in) const override {
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

/// A gated recurrent unit: h_t = z h_(t-1) + (1 - z) g, h being the output. See RecurrentLayer for what goes in and
/// comes out, GRUCell for the gates and weights. Keras's GRU.
///
///     GRU(64)
///     GRU(64, {.return_sequences = true, .reset_after = false})
template <class Scalar = float>
class GRU : public detail::UnitsLayer<Scalar, GRUCell<Scalar>, GRUOptions> {
  using Base = detail::UnitsLayer<Scalar, GRUCell<Scalar>, GRUOptions>;

 public:
  using typename Base::Arguments;
  LAMINA_COLD explicit GRU(Index units, GRUOptions options = {}) : GRU(Arguments{units, std::move(options)}) {}
  /// Constructs the layer from its arguments.
  LAMINA_COLD explicit GRU(Arguments arguments) : Base(std::move(arguments), "gru_cell") {}
  std::string class_name() const override { return "GRU"; }
  std::shared_ptr<RecurrentLayer<Scalar>> twin(bool reversed) const override {
    return std::make_shared<GRU>(this->twin_arguments(reversed));
  }
};

}  // namespace lamina
