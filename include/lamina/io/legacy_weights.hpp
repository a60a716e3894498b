#pragma once
#include <algorithm>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "lamina/models/file_format.hpp"
#include "lamina/ops/shaping.hpp"

// Weights of earlier versions of Keras, and of the layers CuDNNLSTM and CuDNNGRU, as the weights of Keras 3's layers.

namespace lamina::detail {

/// A layer or cell that owns weights, as one finds it in a model: a layer of the model, or one inside of it.
struct LegacyOwner {
  std::string class_name;            ///< Class name of the layer or cell.
  std::string name;                  ///< Name of the layer or cell.
  bool channels_first = false;       ///< Whether its data_format is "channels_first".
  double epsilon = 0;                ///< Its argument "epsilon"; 0 if it has none.
  std::vector<std::size_t> weights;  ///< Indices of its weights in StoredModel::weights, in the order of the file.

  /// Returns whether it has gates, whose weights Keras 1 can store one by one.
  bool has_gates() const { return gates() > 0; }
  Index gates() const {
    if (class_name == "LSTMCell" || class_name == "ConvLSTMCell") return 4;
    return class_name == "GRUCell" ? 3 : 0;
  }
};

/// Converts the weights of one owner.
class LegacyWeights {
 public:
  /// `keras_1`: the file was written by Keras 1. `flipped`: its convolutions are those of Theano, which reverse the axes of
  /// the kernel.
  LegacyWeights(bool keras_1, bool flipped) : keras_1_(keras_1), flipped_(flipped) {}

  /// Returns the weights of an owner from those of the file: each is one tensor, or one tensor for each gate. The caller
  /// compares their shapes with those of the model, which are `expected`.
  std::vector<AnyTensor> converted(const LegacyOwner& owner, const std::vector<Shape>& expected,
                                   std::vector<std::vector<AnyTensor>> stored) const {
    std::vector<AnyTensor> values;
    for (std::size_t i = 0; i < stored.size(); ++i) {
      if (stored[i].size() > 1 && expected[i].rank() > 1) {
        Shape gate = expected[i];
        gate[-1] /= owner.gates();
        for (AnyTensor& one : stored[i]) one = kernel(owner, gate, one, i);
        values.push_back(joined(stored[i]));
      } else if (stored[i].size() > 1) {
        values.push_back(joined(stored[i]));
      } else {
        values.push_back(kernel(owner, expected[i], stored[i].front(), i));
      }
    }
    if (owner.has_gates() && values.size() == 3) convert_cudnn(owner, expected, values);
    return values;
  }

  /// Returns the variance for which a BatchNormalization of Keras 3 computes what Keras before 1.0.7 does with this standard
  /// deviation: sqrt(variance + epsilon) = deviation + epsilon.
  static AnyTensor variance(const AnyTensor& deviation, double epsilon) {
    return std::visit(
        [&]<class S>(const Tensor<S>& from) -> AnyTensor {
          Tensor<double> to = Tensor<double>::empty(from.shape());
          for (Index i = 0; i < from.size(); ++i) {
            const double scale = static_cast<double>(from.data()[i]) + epsilon;
            to.mutable_data()[i] = scale * scale - epsilon;
          }
          return to;
        },
        deviation);
  }

 private:
  static const Shape& shape_of(const AnyTensor& x) {
    return std::visit([](const auto& tensor) -> const Shape& { return tensor.shape(); }, x);
  }
  static AnyTensor permuted(const AnyTensor& x, const Shape& order) {
    return std::visit([&](const auto& tensor) -> AnyTensor { return permute(tensor, order); }, x);
  }
  static AnyTensor reshaped(const AnyTensor& x, const Shape& shape) {
    return std::visit([&](const auto& tensor) -> AnyTensor { return reshape_to(tensor, shape); }, x);
  }
  /// Joins the weights of gates along the last axis. Tensors of other shapes stay apart: the caller finds the first one.
  static AnyTensor joined(const std::vector<AnyTensor>& gates) {
    std::vector<Tensor<double>> all;
    for (const AnyTensor& gate : gates) {
      if (shape_of(gate) != shape_of(gates.front())) return gate;
      std::visit([&](const auto& tensor) { all.push_back(tensor.template cast<double>()); }, gate);
    }
    return concatenate(all, -1);
  }
  /// Reverses the spatial axes of a kernel: all axes but the last two.
  static AnyTensor flip(const AnyTensor& x) {
    return std::visit(
        []<class S>(const Tensor<S>& from) -> AnyTensor {
          Tensor<S> to = Tensor<S>::empty(from.shape());
          const Index row = from.shape()[-1] * from.shape()[-2], rows = row == 0 ? 0 : from.size() / row;
          for (Index r = 0; r < rows; ++r)
            std::copy_n(from.data() + (rows - 1 - r) * row, row, to.mutable_data() + r * row);
          return to;
        },
        x);
  }

