#pragma once
#include "lamina/layers/base/layer_table.hpp"
#include "lamina/layers/rnn/conv_lstm.hpp"
#include "lamina/layers/rnn/merge_mode.hpp"
#include "lamina/layers/rnn/rnn.hpp"

namespace lamina {

/// Constructs the recurrent layer that a configuration describes: a layer of this list, or a custom layer that was
/// registered with register_custom_object. Throws a ValueError for an unknown class.
template <class S>
std::shared_ptr<RecurrentLayer<S>> recurrent_layer_from_config(const Config& config) {
  using Table = StrategyTable<RecurrentLayer<S>,  //
                              Named<"conv_lstm1d", ConvLSTM1D<S>>, Named<"conv_lstm2d", ConvLSTM2D<S>>,
                              Named<"conv_lstm3d", ConvLSTM3D<S>>, Named<"gru", GRU<S>>, Named<"lstm", LSTM<S>>,
                              Named<"rnn", RNN<S>>, Named<"simple_rnn", SimpleRNN<S>>>;
  return detail::layer_from_table("recurrent layer", config, Table());
}

/// The options of Bidirectional.
struct BidirectionalOptions {
  /// Merge of the outputs of both directions; see MergeMode. Default: "concat".
  MergeMode merge_mode = MergeMode::concat;
  std::string name = {};  ///< Name of the layer. Default: made from the class name.
};

/// The arguments of Bidirectional in configurations.
struct BidirectionalArguments {
  Config layer = {};  ///< Configuration of the forward layer. Required.
  /// Configuration of the backward layer. Default: null, which means `layer` with the opposite go_backwards.
  Config backward_layer = {};
  BidirectionalOptions options = {};  ///< All other arguments.
  template <class Self, class Field>
  static void fields(Self& self, Field&& field) {
    field("merge_mode", self.options.merge_mode);
    field.required("layer", self.layer);
    field("backward_layer", self.backward_layer);
  }
};

/// Processes a sequence in both directions by two recurrent layers with separate weights, and merges their outputs.
/// Keras's `keras.layers.Bidirectional` (Schuster and Paliwal, 1997). With one layer, each direction is a new layer
/// with its arguments. With two layers, exactly one of which has go_backwards, both are used directly.
///
/// Inputs: x, then optionally the initial states of the forward layer and of the backward layer.
/// Shapes: x (batch, steps, features); y (batch, 2 units) with merge_mode "concat", otherwise (batch, units); with
/// return_sequences (batch, steps, 2 units) or (batch, steps, units), in the order of the steps, with 0 for masked
/// steps. With merge_mode "none" there are two outputs. With return_state, the states of both layers follow. Throws a
/// ValueError for layers whose options do not match or a wrong number of states.
///
///     Bidirectional(LSTM(8))
///     Bidirectional(GRU(8, {.return_sequences = true}), {.merge_mode = "sum"})
///     Bidirectional(LSTM(8), LSTM(8, {.go_backwards = true, .activation = "relu"}))
template <class Scalar = float>
class Bidirectional : public MultiInputLayer<Scalar> {
 public:
  using Arguments = BidirectionalArguments;
  using Direction = RecurrentLayer<Scalar>;  ///< Type of the layer of each direction.

  /// Wraps a layer, which is moved in or passed as a std::shared_ptr; its weights are not used.
  template <detail::LayerArgumentFor<Direction> L>
  explicit Bidirectional(L&& layer, BidirectionalOptions options = {})
      : Bidirectional(0, detail::make_shared_layer<Direction>(std::forward<L>(layer)), nullptr, std::move(options)) {}
  /// Wraps a forward layer and a backward layer.
  template <detail::LayerArgumentFor<Direction> L, detail::LayerArgumentFor<Direction> B>
  Bidirectional(L&& layer, B&& backward_layer, BidirectionalOptions options = {})
      : Bidirectional(0, detail::make_shared_layer<Direction>(std::forward<L>(layer)),
                      detail::make_shared_layer<Direction>(std::forward<B>(backward_layer)), std::move(options)) {}
  /// Constructs the layer from its arguments.
  LAMINA_COLD explicit Bidirectional(const BidirectionalArguments& arguments)
      : Bidirectional(0, recurrent_layer_from_config<Scalar>(arguments.layer),
                      arguments.backward_layer.is_null()
                          ? nullptr
                          : recurrent_layer_from_config<Scalar>(arguments.backward_layer),
                      arguments.options) {}
  /// Moves both layers and their weights.
  Bidirectional(Bidirectional&& other) noexcept
      : MultiInputLayer<Scalar>(std::move(other)),
        forward_(std::move(other.forward_)),
        backward_(std::move(other.backward_)),
        options_(std::move(other.options_)) {
    this->track(*forward_);  // both at the same address as before, and as built as before
    this->track(*backward_);
    this->set_built(forward_->built() && !this->build_shape().empty());
  }

  std::string class_name() const override { return "Bidirectional"; }
  LAMINA_COLD Config get_config() const override {
    return this->config_with(BidirectionalArguments{named_config(forward_->class_name(), forward_->get_config()),
                                                    named_config(backward_->class_name(), backward_->get_config()),
                                                    options_});
  }
  Direction& forward_layer() const noexcept { return *forward_; }    ///< Returns the layer of the forward direction.
  Direction& backward_layer() const noexcept { return *backward_; }  ///< Returns the layer of the backward direction.
  /// Resets the states of both layers; see RecurrentLayer.
  void reset_state() {
    forward_->reset_state();
    backward_->reset_state();
  }

