#pragma once
#include "lamina/layers/base/input_masks.hpp"
#include "lamina/layers/base/layer.hpp"
#include "lamina/layers/base/layer_argument.hpp"

namespace lamina {

/// The options of TimeDistributed.
struct TimeDistributedOptions {
  std::string name = {};  ///< Name of the layer. Default: made from the class name.
};

/// The arguments of TimeDistributed in configurations.
struct TimeDistributedArguments {
  Config layer = {};                    ///< Configuration of the wrapped layer. Required.
  TimeDistributedOptions options = {};  ///< All other arguments.
  template <class Self, class Field>
  static void fields(Self& self, Field&& field) {
    field.required("layer", self.layer);
  }
};

/// Applies a layer to each step of a sequence: y[:, t] = layer(x[:, t]). Keras's `keras.layers.TimeDistributed`.
/// Shapes: x (batch, steps, axes...), the input of the layer (batch steps, axes...), its output (batch steps, ...), y
/// (batch, steps, ...). In training, a layer with non-trainable weights, such as BatchNormalization, gets the steps one
/// after the other, each (batch, axes...). Throws a ShapeError for an input of rank below 3.
///
///     TimeDistributed(Dense(3))
template <class Scalar = float>
class TimeDistributed : public Layer<Scalar> {
 public:
  using Arguments = TimeDistributedArguments;
  /// Wraps a layer, which is moved in or passed as a std::shared_ptr.
  template <detail::LayerArgumentFor<Layer<Scalar>> L>
    requires(!std::is_same_v<std::remove_cvref_t<L>, TimeDistributed>)
  explicit TimeDistributed(L&& layer, TimeDistributedOptions options = {})
      : TimeDistributed(0, detail::make_shared_layer<Layer<Scalar>>(std::forward<L>(layer)), std::move(options)) {}
  /// Constructs the layer from its arguments.
  LAMINA_COLD explicit TimeDistributed(const TimeDistributedArguments& arguments)
      : TimeDistributed(0, layer_from_config<Scalar>(arguments.layer), arguments.options) {}
  /// Moves the layer and its weights.
  TimeDistributed(TimeDistributed&& other) noexcept : Layer<Scalar>(std::move(other)), layer_(std::move(other.layer_)) {
    this->track(*layer_);  // at the same address as before, and as built as before
    this->set_built(layer_->built() && !this->build_shape().empty());
  }

  std::string class_name() const override { return "TimeDistributed"; }
  LAMINA_COLD Config get_config() const override {
    return this->config_with(TimeDistributedArguments{named_config(layer_->class_name(), layer_->get_config()), {}});
  }
  Layer<Scalar>& layer() const noexcept { return *layer_; }  ///< Returns the wrapped layer.

  LAMINA_COLD void build(const Shape& input) override { layer_->ensure_built(without_steps(input)); }

  Tensor<Scalar> call(const Tensor<Scalar>& x) const override {
    const Shape rows = without_steps(x.shape());
    const Index batch = x.shape()[0], steps = x.shape()[1];
    const Tensor<Scalar> mask = this->mask_of(x);
    if (mask.defined()) detail::check_mask(mask.shape(), x.shape(), 2, x.rank());
    if (CallContext::training() && layer_->trainable() && !layer_->non_trainable_variables().empty()) {
      std::vector<Tensor<Scalar>> outputs;
      for (Index t = 0; t < steps; ++t) outputs.push_back(inner(step(x, t), mask.defined() ? step(mask, t) : mask));
      return stack(outputs, 1);
    }
    const Tensor<Scalar> y =
        inner(reshape(x, rows.with(0, batch * steps)), mask.defined() ? together(mask, batch * steps) : mask);
    return reshape(y, with_steps(y.shape().with(0, batch), steps));
  }

  LAMINA_COLD Shape compute_output_shape(const Shape& input) const override {
    return with_steps(layer_->compute_output_shape(without_steps(input)), input[1]);
  }

 private:
  TimeDistributed(int, std::shared_ptr<Layer<Scalar>> layer, TimeDistributedOptions options)
      : layer_(std::move(layer)) {
    this->set_name(options.name);
    this->set_supports_masking(true);
    this->track(*layer_);
  }
  void check_input(const Shape& input) const override { static_cast<void>(without_steps(input)); }

  static Shape without_steps(const Shape& sequence) {
    if (sequence.rank() < 3)
      raise<ShapeError>("expected an input (batch, steps, ...) of rank 3 or more, got shape ", sequence,
                        ". For one feature per step, add a last axis of size 1.");
    return sequence.slice(2).prepend(sequence[0]);
  }
  static Shape with_steps(const Shape& each, Index steps) {
    Shape shape{each.front(), steps};
    for (const Index size : each.slice(1)) shape.push_back(size);
    return shape;
  }
  static Tensor<Scalar> step(const Tensor<Scalar>& x, Index t) {
    Shape begin = x.shape();
    for (Index i = 0; i < begin.rank(); ++i) begin[i] = i == 1 ? t : 0;
    return reshape(slice(x, begin, x.shape().with(1, 1)), x.shape().slice(2).prepend(x.shape()[0]));
  }
  static Tensor<Scalar> together(const Tensor<Scalar>& mask, Index rows) {
    return reshape(mask, mask.shape().slice(2).prepend(rows));
  }
  /// Returns the output of the layer. A mask (batch, steps) hides whole steps and is not passed to the layer.
  Tensor<Scalar> inner(const Tensor<Scalar>& x, const Tensor<Scalar>& mask) const {
    if (mask.rank() < 2) return (*layer_)(x);
    const typename MaskRegistry<Scalar>::Scope masked(x, mask);
    return (*layer_)(x);
  }
  std::shared_ptr<Layer<Scalar>> layer_;
};

template <class L>
TimeDistributed(L&&, TimeDistributedOptions = {}) -> TimeDistributed<detail::layer_argument_scalar<L>>;

}  // namespace lamina
