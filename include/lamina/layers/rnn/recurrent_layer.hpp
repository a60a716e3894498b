#pragma once
#include "lamina/layers/base/input_masks.hpp"
#include "lamina/layers/base/multi_input_layer.hpp"
#include "lamina/layers/rnn/recurrent_cell.hpp"
#include "lamina/layers/rnn/recurrent_options.hpp"
#include "lamina/regularizers/regularizers.hpp"

namespace lamina {

/// The base class of recurrent layers: applies a cell to the steps of a sequence. Keras's `keras.layers.RNN`.
///
/// Inputs: x, then optionally the initial states: `lstm.apply({x, h, c})`.
/// Shapes: x (batch, steps, features); y (batch, units) for the last step, or with return_sequences (batch, steps,
/// units) for all steps. With return_state, the states after the last step, (batch, units) each, follow as outputs.
///
/// A step that the mask of x (batch, steps) hides does not change the states; its output is the previous output, or 0
/// with zero_output_for_mask. With go_backwards the steps are processed, and returned, in reverse order. A stateful
/// layer starts each call with the states after the previous call, sample by sample, until `reset_state`. Gradients do
/// not flow between calls. **Thread safety:** only one thread at a time can call a stateful layer. In a `checkpoint` it
/// requires initial states.
///
/// Throws a ShapeError for an input of rank below 3, without steps, or with other features; a ValueError for a wrong
/// number of states; a StateError for `reset_state` of a layer that is not stateful.
template <class Scalar = float>
class RecurrentLayer : public MultiInputLayer<Scalar> {
 public:
  using StrategyBase = RecurrentLayer;         ///< Base class under which register_custom_object registers layers.
  using States = std::vector<Tensor<Scalar>>;  ///< Type of the states.
  using Cell = RecurrentCell<Scalar>;          ///< Type of the cell.

  /// Moves the cell, its weights and the states.
  RecurrentLayer(RecurrentLayer&& other) noexcept
      : MultiInputLayer<Scalar>(std::move(other)),
        cell_(std::move(other.cell_)),
        flags_(other.flags_),
        activity_regularizer_(std::move(other.activity_regularizer_)),
        states_(std::move(other.states_)) {
    this->track(*cell_);  // at the same address as before, and as built as before
    this->set_built(cell_->built() && !this->build_shape().empty());
  }

  const Cell& cell() const noexcept { return *cell_; }                        ///< Returns the cell.
  bool return_sequences() const noexcept { return flags_.return_sequences; }  ///< True if all outputs are returned.
  bool return_state() const noexcept { return flags_.return_state; }          ///< True if the states are returned.
  bool go_backwards() const noexcept { return flags_.go_backwards; }          ///< True if the steps are reversed.
  bool stateful() const noexcept { return flags_.stateful; }                  ///< True if the layer keeps its states.
  /// Sets the option zero_output_for_mask, for wrappers that merge the outputs of two layers.
  void set_zero_output_for_mask(bool zero) noexcept { flags_.zero_output_for_mask = zero; }

  /// Returns the states with which the next call of a stateful layer starts; empty before the first call.
  States states() const {
    States values;
    for (const auto& state : states_) values.push_back(state.value());
    return values;
  }
  /// Resets the states of a stateful layer to `states`, or without an argument to the initial states. Then the next
  /// call can have any batch size. Throws a StateError if the layer is not stateful.
  void reset_state(const States& states = {}) {
    if (!flags_.stateful)
      raise<StateError>(
          this->where("reset_state"),
          "expected a stateful layer, got one with stateful = false. Construct it with .stateful = true.");
    store(states);
  }
  void reset_states() { reset_state(); }  ///< As `reset_state`: Keras 2's name.

  /// Returns a new layer with the same arguments and separate weights; if `reversed`, with the opposite go_backwards.
  virtual std::shared_ptr<RecurrentLayer> clone(bool reversed) const = 0;

  void build_many(const std::vector<Shape>& inputs) override {
    const Shape& x = inputs.front();
    if (x.rank() < 3 || x.slice(2).size() == unknown_size)
      raise<ShapeError>(
          "expected an input (batch, steps, features) with a known number of features, got shape ", x,
          ". If it comes from a recurrent layer, set return_sequences of that layer; for one feature per step, add a "
          "last axis of size 1.");
    std::vector<Shape> shapes = cell_->state_shapes(Cell::without_steps(x));
    shapes.insert(shapes.begin(), Cell::without_steps(x));
    cell_->ensure_built(shapes);
  }