  /// Returns weight `i` of a convolution with the axes of Keras 3; other weights as they are.
  AnyTensor kernel(const LegacyOwner& owner, const Shape& expected, AnyTensor x, std::size_t i) const {
    const std::string& c = owner.class_name;
    const bool transposed = c.ends_with("Transpose"), separable = c.starts_with("SeparableConv");
    const bool convolution = transposed || separable || c == "ConvLSTMCell" || c == "Conv1D" || c == "Conv2D" ||
                             c == "Conv3D" || c.starts_with("DepthwiseConv");
    if (!convolution || expected.rank() < 3) return x;
    if (keras_1_) x = of_keras_1(owner, expected, std::move(x), transposed);
    const bool first = i == 0 || c == "ConvLSTMCell";
    return flipped_ && first && !separable && shape_of(x) == expected ? flip(x) : x;
  }
  /// Keras 1 has the channels of kernels first if those of images are ("th"), one-dimensional kernels with a second axis of
  /// size 1, and kernels of transposed convolutions as those of convolutions.
  static AnyTensor of_keras_1(const LegacyOwner& owner, const Shape& expected, AnyTensor x, bool transposed) {
    const Shape shape = shape_of(x);
    const Index rank = expected.rank();
    if (rank == 3 && shape.rank() == 4) {
      if (shape[1] == 1 && shape[0] == expected[0]) return reshaped(x, {shape[0], shape[2], shape[3]});
      if (shape[3] == 1 && shape[2] == expected[0])
        return permuted(reshaped(x, {shape[0], shape[1], shape[2]}), {2, 1, 0});
      return x;
    }
    if (shape.rank() != rank) return x;
    Shape first, last;  // the axes of the kernel with channels first, and last
    for (Index axis = 2; axis < rank; ++axis) first.push_back(axis);
    for (Index axis = 0; axis + 2 < rank; ++axis) last.push_back(axis);
    for (const Index axis : transposed ? Shape{0, 1} : Shape{1, 0}) first.push_back(axis);
    for (const Index axis : transposed ? Shape{rank - 1, rank - 2} : Shape{rank - 2, rank - 1}) last.push_back(axis);
    const auto fits = [&](const Shape& order) {
      for (Index axis = 0; axis < rank; ++axis)
        if (shape[order[axis]] != expected[axis]) return false;
      return true;
    };
    // The order follows from the layer; a model that is built for channels last takes kernels of both.
    const Shape& likely = owner.channels_first ? first : last;
    const Shape& other = owner.channels_first ? last : first;
    if (fits(likely)) return permuted(x, likely);
    return fits(other) ? permuted(x, other) : x;
  }

  /// A CuDNNLSTM has a bias for the inputs and one for the state, as one tensor, and a CuDNNGRU has them in one axis; their
  /// kernels have the matrix of each gate in another order.
  static void convert_cudnn(const LegacyOwner& owner, const std::vector<Shape>& expected,
                            std::vector<AnyTensor>& values) {
    const Shape &kernel = shape_of(values[0]), &recurrent = shape_of(values[1]), &bias = shape_of(values[2]);
    const Index gates = owner.gates();
    if (owner.class_name == "ConvLSTMCell" || kernel != expected[0] || recurrent != expected[1] || bias.rank() != 1 ||
        bias[0] != 2 * expected[1][-1])
      return;
    if (gates == 4 && expected[2].rank() == 1) {
      const AnyTensor sets = reshaped(values[2], {2, bias[0] / 2});
      values[2] = std::visit(
          []<class S>(const Tensor<S>& from) -> AnyTensor {
            const Index width = from.shape()[-1];
            Tensor<S> sum = Tensor<S>::empty({width});
            for (Index i = 0; i < width; ++i) sum.mutable_data()[i] = from.data()[i] + from.data()[width + i];
            return sum;
          },
          sets);
    } else if (gates == 3 && expected[2].rank() == 2) {
      values[2] = reshaped(values[2], expected[2]);
    } else {
      return;
    }
    values[0] = cudnn_matrices(values[0], gates, false);
    values[1] = cudnn_matrices(values[1], gates, true);
  }
  /// Reorders the matrix (rows, units) of each gate: it is stored as (units, rows) for the inputs, without a change of the
  /// shape, and transposed for the state.
  static AnyTensor cudnn_matrices(const AnyTensor& x, Index gates, bool recurrent) {
    return std::visit(
        [&]<class S>(const Tensor<S>& from) -> AnyTensor {
          const Index rows = from.shape()[0], width = from.shape()[1], units = width / gates;
          Tensor<S> to = Tensor<S>::empty(from.shape());
          for (Index gate = 0; gate < gates; ++gate)
            for (Index i = 0; i < rows; ++i)
              for (Index j = 0; j < units; ++j) {
                const Index at = j * rows + i, row = recurrent ? j : at / units, column = recurrent ? i : at % units;
                to.mutable_data()[i * width + gate * units + j] = from.data()[row * width + gate * units + column];
              }
          return to;
        },
        x);
  }

  bool keras_1_, flipped_;
};

}  // namespace lamina::detail