  void build_many(const std::vector<Shape>& inputs) override {
    forward_->ensure_built(inputs.front());
    backward_->ensure_built(inputs.front());
  }
  const char* call_signature() const noexcept override {
    return "sequences|sequence|inputs initial_state...? mask? training?";
  }
  std::vector<Tensor<Scalar>> call_many(const std::vector<Tensor<Scalar>>& inputs) const override {
    if (inputs.size() % 2 == 0)
      raise<ValueError>("expected an input and the same number of states for both directions, got ", inputs.size() - 1,
                        " states");
    const auto half = inputs.begin() + 1 + static_cast<std::ptrdiff_t>(inputs.size() / 2);
    std::vector<Tensor<Scalar>> forward(inputs.begin(), half), backward(half, inputs.end());
    backward.insert(backward.begin(), inputs.front());
    forward = forward_->apply(forward);
    backward = backward_->apply(backward);
    if (forward_->return_sequences()) backward.front() = reversed(backward.front());
    std::vector<Tensor<Scalar>> outputs = merged(forward.front(), backward.front());
    outputs.insert(outputs.end(), forward.begin() + 1, forward.end());
    outputs.insert(outputs.end(), backward.begin() + 1, backward.end());
    return outputs;
  }

  LAMINA_COLD std::vector<Shape> compute_output_shapes(const std::vector<Shape>& inputs) const override {
    std::vector<Shape> forward = forward_->compute_output_shapes({inputs.front()}),
                       backward = backward_->compute_output_shapes({inputs.front()}), shapes{forward.front()};
    if (options_.merge_mode == MergeMode::concat) shapes[0][-1] += backward.front().back();
    if (options_.merge_mode == MergeMode::none) shapes.push_back(backward.front());
    for (const std::vector<Shape>* states : {&forward, &backward})
      for (std::size_t i = 1; i < states->size(); ++i) shapes.push_back((*states)[i]);
    return shapes;
  }
  std::vector<Tensor<Scalar>> compute_masks(const std::vector<Tensor<Scalar>>&,
                                            const std::vector<Tensor<Scalar>>& masks) const override {
    const Tensor<Scalar> mask = forward_->return_sequences() ? masks.front() : Tensor<Scalar>();
    if (options_.merge_mode == MergeMode::none) return {mask, mask};
    return {mask};
  }

 private:
  Bidirectional(int, std::shared_ptr<Direction> layer, std::shared_ptr<Direction> backward,
                BidirectionalOptions options)
      : forward_(std::move(layer)), backward_(std::move(backward)), options_(std::move(options)) {
    this->set_name(options_.name);
    const std::string name = forward_->name();
    if (backward_ == nullptr) {
      const bool trainable = forward_->trainable();
      const std::shared_ptr<Direction> pattern = std::move(forward_);
      forward_ = pattern->clone(false);
      backward_ = pattern->clone(true);
      backward_->set_name(prefixed("backward_", name));
      forward_->set_trainable(trainable);
      backward_->set_trainable(trainable);
    }
    forward_->set_name(prefixed("forward_", name));
    check_directions();
    for (const auto& direction : {forward_, backward_}) {
      direction->set_zero_output_for_mask(direction->return_sequences());
      this->track(*direction);
    }
    this->set_supports_masking(true);
  }
  void check_directions() const {
    if (forward_->go_backwards() == backward_->go_backwards())
      raise<ValueError>("Bidirectional: expected go_backwards in exactly one of both layers, got ",
                        forward_->go_backwards() ? "true" : "false", " in both");
    const auto same = [](const char* what, bool forward, bool backward) {
      if (forward != backward)
        raise<ValueError>("Bidirectional: expected the same ", what, " of both layers, got ",
                          forward ? "true" : "false", " and ", backward ? "true" : "false");
    };
    same("return_sequences", forward_->return_sequences(), backward_->return_sequences());
    same("return_state", forward_->return_state(), backward_->return_state());
    same("stateful", forward_->stateful(), backward_->stateful());
  }
  static std::string prefixed(const std::string& prefix, const std::string& name) {
    return name.rfind(prefix, 0) == 0 ? name : prefix + name;
  }

  /// Reverses the steps of (batch, steps, ...).
  static Tensor<Scalar> reversed(const Tensor<Scalar>& y) {
    std::vector<Index> steps;
    for (Index t = y.shape()[1]; t-- > 0;) steps.push_back(t);
    return gather(y, steps, 1);
  }
  std::vector<Tensor<Scalar>> merged(const Tensor<Scalar>& forward, const Tensor<Scalar>& backward) const {
    switch (options_.merge_mode) {
      case MergeMode::concat:
        return {concatenate(-1, forward, backward)};
      case MergeMode::sum:
        return {forward + backward};
      case MergeMode::mul:
        return {forward * backward};
      case MergeMode::ave:
        return {(forward + backward) * Scalar(0.5)};
      case MergeMode::none:
        break;
    }
    return {forward, backward};
  }

  std::shared_ptr<Direction> forward_, backward_;
  BidirectionalOptions options_;
};

template <class L>
Bidirectional(L&&, BidirectionalOptions = {}) -> Bidirectional<detail::layer_argument_scalar<L>>;
template <class L, class B>
Bidirectional(L&&, B&&, BidirectionalOptions = {}) -> Bidirectional<detail::layer_argument_scalar<L>>;

}  // namespace lamina