  const char* call_signature() const noexcept override {
    return "sequences|sequence|inputs initial_state...? mask? training?";
  }
  States call_many(const States& inputs) const override {
    const Tensor<Scalar>& x = inputs.front();
    States before(inputs.begin() + 1, inputs.end());
    if (flags_.stateful && before.empty()) before = remembered(x.shape());
    const Tensor<Scalar> mask = this->mask_of(x);
    if (mask.defined()) detail::check_mask(mask.shape(), x.shape(), 2, 2);
    SequenceOutput<Scalar> out =
        cell_->run(x, before, mask, {flags_.return_sequences, flags_.go_backwards, flags_.zero_output_for_mask});
    if (flags_.stateful && !CallContext::dry_run() && !CallContext::recomputing()) store(out.states);
    States outputs{std::move(out.y)};
    if (flags_.return_state) outputs.insert(outputs.end(), out.states.begin(), out.states.end());
    for (const Tensor<Scalar>& y : outputs) this->add_activity_loss(activity_regularizer_, y);
    return outputs;
  }

  LAMINA_COLD std::vector<Shape> compute_output_shapes(const std::vector<Shape>& inputs) const override {
    const Shape& x = inputs.front();
    if (x.rank() < 3) raise_rank(x);
    const Shape step = Cell::without_steps(x);
    Shape y = cell_->output_shape(step);
    if (flags_.return_sequences) {
      const Shape rest = y.slice(1);
      y = Shape{y.front(), x[1]};
      for (const Index size : rest) y.push_back(size);
    }
    std::vector<Shape> shapes{y};
    if (flags_.return_state)
      for (const Shape& state : cell_->state_shapes(step)) shapes.push_back(state);
    return shapes;
  }
  /// The outputs of all steps have the mask of x; the last output and the states have no mask.
  std::vector<Tensor<Scalar>> compute_masks(const States&, const std::vector<Tensor<Scalar>>& masks) const override {
    return {flags_.return_sequences ? masks.front() : Tensor<Scalar>()};
  }

 protected:
  /// Constructs the layer for a cell and the options of all recurrent layers. Throws a ValueError for a null cell.
  RecurrentLayer(std::shared_ptr<Cell> cell, detail::RecurrentFlags flags, const Regularizer& activity_regularizer,
                 const std::string& name)
      : cell_(std::move(cell)),
        flags_(flags),
        activity_regularizer_(detail::resolve_function<Scalar>(activity_regularizer)) {
    if (cell_ == nullptr) raise<ValueError>("a recurrent layer: expected a cell, got a null pointer");
    this->set_supports_masking(true);
    this->track(*cell_);
    this->set_name(name);
  }

  const std::shared_ptr<Cell>& shared_cell() const noexcept { return cell_; }  ///< Returns the owner of the cell.
  const detail::RecurrentFlags& flags() const noexcept { return flags_; }      ///< Returns the options of the layer.

  void check_input(const Shape& x) const override {
    const Shape& built = this->build_shape();
    if (x.rank() < 3) raise_rank(x);
    if (built.rank() != x.rank() || x.slice(2) != built.slice(2))
      raise<ShapeError>("expected an input whose axes after the steps are ", built.slice(2), ", got shape ", x,
                        ". Reshape the input, or make a new layer for inputs of this shape.");
    if (x[1] == 0) raise<ShapeError>("expected a sequence with at least one step, got shape ", x);
  }
  void check_inputs(const States& inputs) const override {
    check_input(inputs.front().shape());
    if (inputs.size() > 1)
      detail::check_states(inputs, cell_->state_shapes(Cell::without_steps(inputs.front().shape())));
  }

 private:
  [[noreturn]] void raise_rank(const Shape& x) const {
    raise<ShapeError>(
        this->where("call"), "expected an input (batch, steps, features), got shape ", x,
        ". If it comes from a recurrent layer, set return_sequences of that layer; for one feature per step, add a "
        "last axis of size 1.");
  }
  /// Returns the states after the previous call; empty before the first call.
  States remembered(const Shape& x) const {
    if (CallContext::recomputing())
      raise<StateError>(
          "checkpoint: a stateful layer cannot be computed again, because its states have changed. Pass it initial "
          "states, or call it outside of the checkpoint.");
    const std::vector<Shape> expected = cell_->state_shapes(Cell::without_steps(x));
    for (std::size_t i = 0; i < states_.size(); ++i)
      if (i >= expected.size() || states_[i].shape() != expected[i])
        raise<ShapeError>("the layer is stateful: expected a batch of ", states_[i].shape().front(),
                          ", as in the previous call, got one of ", x.front(),
                          ". Use one batch size, or call reset_state() before.");
    return states();
  }
  void store(const States& states) const {
    if (states.size() != states_.size()) states_.clear();
    for (std::size_t i = 0; i < states.size(); ++i) {
      if (states_.size() == i)
        states_.emplace_back(states[i], "rnn_state", false);
      else if (states_[i].shape() == states[i].shape())
        states_[i].assign(states[i]);
      else
        states_[i] = Variable<Scalar>(states[i], "rnn_state", false);
    }
  }

  std::shared_ptr<Cell> cell_;
  detail::RecurrentFlags flags_;
  typename Variable<Scalar>::Function activity_regularizer_;
  mutable std::vector<Variable<Scalar>> states_;
};

}  // namespace lamina
