#pragma once
#include <optional>

#include "lamina/kernels/convolution/convolution_gradients.hpp"
#include "lamina/kernels/reduce.hpp"
#include "lamina/ops/arithmetic.hpp"
#include "lamina/ops/map.hpp"
#include "lamina/ops/reductions.hpp"
#include "lamina/ops/shaping.hpp"

// Convolution and transposed convolution over one to three spatial axes, channels last: (batch, axes..., channels).

namespace lamina {

/// The options of conv and depthwise_conv. Sizes are one number for all spatial axes, or one per axis.
struct ConvolutionOptions {
  AxisSizes strides = 1;             ///< Step between adjacent windows, in elements; >= 1. Default: 1.
  Padding padding = Padding::valid;  ///< "valid", "same", or, for one axis, "causal"; see Padding. Default: "valid".
  AxisSizes dilation_rate = 1;       ///< Step between the taps of a window, in elements; >= 1. Default: 1.
};

/// The options of conv_transpose. Sizes are one number for all spatial axes, or one per axis.
struct TransposedConvolutionOptions {
  AxisSizes strides = 1;             ///< Step in the output between the windows of adjacent inputs; >= 1. Default: 1.
  Padding padding = Padding::valid;  ///< "valid" or "same" (output size = input size * stride). Default: "valid".
  /// Number of elements added to the end of each output axis; >= 0. Default: none, which infers the output size as
  /// Keras does; see the table at conv_transpose.
  std::optional<AxisSizes> output_padding = std::nullopt;
  AxisSizes dilation_rate = 1;  ///< Step between the taps of a window, in elements; >= 1. Default: 1.
};

namespace detail {

/// The output size of a transposed convolution along one axis, by Keras's rule; None if the input size is None.
inline Index conv_transpose_output_size(Index input, Index size, Index axis, const TransposedConvolutionOptions& o) {
  if (input == unknown_size) return unknown_size;
  const Index stride = o.strides[axis];
  const Index reach = saturating_sum(saturating_product(size - 1, o.dilation_rate[axis]), 1);
  const Index more = o.output_padding ? (*o.output_padding)[axis] : -1;
  const Index output =
      o.padding == Padding::valid ? saturating_sum(saturating_product(input - 1, stride),
                                                   more < 0 ? (std::max)(reach, stride) : saturating_sum(reach, more))
      : more < 0 ? saturating_product(input, stride)
                 : saturating_sum(saturating_product(input - 1, stride), saturating_sum(reach % 2, more));
  if (input < 1 || output < 1) [[unlikely]]
    raise<ShapeError>("conv_transpose: expected an output of size >= 1 along each axis, got ", output,
                      " from an input of size ", input, ". Pass a larger input or a larger output_padding.");
  return output;
}

/// Checks the ranks of x, kernel and bias. Throws ShapeError.
inline void check_convolution(const char* who, const Shape& x, const Shape& kernel, Index rank_of_bias, Index bias,
                              Index filters) {
  if (x.rank() < 3 || x.rank() > 2 + AxisSizes::max_rank || kernel.rank() != x.rank()) [[unlikely]]
    raise<ShapeError>(who, ": expected x of shape (batch, axes..., channels) with one to three axes, and a kernel of ",
                      "the same rank, got shapes ", x, " and ", kernel);
  if (rank_of_bias >= 0 && (rank_of_bias != 1 || bias != filters)) [[unlikely]]
    raise<ShapeError>(who, ": expected a bias of shape (", filters, ",), got one of rank ", rank_of_bias, " with ",
                      bias, " elements");
  if (kernel.size() == 0) [[unlikely]]
    raise<ShapeError>(who, ": expected a kernel with all sizes >= 1, got shape ", kernel);
}

/// The convolution of x (batch, axes..., channels) with kernel (window..., channels / groups, filters).
inline kernels::Convolution convolution_of(const Shape& x, const Shape& kernel, const ConvolutionOptions& o) {
  const Index rank = x.rank() - 2, channels = x.back(), filters = kernel.back(), group = kernel[-2];
  if (channels % group != 0 || channels == 0 || filters % (channels / group) != 0) [[unlikely]]
    raise<ShapeError>("conv: a kernel of shape ", kernel, " does not match an input with ", channels,
                      " channels: expected (window..., channels / groups, filters), where groups divides both "
                      "channels and filters.");
  return {kernels::Window(rank, x.begin() + 1, AxisSizes(kernel.begin(), rank), o.strides, o.dilation_rate, o.padding),
          x.front(), channels, filters, channels / group};
}

/// The convolution whose transpose maps y (batch, axes..., channels) to the output; kernel (window..., filters,
/// channels).
inline kernels::Convolution transposed_convolution_of(const Shape& y, const Shape& kernel,
                                                      const TransposedConvolutionOptions& o) {
  if (kernel.back() != y.back()) [[unlikely]]
    raise<ShapeError>("conv_transpose: a kernel of shape ", kernel, " does not match an input with ", y.back(),
                      " channels: expected (window..., filters, channels)");
  kernels::Convolution c;
  c.window.rank = y.rank() - 2;
  for (Index i = 0; i < c.window.rank; ++i) {
    kernels::WindowAxis& axis = c.window.axes[i];
    axis.size = kernel[i];
    axis.stride = o.strides[i];
    axis.dilation = o.dilation_rate[i];
    axis.output = y[1 + i];
    axis.input = conv_transpose_output_size(axis.output, axis.size, i, o);
    // Positions outside the output are cropped: half of them at the start, the odd one at the end. output_padding
    // therefore reduces the crop at the end.
    const Index reach = saturating_sum(saturating_product(axis.size - 1, axis.dilation), 1);
    const Index reached = saturating_sum(saturating_product(axis.output - 1, axis.stride), reach);
    const Index cut = std::max<Index>(0, reached - axis.input);
    axis.before = o.padding == Padding::valid ? 0 : cut / 2;
  }
  c.batch = y.front();
  c.channels = kernel[-2];
  c.filters = y.back();
  return c;
}

/// The shape (batch, axes..., channels), with the given size of each axis of the window.
inline Shape convolved_shape(const kernels::Convolution& c, Index kernels::WindowAxis::*size, Index channels) {
  Shape shape{c.batch};
  for (Index i = 0; i < c.window.rank; ++i) shape.push_back(c.window.axes[i].*size);
  shape.push_back(channels);
  return shape;
}
/// The shape of the kernel: (window..., channels / groups, filters).
inline Shape kernel_shape(const kernels::Convolution& c) {
  Shape shape = convolved_shape(c, &kernels::WindowAxis::size, c.group_channels()).slice(1);
  shape.push_back(c.filters);
  return shape;
}

// Three bilinear operations. The gradients of each are the other two. In the comments, conv(x, w) is the convolution,
// conv_transpose(y, w) its transpose with respect to x, and kernel_gradient(x, y) its transpose with respect to w.

template <class S>
Tensor<S> convolve(const kernels::Convolution& c, const Tensor<S>& x, const Tensor<S>& w, const Tensor<S>& b,
                   bool relu);
template <class S>
Tensor<S> convolve_transposed(const kernels::Convolution& c, const Tensor<S>& y, const Tensor<S>& w, const Tensor<S>& b,
                              bool relu);

/// dw = kernel_gradient(x, dy). If g is the gradient of dw, the gradient of x is conv_transpose(dy, g) and that of dy
/// is conv(x, g).
template <class S>
Tensor<S> convolution_kernel_gradient(const kernels::Convolution& c, const Tensor<S>& x, const Tensor<S>& dy) {
  Tensor<S> dw = Tensor<S>::empty(kernel_shape(c));
  kernels::ConvolutionGradients<S> gradients;
  gradients.x = x.data();
  gradients.dy = dy.data();
  gradients.dkernel = TensorAccess::data(dw);
  kernels::convolution_gradients(c, gradients);
  if (Recording<S> tape{dw, x, dy})
    tape.gradient([c, x = tape.keep(x, 1), dy = tape.keep(dy, 0)](const Tensor<S>& d, Gradients<S>& g) {
      if (g.needs(0)) g.add(0, convolve_transposed(c, dy, d, Tensor<S>(), false));
      if (g.needs(1)) g.add(1, convolve(c, x, d, Tensor<S>(), false));
    });
  return dw;
}

/// y = conv(x, w) + b, or max(conv(x, w) + b, 0) if `relu`, in one pass. Gradients: dx = conv_transpose(dz, w),
/// dw = kernel_gradient(x, dz), db = dz summed over all axes except channels, where dz = dy, or if `relu`, dy where
/// y > 0 and 0 elsewhere.
template <class S>
Tensor<S> convolve(const kernels::Convolution& c, const Tensor<S>& x, const Tensor<S>& w, const Tensor<S>& b,
                   bool relu) {
  Tensor<S> y = Tensor<S>::empty(convolved_shape(c, &kernels::WindowAxis::output, c.filters));
  kernels::convolve(c, x.data(), w.data(), b.defined() ? b.data() : nullptr, relu, TensorAccess::data(y));
  if (Recording<S> tape{y, x, w, b})
    tape.gradient([c, x = tape.keep(x, 1), w = tape.keep(w, 0), y = relu ? y : Tensor<S>()](Tensor<S>&& dz,
                                                                                            Gradients<S>& g) {
      if (Gradients<S>::recorded()) {
        if (y.defined()) dz = where(y > 0, dz, S(0));
        if (g.needs(0)) g.add(0, convolve_transposed(c, dz, w, Tensor<S>(), false));
        if (g.needs(1)) g.add(1, convolution_kernel_gradient(c, x, dz));
        if (g.needs(2)) g.add(2, sum_to(dz, {c.filters}));
        return;
      }
      Tensor<S> dx, dw, db;
      const auto buffer = [&g](std::size_t i, Tensor<S>& gradient, const Shape& shape) -> S* {
        if (!g.needs(i)) return nullptr;
        gradient = Tensor<S>::empty(shape);
        return TensorAccess::data(gradient);
      };
      kernels::convolution_gradients<S>(c, {x.defined() ? x.data() : nullptr, w.defined() ? w.data() : nullptr,
                                            dz.data(), y.defined() ? y.data() : nullptr,
                                            buffer(0, dx, convolved_shape(c, &kernels::WindowAxis::input, c.channels)),
                                            buffer(1, dw, kernel_shape(c)), buffer(2, db, {c.filters})});
      if (dx.defined()) g.add(0, std::move(dx));
      if (dw.defined()) g.add(1, std::move(dw));
      if (db.defined()) g.add(2, std::move(db));
    });
  return y;
}

/// x = conv_transpose(y, w) + b, or max(conv_transpose(y, w) + b, 0) if `relu`. Gradients: dy = conv(dz, w),
/// dw = kernel_gradient(dz, y), db = dz summed over all axes except channels, where dz = dx, or if `relu`, dx where
/// x > 0 and 0 elsewhere.
template <class S>
Tensor<S> convolve_transposed(const kernels::Convolution& c, const Tensor<S>& y, const Tensor<S>& w, const Tensor<S>& b,
                              bool relu) {
  Tensor<S> x = Tensor<S>::empty(convolved_shape(c, &kernels::WindowAxis::input, c.channels));
  kernels::convolve_transposed(c, y.data(), w.data(), b.defined() ? b.data() : nullptr, relu, TensorAccess::data(x));
  if (Recording<S> tape{x, y, w, b})
    tape.gradient(
        [c, y = tape.keep(y, 1), w = tape.keep(w, 0), x = relu ? x : Tensor<S>()](Tensor<S>&& dz, Gradients<S>& g) {
          if (x.defined()) dz = where(x > 0, dz, S(0));
          if (g.needs(0)) g.add(0, convolve(c, dz, w, Tensor<S>(), false));
          if (g.needs(1)) g.add(1, convolution_kernel_gradient(c, dz, y));
          if (g.needs(2)) g.add(2, sum_to(dz, {c.channels}));
        });
  return x;
}

LAMINA_COMPILED_FUNCTION(convolution_kernel_gradient);
LAMINA_COMPILED_FUNCTION(convolve);
LAMINA_COMPILED_FUNCTION(convolve_transposed);

/// Convolution with optional bias (undefined for none) and fused ReLU; called by layers.
template <class S>
Tensor<S> conv(const Tensor<S>& x, const Tensor<S>& w, const Tensor<S>& b, bool relu, const ConvolutionOptions& o) {
  check_convolution("conv", x.shape(), w.shape(), b.defined() ? b.rank() : -1, b.defined() ? b.size() : 0,
                    w.rank() == 0 ? 0 : w.shape().back());
  return convolve(convolution_of(x.shape(), w.shape(), o), x, w, b, relu);
}
/// Transposed convolution with optional bias (undefined for none) and fused ReLU; called by layers.
template <class S>
Tensor<S> conv_transpose(const Tensor<S>& x, const Tensor<S>& w, const Tensor<S>& b, bool relu,
                         const TransposedConvolutionOptions& o) {
  check_convolution("conv_transpose", x.shape(), w.shape(), b.defined() ? b.rank() : -1, b.defined() ? b.size() : 0,
                    w.rank() < 2 ? 0 : w.shape()[-2]);
  return convolve_transposed(transposed_convolution_of(x.shape(), w.shape(), o), x, w, b, relu);
}

LAMINA_COMPILED_FUNCTION(conv);
LAMINA_COMPILED_FUNCTION(conv_transpose);

}  // namespace detail

/// Computes a convolution over one to three spatial axes: y[o, f] = sum over window offsets k and channels c of
/// x[o stride + k dilation, c] kernel[k, c, f].
///
/// Shapes: x (batch, axes..., channels), kernel (window..., channels / groups, filters), result (batch, output axes...,
/// filters). The number of groups is the channels of x divided by axis -2 of the kernel; each group computes
/// filters / groups filters. Throws ShapeError if ranks or channels do not match. `keras.ops.conv`.
///
///     conv(images, kernel, {.strides = 2, .padding = "same"})
template <TensorLike X, TensorLike W>
auto conv(const X& x, const W& kernel, const ConvolutionOptions& options = {}) {
  using S = detail::scalar_of<X>;
  return detail::conv<S>(detail::as_tensor(x), detail::as_tensor_of<S>(kernel), Tensor<S>(), false, options);
}
/// Computes a convolution plus a bias of shape (filters,).
template <TensorLike X, TensorLike W, TensorLike B>
auto conv(const X& x, const W& kernel, const B& bias, const ConvolutionOptions& options = {}) {
  using S = detail::scalar_of<X>;
  return detail::conv<S>(detail::as_tensor(x), detail::as_tensor_of<S>(kernel), detail::as_tensor_of<S>(bias), false,
                         options);
}

/// Computes a transposed convolution, the gradient of `conv` with respect to its input: y[i stride + k dilation, f] +=
/// x[i, c] kernel[k, f, c] for every position i, window offset k, channel c and filter f.
///
/// Shapes: x (batch, axes..., channels), kernel (window..., filters, channels), result (batch, output axes...,
/// filters). With r = (window - 1) dilation + 1, an axis of size n becomes
///
/// | padding | without output_padding         | with output_padding p         |
/// |---------|--------------------------------|-------------------------------|
/// | "valid" | (n - 1) stride + max(r, stride)| (n - 1) stride + r + p        |
/// | "same"  | n stride                       | (n - 1) stride + r % 2 + p    |
///
/// Throws ShapeError if ranks or channels do not match or an output axis would be empty. `keras.ops.conv_transpose`.
template <TensorLike X, TensorLike W>
auto conv_transpose(const X& x, const W& kernel, const TransposedConvolutionOptions& options = {}) {
  using S = detail::scalar_of<X>;
  return detail::conv_transpose<S>(detail::as_tensor(x), detail::as_tensor_of<S>(kernel), Tensor<S>(), false, options);
}
/// Computes a transposed convolution plus a bias of shape (filters,).
template <TensorLike X, TensorLike W, TensorLike B>
auto conv_transpose(const X& x, const W& kernel, const B& bias, const TransposedConvolutionOptions& options = {}) {
  using S = detail::scalar_of<X>;
  return detail::conv_transpose<S>(detail::as_tensor(x), detail::as_tensor_of<S>(kernel), detail::as_tensor_of<S>(bias),
                                   false, options);
}

}  // namespace lamina
