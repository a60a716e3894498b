#pragma once
#include "lamina/layers/base/layer.hpp"
#include "lamina/ops/rnn/recurrent_steps.hpp"

namespace lamina {

/// The result of one step of a cell.
template <class Scalar>
struct CellOutput {
  Tensor<Scalar> output;               ///< Output of the step, (batch, units).
  std::vector<Tensor<Scalar>> states;  ///< States after the step.
};

namespace detail {
/// Throws an error if the states after inputs[0] do not have these shapes.
template <class S>
void check_states(const std::vector<Tensor<S>>& inputs, const std::vector<Shape>& expected) {
  if (inputs.size() != expected.size() + 1)
    raise<ValueError>("expected an input and ", expected.size(), " states, got ", inputs.size() - 1, " states");
  for (std::size_t i = 0; i < expected.size(); ++i)
    if (inputs[i + 1].shape() != expected[i])
      raise<ShapeError>("state ", i, ": expected shape ", expected[i], ", got ", inputs[i + 1].shape());
}
}  // namespace detail

/// The base class of cells: a cell computes one step of a recurrent layer; RNN applies it to all steps of a sequence. A
/// custom cell overrides `build` and `step`, and passes the sizes of its states to the constructor of the base class.
/// The size of the first state is that of the output.
///
///     struct MinimalCell : RecurrentCell<float> {
///       explicit MinimalCell(Index units) : RecurrentCell<float>({units}), units_(units) {}
///       void build(const Shape& input) override {                 // (batch, features)
///         kernel_ = add_weight("kernel", {input.back(), units_});
///         recurrent_ = add_weight("recurrent_kernel", {units_, units_}, "orthogonal");
///       }
///       CellOutput<float> step(const Tensor<float>& x, const std::vector<Tensor<float>>& states) const override {
///         const Tensor<float> h = matmul(x, kernel_) + matmul(states[0], recurrent_);
///         return {h, {h}};
///       }
///       Index units_;
///       Variable<float> kernel_, recurrent_;
///     };
///     RNN layer(std::make_shared<MinimalCell>(32), {.return_sequences = true});
///
/// As a layer, a cell has the input of one step and the states as inputs, and the output and the new states as outputs:
/// `cell.apply({x, h, c})`. Without states it uses the initial states. Keras's RNN cells.
/// Shapes: x (batch, features), each state (batch, size), y (batch, size of the first state). Throws a ValueError for a
/// wrong number of states, a ShapeError for wrong shapes.
template <class Scalar = float>
class RecurrentCell : public Layer<Scalar> {
 public:
  using StrategyBase = RecurrentCell;          ///< Base class under which register_custom_object registers cells.
  using States = std::vector<Tensor<Scalar>>;  ///< Type of the states.

  /// Constructs a cell with states of these sizes.
  LAMINA_COLD explicit RecurrentCell(std::vector<Index> state_sizes) : state_sizes_(std::move(state_sizes)) {}

  /// Computes the output and the new states of one step from the input x (batch, features) and the states.
  virtual CellOutput<Scalar> step(const Tensor<Scalar>& x, const States& states) const = 0;

  /// Returns the shapes of the states, with the batch axis, given the shape of the input of one step. Default: (batch,
  /// size).
  virtual std::vector<Shape> state_shapes(const Shape& input) const {
    std::vector<Shape> shapes;
    for (const Index size : state_sizes_) shapes.push_back({input.front(), size});
    return shapes;
  }
  /// Returns the shape of the output. Default: the shape of the first state.
  virtual Shape output_shape(const Shape& input) const { return state_shapes(input).front(); }
  /// Returns the states before the first step. Default: zeros.
  virtual States initial_states(const Shape& input) const {
    States states;
    for (const Shape& shape : state_shapes(input)) states.push_back(Tensor<Scalar>::zeros(shape));
    return states;
  }
  /// Computes a whole sequence x (batch, steps, ...). Empty `states` stand for the initial states, an undefined mask
  /// for no mask. Default: step by step.
  virtual SequenceOutput<Scalar> run(const Tensor<Scalar>& x, const States& states, const Tensor<Scalar>& mask,
                                     const SequenceOptions& options) const {
    struct Step final : detail::StepFunction<Scalar> {
      explicit Step(const RecurrentCell& c) : cell(c) {}
      Tensor<Scalar> operator()(const Tensor<Scalar>& in, States& at) const override {
        CellOutput<Scalar> next = cell.step(in, at);
        if (next.states.size() != at.size())
          raise<ValueError>(cell.class_name(), " \"", cell.name(), "\", step: expected ", at.size(), " states, got ",
                            next.states.size());
        at = std::move(next.states);
        return std::move(next.output);
      }
      const RecurrentCell& cell;
    };
    return detail::step_by_step<Scalar>(
        Step(*this), x, states.empty() ? initial_states(without_steps(x.shape())) : states, mask, options);
  }
  /// Returns a new cell with the same arguments and separate weights, for Bidirectional. By default throws a
  /// ValueError.
  virtual std::shared_ptr<RecurrentCell> clone() const {
    raise<ValueError>(this->where("clone"), "this class of cells cannot be cloned. Override clone() in it, or pass ",
                      "Bidirectional a backward_layer.");
  }

  Tensor<Scalar> call(const Tensor<Scalar>& x) const final { return call_many({x}).front(); }
  States call_many(const States& inputs) const final {
    CellOutput<Scalar> next = step(
        inputs[0], inputs.size() == 1 ? initial_states(inputs[0].shape()) : States(inputs.begin() + 1, inputs.end()));
    next.states.insert(next.states.begin(), std::move(next.output));
    return std::move(next.states);
  }
  void build_many(const std::vector<Shape>& inputs) final { this->build(inputs.front()); }
  LAMINA_COLD Shape compute_output_shape(const Shape& input) const final { return output_shape(input); }
  LAMINA_COLD std::vector<Shape> compute_output_shapes(const std::vector<Shape>& inputs) const final {
    std::vector<Shape> shapes = state_shapes(inputs.front());
    shapes.insert(shapes.begin(), output_shape(inputs.front()));
    return shapes;
  }

  /// Returns the shape of the input of one step, for the shape of a sequence.
  static Shape without_steps(const Shape& sequence) { return sequence.slice(2).prepend(sequence[0]); }

 protected:
  void check_inputs(const States& inputs) const override {
    this->check_input(inputs[0].shape());
    if (inputs.size() > 1) detail::check_states(inputs, state_shapes(inputs[0].shape()));
  }

 private:
  std::vector<Index> state_sizes_;
};

}  // namespace lamina
