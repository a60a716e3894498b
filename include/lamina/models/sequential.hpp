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
template <class T>
struct EntryScalar {
  using type = typename T::scalar_type;
};
template <class T>
struct EntryScalar<std::shared_ptr<T>> {
  using type = typename T::scalar_type;
};
}  // namespace detail

/// A model of layers, each of which receives the output of the layer before it. It is a layer, too, and may be nested.
/// Keras's Sequential.
///
///     Sequential model{Flatten(), Dense(128, "relu"), Dropout(0.2), Dense(10, "softmax")};
///
/// Layers are moved into the model; pass a shared pointer to keep using a layer. With an `Input` as the first element
/// the model is built before it sees data.
template <class Scalar = float>
class Sequential : public Model<Scalar> {
 public:
  Sequential() { this->set_topology(chain_); }
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
    this->track_again(chain_.entries(), built);
    return *this;
  }

  /// Returns a new model from a configuration of `get_config`; its weights are newly initialized. It is defined in
  /// models/model_from_config.hpp, which lamina.hpp includes.
  template <int = 0>  // a template, so that a program that compiles the class does not compile every layer with it
  static Sequential from_config(const Config& config);

  /// Appends a layer.
  template <class L>
  void add(L&& layer) {
    append(std::forward<L>(layer));
    build_if_declared();
  }
  /// Removes the last layer and returns it.
  std::shared_ptr<Layer<Scalar>> pop() {
    if (chain_.entries().empty()) raise<StateError>("Sequential \"", this->name(), "\", pop: there are no layers");
    auto last = chain_.pop_back();
    this->untrack(*last);
    this->forget_variables();
    this->reset_built();
    return last;
  }

  /// Builds all layers for inputs of this shape, which includes the batch axis: `model.build({None, 784})`.
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
                    "the layer computes in another scalar than the model");
      push(std::shared_ptr<Layer<Scalar>>(std::forward<L>(layer)));
    } else if constexpr (std::is_same_v<Plain, Activation<Scalar>>) {
      push(detail::share_as<Layer<Scalar>, ActivationLayer<Scalar>>(layer));
    } else {
      static_assert(
          std::is_base_of_v<Layer<Scalar>, Plain>,
          "a Sequential takes layers of its own scalar: write Sequential<double>{Dense<double>(3)} for double");
      static_assert(
          std::is_rvalue_reference_v<L&&> && !std::is_const_v<std::remove_reference_t<L>>,
          "a layer is not copied: pass std::move(layer), or share it as a std::shared_ptr from std::make_shared");
      push(detail::share_as<Layer<Scalar>, Plain>(std::move(layer)));
    }
  }
  LAMINA_COLD void push_input(const SymbolicTensor<Scalar>& input) {
    const auto& node = detail::SymbolicAccess::node(input);
    if (node == nullptr || !node->inputs.empty())
      raise<ValueError>("Sequential \"", this->name(), "\": of symbolic tensors it takes an Input, and only as the ",
                        "first. For a graph of layers make a Model of its inputs and outputs.");
    push(node->owner);
  }
  LAMINA_COLD void push(std::shared_ptr<Layer<Scalar>> layer) {
    if (layer == nullptr) raise<ValueError>("Sequential \"", this->name(), "\": got an empty pointer for a layer");
    for (const auto& entry : chain_.entries())
      if (entry != layer && entry->name_given() && layer->name_given() && entry->name() == layer->name())
        raise<ValueError>("Sequential \"", this->name(), "\": two layers have the name \"", layer->name(),
                          "\". Give each layer of a model its own name.");
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

template <class First, class... Rest>
Sequential(First&&, Rest&&...) -> Sequential<typename detail::EntryScalar<std::remove_cvref_t<First>>::type>;

namespace detail {
LAMINA_COMPILED_CLASS(Chain);
}  // namespace detail
LAMINA_COMPILED_CLASS(Sequential);

}  // namespace lamina
