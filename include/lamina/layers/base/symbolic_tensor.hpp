#pragma once
#include <memory>
#include <string>
#include <vector>

#include "lamina/core/list.hpp"
#include "lamina/layers/base/call_options.hpp"

namespace lamina {

template <class Scalar>
class Layer;
template <class Scalar>
class SymbolicTensor;

namespace detail {

/// Where a layer is now; null once it is gone. Layers move, into a model, say, and symbolic tensors follow them.
template <class S>
struct SymbolicNode;
template <class S>
struct LayerAnchor {
  Layer<S>* layer = nullptr;
  List<std::weak_ptr<SymbolicNode<S>>> calls = {};  ///< on symbolic tensors
};

/// One call of a layer in a graph that is being drawn.
template <class S>
struct SymbolicNode {
  std::shared_ptr<LayerAnchor<S>> anchor;
  std::shared_ptr<Layer<S>> owner;        ///< null where the layer is somebody's variable
  std::vector<SymbolicTensor<S>> inputs;  ///< what the layer is called with, and after it the masks of the call
  std::vector<Index> masked = {};         ///< for each of the masks the input that it is of; -1: the attention mask
  std::vector<Shape> shapes;              ///< of the outputs
  CallOptions options;

  SymbolicNode() = default;
  SymbolicNode(const SymbolicNode&) = delete;
  SymbolicNode& operator=(const SymbolicNode&) = delete;
  /// The number of inputs that are no masks.
  std::size_t tensor_count() const noexcept { return inputs.size() - masked.size(); }
  // A deep graph is taken down in a loop.
  LAMINA_COLD ~SymbolicNode() {
    std::vector<SymbolicTensor<S>> last = std::move(inputs);
    while (!last.empty()) {
      std::shared_ptr<SymbolicNode> node = std::move(last.back().node_);
      last.pop_back();
      if (node != nullptr && node.use_count() == 1)
        for (SymbolicTensor<S>& input : node->inputs) last.push_back(std::move(input));
    }
  }
};

struct SymbolicAccess;

}  // namespace detail

/// A tensor that has a shape and no elements yet: what stands for the data while a model is drawn as a graph. It comes
/// from `Input`, and from layers and operations that are called on other symbolic tensors. Keras's KerasTensor.
///
///     auto x = Input({28, 28});
///     auto y = x | Flatten() | Dense(128, "relu");   // layers made on the spot
///     auto z = head(y) + shift;                      // layers that have a name, and operations
///     Model model(x, z);
template <class Scalar = float>
class SymbolicTensor {
 public:
  using scalar_type = Scalar;

  SymbolicTensor() = default;
  bool defined() const noexcept { return node_ != nullptr; }
  /// With the batch axis, which is None, as other axes may be.
  const Shape& shape() const {
    if (!defined()) raise<StateError>("a symbolic tensor was used before it was made. Make one with Input({...}).");
    return node_->shapes[index_];
  }
  Index rank() const { return shape().rank(); }

  /// As Keras prints one.
  std::string to_string() const {
    return defined() ? "<SymbolicTensor shape=" + shape().to_string() +
                           ", dtype=" + (sizeof(Scalar) == 4 ? "float32" : "float64") + ">"
                     : "<SymbolicTensor (undefined)>";
  }
  /// The same output of the same call.
  friend bool operator==(const SymbolicTensor& a, const SymbolicTensor& b) noexcept {
    return a.node_ == b.node_ && a.index_ == b.index_;
  }

 private:
  friend struct detail::SymbolicAccess;
  friend struct detail::SymbolicNode<Scalar>;
  std::shared_ptr<detail::SymbolicNode<Scalar>> node_;
  std::size_t index_ = 0;
};

namespace detail {
/// What layers and models may do with a symbolic tensor, and users may not.
struct SymbolicAccess {
  template <class S>
  LAMINA_COLD static SymbolicTensor<S> make(std::shared_ptr<SymbolicNode<S>> node, std::size_t index) {
    SymbolicTensor<S> t;
    t.node_ = std::move(node);
    t.index_ = index;
    return t;
  }
  template <class S>
  static const std::shared_ptr<SymbolicNode<S>>& node(const SymbolicTensor<S>& t) noexcept {
    return t.node_;
  }
  template <class S>
  static std::size_t index(const SymbolicTensor<S>& t) noexcept {
    return t.index_;
  }
};
}  // namespace detail

template <CharacterStream Stream, class S>
Stream& operator<<(Stream& stream, const SymbolicTensor<S>& tensor) {
  const std::string text = tensor.to_string();
  stream.write(text.data(), static_cast<std::ptrdiff_t>(text.size()));
  return stream;
}

/// Masks of a call that are tensors of the graph, instead of what the inputs carry.
template <class Scalar = float>
struct SymbolicMasks {
  std::vector<SymbolicTensor<Scalar>> inputs = {};  ///< For each input its mask; undefined, or none: what it carries.
  SymbolicTensor<Scalar> attention = {};            ///< Attention: 1 if a query may look at a key. Default: none.
};

/// The name of this type is the error message where a layer that is a temporary is called on a symbolic tensor, which
/// it would not outlive.
struct A_temporary_cannot_be_drawn__write_x_pipe_layer {};

}  // namespace lamina
