#pragma once
#include "lamina/layers/base/layer.hpp"
#include "lamina/ops/rnn/recurrent_steps.hpp"

namespace lamina {

/// What a cell gives at a step: the output, and the states with which the next step begins.
template <class Scalar>
struct CellOutput {
  Tensor<Scalar> output;
  std::vector<Tensor<Scalar>> states;
};

namespace detail {
/// Raises an error where the states that follow an input are not these.
template <class S>
void check_states(const std::vector<Tensor<S>>& inputs, const std::vector<Shape>& expected) {
  if (inputs.size() != expected.size() + 1)
    raise<ValueError>("expected an input and ", expected.size(), " states, got ", inputs.size() - 1, " states");
  for (std::size_t i = 0; i < expected.size(); ++i)
    if (inputs[i + 1].shape() != expected[i])
      raise<ShapeError>("state ", i, ": expected shape ", expected[i], ", got ", inputs[i + 1].shape());
}
}  // namespace detail

/// The base of cells, which say what happens in one step of a recurrent layer; RNN takes one through a sequence. A cell
/// of one's own gives `build` and `step`, and tells the base the sizes of its states, the first of which is that of its
/// output.
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
/// As a layer, a cell takes the input of one step and the states, which are zeros where they are left out, and gives
/// the output and the new states: `cell.apply({x, h, c})`. Keras's RNN cells.
template <class Scalar = float>
class RecurrentCell : public Layer<Scalar> {
 public:
  using StrategyBase = RecurrentCell;
  using States = std::vector<Tensor<Scalar>>;

  LAMINA_COLD explicit RecurrentCell(std::vector<Index> state_sizes) : state_sizes_(std::move(state_sizes)) {}

  virtual CellOutput<Scalar> step(const Tensor<Scalar>& x, const States& states) const = 0;

  /// The states' shapes for the shape of a step's input, batch axis included; by default the sizes given to the base.
  virtual std::vector<Shape> state_shapes(const Shape& input) const {
    std::vector<Shape> shapes;
    for (const Index size : state_sizes_) shapes.push_back({input.front(), size});
    return shapes;
  }
  /// The output's shape, by default that of the first state.
  virtual Shape output_shape(const Shape& input) const { return state_shapes(input).front(); }
  /// The states with which a sequence begins; by default zeros.
  virtual States initial_states(const Shape& input) const {
    States states;
    for (const Shape& shape : state_shapes(input)) states.push_back(Tensor<Scalar>::zeros(shape));
    return states;
  }
  /// A whole sequence, (batch, steps, ...), by default step by step. Without states it begins with the initial ones.
  /// The mask is undefined where there is none.
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
  /// A new cell of the same arguments, with weights of its own: what Bidirectional needs.
  virtual std::shared_ptr<RecurrentCell> twin() const {
    raise<ValueError>(this->where("twin"), "this cell cannot be made again. Override twin() in its class, or give ",
                      "Bidirectional its backward_layer.");
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

  /// The shape of one step's input.
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
