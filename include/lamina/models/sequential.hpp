#pragma once
#include <memory>
#include <type_traits>
#include <utility>

#include "lamina/core/strategy.hpp"
#include "lamina/layers/core/activation.hpp"
#include "lamina/layers/graph/input.hpp"
#include "lamina/models/chain.hpp"
#include "lamina/models/model.hpp"

namespace lamina {

namespace detail {
/// The scalar type of an element of a Sequential.
template <class T>
struct EntryScalar {
  using type = typename T::scalar_type;
};
template <class T>
struct EntryScalar<std::shared_ptr<T>> {
  using type = typename T::scalar_type;
};
}  // namespace detail

/// A model that is a chain of layers: each layer receives the output of the previous one. It is also a layer and can be
/// nested. Keras: `keras.Sequential`.
///
///     Sequential model{Flatten(), Dense(128, "relu"), Dropout(0.2), Dense(10, "softmax")};
///
/// Layers are moved into the model; pass a shared pointer to keep access to a layer. An `Input` as the first element
/// builds the model at construction; otherwise the first call builds it.
template <class Scalar = float>
class Sequential : public Model<Scalar> {
 public:
  /// Constructs an empty model; see `add`.
  Sequential() { this->set_topology(chain_); }
  /// Constructs a model from layers, shared pointers to layers and activations; the first element can be an `Input`.
  /// Throws ValueError for an empty pointer or if two layers have the same name.
  template <class First, class... Rest>
    requires(!(sizeof...(Rest) == 0 && std::is_same_v<std::remove_cvref_t<First>, Sequential>))
  LAMINA_COLD explicit Sequential(First&& first, Rest&&... rest) : Sequential() {
    append(std::forward<First>(first));
    (append(std::forward<Rest>(rest)), ...);
    build_if_declared();
  }
  Sequential(Sequential&& other) noexcept : Sequential() { *this = std::move(other); }
  Sequential& operator=(Sequential&& other) noexcept {
    if (this == &other) return *this;
    const bool built = other.built();
    Model<Scalar>::operator=(std::move(other));
    this->set_topology(chain_);
    chain_ = std::exchange(other.chain_, {});
    this->track_layers(chain_.entries(), built);
    return *this;
  }

  /// Creates a model from a configuration of `get_config` or of Keras, with newly initialized weights. Throws
  /// ValueError for an invalid configuration. Defined in models/model_from_config.hpp, which lamina.hpp includes.
  template <int = 0>  // a template, so that a program that compiles the class does not compile every layer with it
  static Sequential from_config(const Config& config);

  /// Appends a layer, a shared pointer to a layer or an activation. Throws as the constructor.
  template <class L>
  void add(L&& layer) {
    append(std::forward<L>(layer));
    build_if_declared();
  }
  /// Removes and returns the last layer. Throws StateError if there are no layers.
  std::shared_ptr<Layer<Scalar>> pop() {
    if (chain_.entries().empty())
      raise<StateError>("Sequential \"", this->name(), "\", pop: there are no layers to remove");
    auto last = chain_.pop_back();
    this->untrack(*last);
    this->forget_variables();
    this->reset_built();
    return last;
  }

  /// Builds all layers for an input shape that includes the batch axis: `model.build({None, 784})`.
  void build(const Shape& input) override {
    if (!this->in_first_call()) this->ensure_built(input);
  }

 protected:
  bool may_override_steps() const noexcept override { return !detail::is_exactly<Sequential>(*this); }

 private:
  template <class L>
  LAMINA_COLD void append(L&& layer) {
    using Plain = std::remove_cvref_t<L>;
    if constexpr (std::is_same_v<Plain, SymbolicTensor<Scalar>>) {
      push_input(layer);
    } else if constexpr (requires { layer->build_shape(); }) {
      static_assert(std::is_convertible_v<L, std::shared_ptr<Layer<Scalar>>>,
                    "the scalar type of the layer differs from that of the model");
      push(std::shared_ptr<Layer<Scalar>>(std::forward<L>(layer)));
    } else if constexpr (std::is_same_v<Plain, Activation<Scalar>>) {
      push(detail::share_as<Layer<Scalar>, ActivationLayer<Scalar>>(layer));
    } else {
      static_assert(
          std::is_base_of_v<Layer<Scalar>, Plain>,
          "expected a layer with the scalar type of the model: write Sequential<double>{Dense<double>(3)} for double");
      static_assert(std::is_rvalue_reference_v<L&&> && !std::is_const_v<std::remove_reference_t<L>>,
                    "layers are not copied: pass std::move(layer), or a std::shared_ptr from std::make_shared");
      push(detail::share_as<Layer<Scalar>, Plain>(std::move(layer)));
    }
  }
  LAMINA_COLD void push_input(const SymbolicTensor<Scalar>& input) {
    const auto& node = detail::SymbolicAccess::node(input);
    if (node == nullptr || !node->inputs.empty())
      raise<ValueError>("Sequential \"", this->name(), "\": expected an Input as the only symbolic tensor, got the ",
                        "output of a layer. For a graph of layers, use Model(inputs, outputs).");
    push(node->owner);
  }
  LAMINA_COLD void push(std::shared_ptr<Layer<Scalar>> layer) {
    if (layer == nullptr)
      raise<ValueError>("Sequential \"", this->name(), "\": expected a layer, got an empty pointer");
    for (const auto& entry : chain_.entries())
      if (entry != layer && entry->name_given() && layer->name_given() && entry->name() == layer->name())
        raise<ValueError>("Sequential \"", this->name(), "\": two layers have the name \"", layer->name(),
                          "\". Names of layers are unique in a model: set .name.");
    chain_.push_back(std::move(layer));
    this->track(*chain_.entries().back());
    this->forget_variables();
    this->reset_built();
  }
  LAMINA_NOINLINE void build_if_declared() {
    if (const Shape* declared = detail::declared_input(*chain_.entries().front())) this->ensure_built(*declared);
  }

  detail::Chain<Scalar> chain_;
};

/// Deduces the scalar type from the first element.
template <class First, class... Rest>
Sequential(First&&, Rest&&...) -> Sequential<typename detail::EntryScalar<std::remove_cvref_t<First>>::type>;

namespace detail {
LAMINA_COMPILED_CLASS(Chain);
}  // namespace detail
LAMINA_COMPILED_CLASS(Sequential);

}  // namespace lamina
