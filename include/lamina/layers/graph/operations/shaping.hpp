#pragma once
#include "lamina/layers/graph/operations/arithmetic.hpp"
#include "lamina/ops/axes.hpp"
#include "lamina/ops/einsum.hpp"

// Operations of graphs that move elements. See lamina/ops for the formulas. The batch axis is axis 0.

namespace lamina {

namespace detail {

template <int = 0>
void read_new_shape(OperationReader& r) {
  r.read_shape("newshape");
}
template <int = 0>
void read_target_shape(OperationReader& r) {
  r.read_shape("shape");
}
template <int = 0>
void read_order(OperationReader& r) {
  r.read_axes("axes");
}
template <int = 0>
void read_two_axes(OperationReader& r) {
  r.field.required("axis1", r.settings.axis);
  r.field.required("axis2", r.settings.other_axis);
}
template <int = 0>
void read_move(OperationReader& r) {
  r.field.required("source", r.settings.axis);
  r.field.required("destination", r.settings.other_axis);
}
/// Reads the number of equal parts, or the indices at which the axis is split.
template <int = 0>
void read_split(OperationReader& r) {
  Config sections;
  r.field.required("indices_or_sections", sections);
  integers_from_config(sections, r.settings.positions);
  if (!sections.is_list()) {
    r.settings.count = r.settings.positions.front();
    r.settings.positions.clear();
  }
  r.settings.axis = 0;
  r.field("axis", r.settings.axis);
}
template <int = 0>
void read_unstack(OperationReader& r) {
  std::optional<Index> count;
  r.field("num", count);
  r.read_axis("axis", 0);
}
template <int = 0>
void read_repeat(OperationReader& r) {
  r.field.required("repeats", r.settings.count);
  read_optional_axis(r);
}
template <int = 0>
void read_tile(OperationReader& r) {
  Config counts;
  r.field.required("repeats", counts);
  integers_from_config(counts, r.settings.positions);
}
template <int = 0>
void read_take(OperationReader& r) {
  read_optional_axis(r);
  const Config& indices = r.constants.at(0);
  if (contains_tensor(indices))
    raise<ValueError>(
        "the argument \"indices\": expected integers, got a tensor of the graph. Use an Embedding to look up rows by a "
        "tensor.");
  const Config& value =
      has_class(indices, "__numpy__") || has_class(indices, "__tensor__") ? indices.at("config").at("value") : indices;
  r.settings.count = value.is_list() ? 1 : 0;
  integers_from_config(value, r.settings.positions);
}
template <int = 0>
void read_equation(OperationReader& r) {
  r.field.required("subscripts", r.settings.equation);
}

template <class S>
Tensor<S> einsum_of(const OperationInputs<S>& in) {
  if (in.size() != 2) raise<ValueError>("Einsum: expected 2 operands, got ", in.size(), ". Chain two operations.");
  return einsum(in.settings.equation, in[0], in[1]);
}

/// The elements at indices along an axis. Negative indices count from the end; a single index drops the axis.
template <class S>
Tensor<S> take(const OperationInputs<S>& in) {
  const OperationSettings& s = in.settings;
  const Tensor<S> x = s.has_axes ? in[0] : reshape(in[0], {-1});
  const Index axis = x.shape().axis(s.has_axes ? s.axis : 0);
  std::vector<Index> positions = s.positions;
  for (Index& p : positions) p += p < 0 ? x.shape()[axis] : 0;
  const Tensor<S> y = gather(x, positions, axis);
  return s.count == 1 ? y : squeeze(y, {axis});
}
/// Inserts axes of size 1 at these axes of the result.
template <class S>
Tensor<S> expand_all(Tensor<S> x, std::vector<Index> axes) {
  const Index rank = x.rank() + static_cast<Index>(axes.size());
  for (Index& axis : axes) axis = axis_of_result("ExpandDims", axis, rank);
  std::sort(axes.begin(), axes.end());
  for (const Index axis : axes) x = expand_dims(x, axis);
  return x;
}
template <class S>
Tensor<S> transpose_by(const Tensor<S>& x, const std::vector<Index>& axes) {
  Shape order;
  for (const Index axis : axes) order.push_back(axis);
  return transpose(x, order);
}
/// Splits into equal parts, or at indices.
template <class S>
std::vector<Tensor<S>> split_by(const OperationInputs<S>& in) {
  const OperationSettings& s = in.settings;
  if (s.positions.empty()) return split(in[0], s.count, s.axis);
  std::vector<Tensor<S>> parts;
  for (std::size_t i = 0; i <= s.positions.size(); ++i) {
    std::vector<Subscript> index(static_cast<std::size_t>(in[0].shape().axis(s.axis)), Slice());
    Slice part;
    if (i > 0) part.start = s.positions[i - 1];
    if (i < s.positions.size()) part.stop = s.positions[i];
    index.push_back(part);
    parts.push_back(get_item(in[0], index));
  }
  return parts;
}
template <class S>
std::vector<Tensor<S>> unstack(const Tensor<S>& x, Index axis) {
  std::vector<Tensor<S>> parts;
  for (Index i = 0; i < x.shape()[axis]; ++i) parts.push_back(squeeze(gather(x, {i}, axis), {axis}));
  return parts;
}

LAMINA_OPERATION(ReshapeOperation, "Reshape", keras_numpy, "x", read_new_shape, reshape(in[0], in.settings.shape));
LAMINA_OPERATION(RavelOperation, "Ravel", keras_numpy, "x", read_no_options, reshape(in[0], {-1}));
LAMINA_OPERATION(BroadcastToOperation, "BroadcastTo", keras_numpy, "x", read_target_shape,
                 broadcast_to(in[0], in.settings.shape));
LAMINA_OPERATION(TransposeOperation, "Transpose", keras_numpy, "x", read_order, transpose_by(in[0], in.settings.axes));
LAMINA_OPERATION(SwapaxesOperation, "Swapaxes", keras_numpy, "x", read_two_axes,
                 swapaxes(in[0], in.settings.axis, in.settings.other_axis));
LAMINA_OPERATION(MoveaxisOperation, "Moveaxis", keras_numpy, "x", read_move,
                 moveaxis(in[0], in.settings.axis, in.settings.other_axis));
LAMINA_OPERATION(ExpandDimsOperation, "ExpandDims", keras_numpy, "x", read_axes_alone,
                 expand_all(in[0], in.settings.axes));
LAMINA_OPERATION(SqueezeOperation, "Squeeze", keras_numpy, "x", read_axes_alone, squeeze(in[0], in.settings.axes));
LAMINA_OPERATION(FlipOperation, "Flip", keras_numpy, "x", read_axes_alone, flip(in[0], in.settings.axes));
LAMINA_OPERATION(RepeatOperation, "Repeat", keras_numpy, "x", read_repeat,
                 in.settings.has_axes ? repeat(in[0], in.settings.count, in.settings.axis)
                                      : repeat(reshape(in[0], {-1}), in.settings.count, 0));
LAMINA_OPERATION(TileOperation, "Tile", keras_numpy, "x", read_tile, tile(in[0], in.settings.positions));
LAMINA_OPERATION(GetItemOperation, "GetItem", keras_numpy, "x key:", read_index, get_item(in[0], in.settings.index));
LAMINA_OPERATION(TakeOperation, "Take", keras_numpy, "x indices:", read_take, take(in));
LAMINA_OPERATION(ConcatenateOperation, "Concatenate", keras_numpy, "xs...", read_first_axis,
                 concatenate(in.all(), in.settings.axis));
LAMINA_OPERATION(StackOperation, "Stack", keras_numpy, "x|xs...", read_first_axis, stack(in.all(), in.settings.axis));
LAMINA_OPERATION(EinsumOperation, "Einsum", keras_numpy, "operands*", read_equation, einsum_of(in));
struct SplitOperation {
  static constexpr const char* name = "Split";
  static constexpr std::string_view text = "Split";
  template <int = 0>
  static constexpr OperationClass kind{name, keras_numpy, "x", read_split};
  template <class S>
  static std::vector<Tensor<S>> compute(const OperationInputs<S>& in) {
    return split_by(in);
  }
};
struct UnstackOperation {
  static constexpr const char* name = "Unstack";
  static constexpr std::string_view text = "Unstack";
  template <int = 0>
  static constexpr OperationClass kind{name, keras_core, "x", read_unstack};
  template <class S>
  static std::vector<Tensor<S>> compute(const OperationInputs<S>& in) {
    return unstack(in[0], in.settings.axis);
  }
};

using shaping_operations =
    OperationTable<ReshapeOperation, RavelOperation, BroadcastToOperation, TransposeOperation, SwapaxesOperation,
                   MoveaxisOperation, ExpandDimsOperation, SqueezeOperation, FlipOperation, RepeatOperation,
                   TileOperation, GetItemOperation, TakeOperation, ConcatenateOperation, StackOperation,
                   EinsumOperation, SplitOperation, UnstackOperation>;

}  // namespace detail

/// Adds a reshape to a graph and returns its output; one size can be -1 and follows from the others.
template <class S>
SymbolicTensor<S> reshape(const SymbolicTensor<S>& x, const Shape& shape) {
  return detail::symbolic_output<detail::ReshapeOperation, S>(
      {x}, detail::options_config("newshape", std::vector<Index>(shape.begin(), shape.end())));
}
/// Adds a broadcast to this shape to a graph and returns its output.
template <class S>
SymbolicTensor<S> broadcast_to(const SymbolicTensor<S>& x, const Shape& shape) {
  return detail::symbolic_output<detail::BroadcastToOperation, S>({x}, detail::options_config("shape", shape));
}
/// Adds a transposition to a graph and returns its output, whose axis i is axis order[i] of x. Default: axes reversed.
template <class S>
SymbolicTensor<S> transpose(const SymbolicTensor<S>& x, const Shape& order = {}) {
  return detail::symbolic_output<detail::TransposeOperation, S>(
      {x}, detail::options_config("axes", order.empty() ? std::optional<Shape>() : order));
}
/// Adds an exchange of two axes to a graph and returns its output.
template <class S>
SymbolicTensor<S> swapaxes(const SymbolicTensor<S>& x, Index first, Index second) {
  return detail::symbolic_output<detail::SwapaxesOperation, S>({x},
                                                               detail::options_config("axis1", first, "axis2", second));
}
/// Adds a move of an axis to another position to a graph and returns its output.
template <class S>
SymbolicTensor<S> moveaxis(const SymbolicTensor<S>& x, Index from, Index to) {
  return detail::symbolic_output<detail::MoveaxisOperation, S>(
      {x}, detail::options_config("source", from, "destination", to));
}
/// Adds the insertion of an axis of size 1 to a graph and returns its output.
template <class S>
SymbolicTensor<S> expand_dims(const SymbolicTensor<S>& x, Index axis) {
  return detail::symbolic_output<detail::ExpandDimsOperation, S>({x}, detail::options_config("axis", axis));
}
/// Adds the removal of axes of size 1 to a graph and returns its output. Default: all axes of size 1.
template <class S>
SymbolicTensor<S> squeeze(const SymbolicTensor<S>& x, const std::vector<Index>& axes = {}) {
  return detail::symbolic_output<detail::SqueezeOperation, S>({x}, detail::axes_config(axes));
}
/// Adds the reversal of the elements along axes to a graph and returns its output. Default: all axes.
template <class S>
SymbolicTensor<S> flip(const SymbolicTensor<S>& x, const std::vector<Index>& axes = {}) {
  return detail::symbolic_output<detail::FlipOperation, S>({x}, detail::axes_config(axes));
}
/// Adds the repetition of each element along an axis to a graph and returns its output.
template <class S>
SymbolicTensor<S> repeat(const SymbolicTensor<S>& x, Index count, Index axis) {
  return detail::symbolic_output<detail::RepeatOperation, S>({x},
                                                             detail::options_config("repeats", count, "axis", axis));
}
/// Adds the repetition of the whole tensor along each axis to a graph and returns its output.
template <class S>
SymbolicTensor<S> tile(const SymbolicTensor<S>& x, const std::vector<Index>& counts) {
  return detail::symbolic_output<detail::TileOperation, S>({x}, detail::options_config("repeats", counts));
}
/// Adds NumPy's basic indexing to a graph and returns its output: `get_item(x, {Slice{}, Slice{1, 3}, -1})` is
/// `x[:, 1:3, -1]`.
template <class S>
SymbolicTensor<S> get_item(const SymbolicTensor<S>& x, const std::vector<Subscript>& index) {
  Config key = Config::list();
  for (const Subscript& s : index) key.push_back(detail::subscript_to_config(s));
  return detail::symbolic_output<detail::GetItemOperation, S>({x}, Config::map(), {{}, {false, std::move(key)}});
}
/// Adds the block at `begin` with this size to a graph and returns the output: `slice(x, {0, 1}, {-1, 2})`. A size of
/// -1 means the remaining elements of the axis. Its configuration is Keras's GetItem. Throws a ShapeError for a block
/// outside of x.
template <class S>
SymbolicTensor<S> slice(const SymbolicTensor<S>& x, const Shape& begin, const Shape& size) {
  return get_item(x, detail::index_of_block(x.shape(), begin, size));
}
/// Adds a split into `count` equal parts along an axis to a graph and returns the outputs.
template <class S>
std::vector<SymbolicTensor<S>> split(const SymbolicTensor<S>& x, Index count, Index axis = -1) {
  return detail::symbolic_outputs<detail::SplitOperation, S>(
      {x}, detail::options_config("indices_or_sections", count, "axis", axis));
}
/// Adds the elements at these indices along an axis to a graph and returns the output. Keras's `ops.take`.
template <class S>
SymbolicTensor<S> gather(const SymbolicTensor<S>& x, const std::vector<Index>& positions, Index axis = 0) {
  return detail::symbolic_output<detail::TakeOperation, S>({x}, detail::options_config("axis", axis),
                                                           {{}, {false, argument_to_config(positions)}});
}
/// Adds a concatenation along an axis to a graph and returns its output.
template <class S>
SymbolicTensor<S> concatenate(const std::vector<SymbolicTensor<S>>& parts, Index axis = -1) {
  return detail::symbolic_output<detail::ConcatenateOperation, S>(parts, detail::options_config("axis", axis));
}
/// Adds a stack of tensors along a new axis to a graph and returns its output.
template <class S>
SymbolicTensor<S> stack(const std::vector<SymbolicTensor<S>>& parts, Index axis = 0) {
  return detail::symbolic_output<detail::StackOperation, S>(parts, detail::options_config("axis", axis));
}
/// Adds an einsum of two tensors to a graph and returns its output: `einsum("bij,bjk->bik", a, b)`.
template <class S>
SymbolicTensor<S> einsum(const std::string& equation, const SymbolicTensor<S>& a, const SymbolicTensor<S>& b) {
  return detail::symbolic_output<detail::EinsumOperation, S>({a, b}, detail::options_config("subscripts", equation));
}
/// Adds a matrix product of the last two axes to a graph and returns its output, (..., n, m) from (..., n, k) and
/// (..., k, m).
template <class S>
SymbolicTensor<S> matmul(const SymbolicTensor<S>& a, const SymbolicTensor<S>& b, const MatmulOptions& options = {}) {
  return detail::symbolic_output<detail::MatmulOperation, S>(
      {options.transpose_a ? swapaxes(a, -1, -2) : a, options.transpose_b ? swapaxes(b, -1, -2) : b});
}

}  // namespace lamina
