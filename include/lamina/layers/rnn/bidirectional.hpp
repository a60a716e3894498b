#pragma once
#include "lamina/layers/base/layer_table.hpp"
#include "lamina/layers/rnn/conv_lstm.hpp"
#include "lamina/layers/rnn/merge_mode.hpp"
#include "lamina/layers/rnn/rnn.hpp"

namespace lamina {

/// The recurrent layer that a configuration describes: one of these, or one that was registered with
/// register_custom_object.
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
  /// How the outputs of both directions are merged; see MergeMode. Default: "concat".
  MergeMode merge_mode = MergeMode::concat;
  std::string name = {};  ///< Name of the layer. Default: made from the class name.
};

struct BidirectionalArguments {
  Config layer = {}, backward_layer = {};
  BidirectionalOptions options = {};
  /// Reads or writes the arguments under Keras's names.
  template <class Self, class Field>
  static void fields(Self& self, Field&& field) {
    field("merge_mode", self.options.merge_mode);
    field.required("layer", self.layer);
    field("backward_layer", self.backward_layer);
  }
};

/// A recurrent layer that goes through the sequence in both directions, with weights for each. The layer given is a
/// pattern: each direction is a new layer with its arguments. With a layer of its own for the way back, which must
/// differ in go_backwards, both are taken as they are.
///
/// Shapes: x (batch, steps, features), and after it, where given, the first states of both directions; the output is
/// that of the layer, by default with 2 units, the last outputs of both directions, or all of them, in the order of the
/// steps, those of steps that the mask hides 0; then, with return_state, the states of both. Keras's Bidirectional
/// (Schuster and Paliwal, 1997).
///
///     Bidirectional(LSTM(8))
///     Bidirectional(GRU(8, {.return_sequences = true}), {.merge_mode = "sum"})
///     Bidirectional(LSTM(8), LSTM(8, {.go_backwards = true, .activation = "relu"}))
template <class Scalar = float>
class Bidirectional : public MultiInputLayer<Scalar> {
 public:
  using Arguments = BidirectionalArguments;  ///< The constructor arguments.
  using Direction = RecurrentLayer<Scalar>;

  template <detail::LayerArgumentFor<Direction> L>
  explicit Bidirectional(L&& layer, BidirectionalOptions options = {})
      : Bidirectional(0, detail::make_shared_layer<Direction>(std::forward<L>(layer)), nullptr, std::move(options)) {}
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
  Bidirectional(Bidirectional&& other) noexcept
      : MultiInputLayer<Scalar>(std::move(other)),
        forward_(std::move(other.forward_)),
        backward_(std::move(other.backward_)),
        options_(std::move(other.options_)) {
    this->track(*forward_);  // they have not moved, and are as they were
    this->track(*backward_);
    this->set_built(forward_->built() && !this->build_shape().empty());
  }

  std::string class_name() const override { return "Bidirectional"; }
  LAMINA_COLD Config get_config() const override {
    return this->config_with(BidirectionalArguments{named_config(forward_->class_name(), forward_->get_config()),
                                                    named_config(backward_->class_name(), backward_->get_config()),
                                                    options_});
  }
  Direction& forward_layer() const noexcept { return *forward_; }
  Direction& backward_layer() const noexcept { return *backward_; }
  /// As RecurrentLayer has it, for both directions.
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
      raise<ValueError>("expected an input and as many states for one direction as for the other, got ",
                        inputs.size() - 1, " states");
    const auto half = inputs.begin() + 1 + static_cast<std::ptrdiff_t>(inputs.size() / 2);
    std::vector<Tensor<Scalar>> there(inputs.begin(), half), back(half, inputs.end());
    back.insert(back.begin(), inputs.front());
    there = forward_->apply(there);
    back = backward_->apply(back);
    if (forward_->return_sequences()) back.front() = in_order(back.front());
    std::vector<Tensor<Scalar>> outputs = merged(there.front(), back.front());
    outputs.insert(outputs.end(), there.begin() + 1, there.end());
    outputs.insert(outputs.end(), back.begin() + 1, back.end());
    return outputs;
  }

  LAMINA_COLD std::vector<Shape> compute_output_shapes(const std::vector<Shape>& inputs) const override {
    std::vector<Shape> there = forward_->compute_output_shapes({inputs.front()}),
                       back = backward_->compute_output_shapes({inputs.front()}), shapes{there.front()};
    if (options_.merge_mode == MergeMode::concat) shapes[0][-1] += back.front().back();
    if (options_.merge_mode == MergeMode::none) shapes.push_back(back.front());
    for (const std::vector<Shape>* states : {&there, &back})
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
      forward_ = pattern->twin(false);
      backward_ = pattern->twin(true);
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
      raise<ValueError>("Bidirectional: one of both layers must have go_backwards, and one not");
    const auto same = [](const char* what, bool there, bool back) {
      if (there != back)
        raise<ValueError>("Bidirectional: expected the same ", what, " of both layers, got ", there ? "true" : "false",
                          " and ", back ? "true" : "false");
    };
    same("return_sequences", forward_->return_sequences(), backward_->return_sequences());
    same("return_state", forward_->return_state(), backward_->return_state());
    same("stateful", forward_->stateful(), backward_->stateful());
  }
  static std::string prefixed(const std::string& prefix, const std::string& name) {
    return name.rfind(prefix, 0) == 0 ? name : prefix + name;
  }

  /// All outputs of the way back, the first step's first.
  static Tensor<Scalar> in_order(const Tensor<Scalar>& y) {
    const Index steps = y.shape()[1];
    std::vector<Index> reversed;
    for (Index t = steps; t-- > 0;) reversed.push_back(t);
    return gather(y, reversed, 1);
  }
  std::vector<Tensor<Scalar>> merged(const Tensor<Scalar>& there, const Tensor<Scalar>& back) const {
    switch (options_.merge_mode) {
      case MergeMode::concat:
        return {concatenate(-1, there, back)};
      case MergeMode::sum:
        return {there + back};
      case MergeMode::mul:
        return {there * back};
      case MergeMode::ave:
        return {(there + back) * Scalar(0.5)};
      case MergeMode::none:
        break;
    }
    return {there, back};
  }

  std::shared_ptr<Direction> forward_, backward_;
  BidirectionalOptions options_;
};

template <class L>
Bidirectional(L&&, BidirectionalOptions = {}) -> Bidirectional<detail::layer_argument_scalar<L>>;
template <class L, class B>
Bidirectional(L&&, B&&, BidirectionalOptions = {}) -> Bidirectional<detail::layer_argument_scalar<L>>;

}  // namespace lamina
