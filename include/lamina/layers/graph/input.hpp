#pragma once
#include <cstdint>

#include "lamina/layers/base/layer.hpp"

namespace lamina {

/// The options of Input.
struct InputOptions {
  Index batch_size = unknown_size;  ///< Size of the batch axis; >= 1. Default: None, which allows any size.
  std::string name = {};            ///< Name of the layer. Default: made from the class name.
};

/// The arguments of InputLayer in configurations.
struct InputArguments {
  Shape batch_shape = {};  ///< Shape of the input with the batch axis. Required.
  template <class Self, class Field>
  static void fields(Self& self, Field&& field) {
    field.required("batch_shape", self.batch_shape);
    field.ignored("sparse");
    field.ignored("ragged");
    field.ignored("optional");
  }
};

template <class Scalar>
class InputLayer;

namespace detail {
template <class S>
inline constexpr std::uint64_t key_of_class<InputLayer<S>> = class_key("InputLayer");
}  // namespace detail

/// Declares the shape of a model's input, so that the model can be built without data: y = x. Keras's
/// `keras.layers.InputLayer`.
/// Shapes: x and y (batch, axes...). A call throws a ShapeError for an input of another shape.
template <class Scalar = float>
class InputLayer : public Layer<Scalar> {
 public:
  /// Constructs the layer for samples of this shape, without the batch axis.
  LAMINA_COLD explicit InputLayer(const Shape& shape, InputOptions options = {})
      : shape_(shape.prepend(options.batch_size)), accepted_(shape_) {
    if (options.batch_size < 1 && options.batch_size != unknown_size)
      raise<ValueError>("Input: expected batch_size >= 1, or None for any size, got ", options.batch_size);
    this->set_name(options.name);
    this->set_supports_masking(true);
  }
  using Arguments = InputArguments;
  /// Constructs the layer from its arguments.
  LAMINA_COLD explicit InputLayer(const InputArguments& arguments) : shape_(arguments.batch_shape), accepted_(shape_) {
    if (!accepted_.empty()) accepted_[0] = unknown_size;
    this->set_supports_masking(true);
  }
  std::string class_name() const override { return "InputLayer"; }
  LAMINA_COLD Config get_config() const override { return this->config_with(InputArguments{shape_}); }
  /// Returns the shape of the input, with the batch axis.
  const Shape& batch_shape() const noexcept { return shape_; }
  Tensor<Scalar> call(const Tensor<Scalar>& x) const override { return x; }
  LAMINA_COLD Shape compute_output_shape(const Shape& input) const override { return input; }

 protected:
  void check_input(const Shape& shape) const override {
    if (!fits(shape, accepted_))
      raise<ShapeError>("expected an input of shape ", accepted_, ", got ", shape,
                        ". Reshape the data, or declare another Input.");
  }
  const void* as_class(std::uint64_t key) const noexcept override {
    return key == detail::key_of_class<InputLayer> ? this : nullptr;
  }

 private:
  Shape shape_, accepted_;  // as in Keras, a model from a configuration accepts a batch of any size
};

namespace detail {
/// Returns the input's shape that an InputLayer declares, with the batch axis; null for other layers.
template <class S>
LAMINA_NOINLINE const Shape* declared_input(const Layer<S>& layer) noexcept {
  const auto* input = layer_cast<InputLayer<S>>(layer);
  return input == nullptr ? nullptr : &input->batch_shape();
}
}  // namespace detail

/// Returns a symbolic tensor for samples of this shape, without the batch axis: an input of a model. Keras's
/// `keras.Input`.
///
///     auto x = Input({28, 28, 1});
///     Model model(x, x | Flatten() | Dense(10));
///     Sequential chain{Input({784}), Dense(10)};   // built by the constructor
template <class Scalar = float>
SymbolicTensor<Scalar> Input(const Shape& shape, InputOptions options = {}) {
  auto layer = std::make_shared<InputLayer<Scalar>>(shape, std::move(options));
  auto node = std::make_shared<detail::SymbolicNode<Scalar>>();
  node->shapes = {layer->batch_shape()};
  node->owner = layer;
  node->anchor = std::make_shared<detail::LayerAnchor<Scalar>>(detail::LayerAnchor<Scalar>{layer.get()});
  return detail::SymbolicAccess::make(std::move(node), 0);
}

namespace detail {
template <class L>
struct IsSharedLayer : std::false_type {};
template <class L>
struct IsSharedLayer<std::shared_ptr<L>> : std::is_base_of<Layer<typename L::scalar_type>, L> {};
template <class L, class S>
concept LayerOf = std::is_base_of_v<Layer<S>, std::remove_cvref_t<L>>;

template <class S, class Given, class L>
auto pipe(const Given& inputs, L&& layer) {
  if constexpr (IsSharedLayer<std::remove_cvref_t<L>>::value) {
    return std::as_const(*layer).apply(inputs);
  } else if constexpr (std::is_lvalue_reference_v<L>) {
    return std::as_const(layer).apply(inputs);
  } else {
    const auto shared = std::make_shared<std::remove_cvref_t<L>>(std::move(layer));
    return std::as_const(*shared).apply(inputs);
  }
}
}  // namespace detail

/// Adds a layer to the graph and returns its output: `x | Dense(64, "relu") | Dropout(0.2)`. **Ownership:** the graph
/// owns temporary layers and shares those of a std::shared_ptr; a layer passed as an lvalue must outlive the graph.
template <class S, class L>
  requires(detail::LayerOf<L, S> || detail::IsSharedLayer<std::remove_cvref_t<L>>::value)
SymbolicTensor<S> operator|(const SymbolicTensor<S>& x, L&& layer) {
  return detail::pipe<S>(std::vector<SymbolicTensor<S>>{x}, std::forward<L>(layer)).front();
}
/// As above, for several inputs: `std::vector{a, b} | Add()`.
template <class S, class L>
  requires(detail::LayerOf<L, S> || detail::IsSharedLayer<std::remove_cvref_t<L>>::value)
SymbolicTensor<S> operator|(const std::vector<SymbolicTensor<S>>& inputs, L&& layer) {
  return detail::pipe<S>(inputs, std::forward<L>(layer)).front();
}

LAMINA_COMPILED_CLASS(InputLayer);

}  // namespace lamina
