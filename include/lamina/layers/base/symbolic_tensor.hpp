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

template <class S>
struct SymbolicNode;
/// The current address of a layer, which changes when the layer moves, for example into a model.
template <class S>
struct LayerAnchor {
  Layer<S>* layer = nullptr;                        ///< Null after the layer was destroyed.
  List<std::weak_ptr<SymbolicNode<S>>> calls = {};  ///< The calls of the layer on symbolic tensors.
};

/// One call of a layer on symbolic tensors: a node of the graph. Keras's Node.
template <class S>
struct SymbolicNode {
  std::shared_ptr<LayerAnchor<S>> anchor;
  std::shared_ptr<Layer<S>> owner;        ///< Owns the layer if the graph does; otherwise null.
  std::vector<SymbolicTensor<S>> inputs;  ///< The inputs of the call, then its masks.
  std::vector<Index> masked = {};         ///< For each mask, the index of its input; -1 for the attention mask.
  std::vector<Shape> shapes;              ///< Shapes of the outputs.
  CallOptions options;

  SymbolicNode() = default;
  SymbolicNode(const SymbolicNode&) = delete;
  SymbolicNode& operator=(const SymbolicNode&) = delete;
  /// Returns the number of inputs without the masks.
  std::size_t tensor_count() const noexcept { return inputs.size() - masked.size(); }
  // Iterative, because the recursion of a deep graph would overflow the stack.
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

/// A tensor with a shape and without elements, which represents the data in the graph of a model (the functional API).
/// `Input` returns one, and so do layers and operations that are called on symbolic tensors. Keras's KerasTensor.
///
///     auto x = Input({28, 28});
///     auto y = x | Flatten() | Dense(128, "relu");   // temporary layers, which the graph owns
///     auto z = head(y) + shift;                      // a named layer, and an operation
///     Model model(x, z);
template <class Scalar = float>
class SymbolicTensor {
 public:
  using scalar_type = Scalar;  ///< Type of the elements: float or double.

  /// Constructs an undefined symbolic tensor.
  SymbolicTensor() = default;
  /// True unless the tensor was default-constructed.
  bool defined() const noexcept { return node_ != nullptr; }
  /// Returns the shape with the batch axis, which is None; other axes may be None. Throws a StateError if undefined.
  const Shape& shape() const {
    if (!defined())
      raise<StateError>("expected a symbolic tensor of a graph, got an undefined one. Create one with Input({...}).");
    return node_->shapes[index_];
  }
  Index rank() const { return shape().rank(); }  ///< Returns the number of axes.

  /// Returns a description such as Keras prints: "<SymbolicTensor shape=(None, 28), dtype=float32>".
  std::string to_string() const {
    return defined() ? "<SymbolicTensor shape=" + shape().to_string() +
                           ", dtype=" + (sizeof(Scalar) == 4 ? "float32" : "float64") + ">"
                     : "<SymbolicTensor (undefined)>";
  }
  /// True for the same output of the same call.
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
/// Access to the node of a symbolic tensor, for layers and models.
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

/// Writes `tensor.to_string()` to a stream.
template <CharacterStream Stream, class S>
Stream& operator<<(Stream& stream, const SymbolicTensor<S>& tensor) {
  const std::string text = tensor.to_string();
  stream.write(text.data(), static_cast<std::ptrdiff_t>(text.size()));
  return stream;
}

/// The masks of a call that are tensors of the graph.
template <class Scalar = float>
struct SymbolicMasks {
  /// Mask of each input; if missing or undefined, the mask that the input carries. Default: none.
  std::vector<SymbolicTensor<Scalar>> inputs = {};
  SymbolicTensor<Scalar> attention = {};  ///< Attention: 1 if a query may attend to a key. Default: none.
};

/// Parameter type that makes the call of a temporary layer on a symbolic tensor a compile error, because the graph
/// would outlive the layer. The compiler's error message shows the name of this type.
struct A_temporary_layer_cannot_be_called_on_a_symbolic_tensor_write_x_pipe_layer {};

}  // namespace lamina
