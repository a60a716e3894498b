#pragma once
#include <optional>

#include "lamina/kernels/convolution/convolution_gradients.hpp"
#include "lamina/kernels/reduce.hpp"
#include "lamina/ops/arithmetic.hpp"
#include "lamina/ops/map.hpp"
#include "lamina/ops/reductions.hpp"
#include "lamina/ops/shaping.hpp"

// Convolution of images with their channels last: (batch, one to three axes..., channels).

namespace lamina {

/// The options of convolutions, depthwise ones included. Sizes are one number for all axes, or one for each.
struct ConvolutionOptions {
  AxisSizes strides = 1;             ///< Distance between neighboring windows along each axis; >= 1. Default: 1.
  Padding padding = Padding::valid;  ///< "valid", "same", or over one axis "causal"; see Padding. Default: "valid".
  AxisSizes dilation_rate = 1;       ///< Distance between the elements of a window; >= 1. Default: 1.
};

/// The options of transposed convolutions. Sizes are one number for all axes, or one for each.
struct TransposedConvolutionOptions {
  AxisSizes strides = 1;  ///< Distance in the output between the windows of neighboring inputs; >= 1. Default: 1.
  Padding padding =
      Padding::valid;  ///< "valid", or "same": as large as the input, times the strides. Default: "valid".
  /// What is added to the size of the output along each axis; >= 0. Default: none, the size of Keras's default.
  std::optional<AxisSizes> output_padding = std::nullopt;
  AxisSizes dilation_rate = 1;  ///< Distance between the elements of a window; >= 1. Default: 1.
};

namespace detail {

/// The size of an axis after a transposed convolution, by Keras's rule; None for one that is not known.
inline Index spread_size(Index input, Index size, Index axis, const TransposedConvolutionOptions& o) {
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
    raise<ShapeError>("conv_transpose: nothing is left of an axis of ", input, ": pass a larger input.");
  return output;
}

/// What x and kernel must be like for either direction.
inline void check_convolution(const char* who, const Shape& x, const Shape& kernel, Index rank_of_bias, Index bias,
                              Index filters) {
  if (x.rank() < 3 || x.rank() > 2 + AxisSizes::max_rank || kernel.rank() != x.rank()) [[unlikely]]
    raise<ShapeError>(who, ": expected x (batch, axes..., channels) with one to three axes, and a kernel of the same ",
                      "rank, got shapes ", x, " and ", kernel);
  if (rank_of_bias >= 0 && (rank_of_bias != 1 || bias != filters)) [[unlikely]]
    raise<ShapeError>(who, ": expected a bias of shape (", filters, ",), got rank ", rank_of_bias, " and ", bias,
                      " elements");
  if (kernel.size() == 0) [[unlikely]]
    raise<ShapeError>(who, ": the kernel of shape ", kernel, " is empty");
}

/// x (batch, axes..., channels) with kernel (window..., channels / groups, filters).
inline kernels::Convolution convolution_of(const Shape& x, const Shape& kernel, const ConvolutionOptions& o) {
  const Index rank = x.rank() - 2, channels = x.back(), filters = kernel.back(), group = kernel[-2];
  if (channels % group != 0 || channels == 0 || filters % (channels / group) != 0) [[unlikely]]
    raise<ShapeError>("conv: ", channels, " channels do not fit a kernel of shape ", kernel,
                      ": expected (window..., channels / groups, filters), the groups dividing both.");
  return {kernels::Window(rank, x.begin() + 1, AxisSizes(kernel.begin(), rank), o.strides, o.dilation_rate, o.padding),
          x.front(), channels, filters, channels / group};
}

/// The convolution that y (batch, axes..., channels) is sent back through, its kernel (window..., filters, channels).
inline kernels::Convolution transposed_convolution_of(const Shape& y, const Shape& kernel,
                                                      const TransposedConvolutionOptions& o) {
  if (kernel.back() != y.back()) [[unlikely]]
    raise<ShapeError>("conv_transpose: ", y.back(), " channels do not fit a kernel of shape ", kernel,
                      ": expected (window..., filters, channels)");
  kernels::Convolution c;
  c.window.rank = y.rank() - 2;
  for (Index i = 0; i < c.window.rank; ++i) {
    kernels::WindowAxis& axis = c.window.axes[i];
    axis.size = kernel[i];
    axis.stride = o.strides[i];
    axis.dilation = o.dilation_rate[i];
    axis.output = y[1 + i];
    axis.input = spread_size(axis.output, axis.size, i, o);
    // What reaches over the borders is cut off there: half of it before, the odd one after. What output_padding adds
    // comes last, so that it takes from what is cut off after.
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

inline Shape convolved_shape(const kernels::Convolution& c, Index kernels::WindowAxis::*size, Index channels) {
  Shape shape{c.batch};
  for (Index i = 0; i < c.window.rank; ++i) shape.push_back(c.window.axes[i].*size);
  shape.push_back(channels);
  return shape;
}
inline Shape kernel_shape(const kernels::Convolution& c) {
  Shape shape = convolved_shape(c, &kernels::WindowAxis::size, c.group_channels()).slice(1);
  shape.push_back(c.filters);
  return shape;
}

// Three operations, each linear in both of its tensors, that are each other's gradients.

template <class S>
Tensor<S> convolve(const kernels::Convolution& c, const Tensor<S>& x, const Tensor<S>& w, const Tensor<S>& b,
                   bool relu);
template <class S>
Tensor<S> convolve_transposed(const kernels::Convolution& c, const Tensor<S>& y, const Tensor<S>& w, const Tensor<S>& b,
                              bool relu);

/// dw = x with dy, at every offset in the window;  dx = dy through g,  d dy = x * g
template <class S>
Tensor<S> convolution_kernel_gradient(const kernels::Convolution& c, const Tensor<S>& x, const Tensor<S>& dy) {
  Tensor<S> dw = Tensor<S>::empty(kernel_shape(c));
  kernels::ConvolutionGradients<S> wanted;
  wanted.x = x.data();
  wanted.dy = dy.data();
  wanted.dkernel = TensorAccess::data(dw);
  kernels::convolution_gradients(c, wanted);
  if (Recording<S> tape{dw, x, dy})
    tape.gradient([c, x = tape.keep(x, 1), dy = tape.keep(dy, 0)](const Tensor<S>& d, Gradients<S>& g) {
      if (g.needs(0)) g.add(0, convolve_transposed(c, dy, d, Tensor<S>(), false));
      if (g.needs(1)) g.add(1, convolve(c, x, d, Tensor<S>(), false));
    });
  return dw;
}

/// y = x * w + b, or max(x * w + b, 0), in one pass;  dz = dy (where y > 0, else 0),  dx = dz through w,  dw = x with
/// dz,  db = dz summed over all but channels
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
      const auto wanted = [&g](std::size_t i, Tensor<S>& gradient, const Shape& shape) -> S* {
        if (!g.needs(i)) return nullptr;
        gradient = Tensor<S>::empty(shape);
        return TensorAccess::data(gradient);
      };
      kernels::convolution_gradients<S>(c, {x.defined() ? x.data() : nullptr, w.defined() ? w.data() : nullptr,
                                            dz.data(), y.defined() ? y.data() : nullptr,
                                            wanted(0, dx, convolved_shape(c, &kernels::WindowAxis::input, c.channels)),
                                            wanted(1, dw, kernel_shape(c)), wanted(2, db, {c.filters})});
      if (dx.defined()) g.add(0, std::move(dx));
      if (dw.defined()) g.add(1, std::move(dw));
      if (db.defined()) g.add(2, std::move(db));
    });
  return y;
}

/// x = y sent back through w, + b, or max(that, 0);  dz = dx (where x > 0, else 0),  dy = dz * w,  dw = dz with y,
/// db = dz summed over all but channels
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

/// The operations as layers call them, the bias left out where undefined.
template <class S>
Tensor<S> conv(const Tensor<S>& x, const Tensor<S>& w, const Tensor<S>& b, bool relu, const ConvolutionOptions& o) {
  check_convolution("conv", x.shape(), w.shape(), b.defined() ? b.rank() : -1, b.defined() ? b.size() : 0,
                    w.rank() == 0 ? 0 : w.shape().back());
  return convolve(convolution_of(x.shape(), w.shape(), o), x, w, b, relu);
}
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

/// Convolution: y[o, f] = sum over the window's offsets k and the channels c of x[o stride + k dilation, c] kernel[k,
/// c, f], over one to three axes. Shapes: x (batch, axes..., channels), kernel (window..., channels / groups, filters),
/// y (batch, new axes..., filters); there are as many groups as the kernel leaves room for, each with its part of the
/// filters. Keras's ops.conv.
///
///     conv(images, kernel, {.strides = 2, .padding = "same"})
template <TensorLike X, TensorLike W>
auto conv(const X& x, const W& kernel, const ConvolutionOptions& options = {}) {
  using S = detail::scalar_of<X>;
  return detail::conv<S>(detail::as_tensor(x), detail::as_tensor_of<S>(kernel), Tensor<S>(), false, options);
}
template <TensorLike X, TensorLike W, TensorLike B>
auto conv(const X& x, const W& kernel, const B& bias, const ConvolutionOptions& options = {}) {
  using S = detail::scalar_of<X>;
  return detail::conv<S>(detail::as_tensor(x), detail::as_tensor_of<S>(kernel), detail::as_tensor_of<S>(bias), false,
                         options);
}

/// Transposed convolution, the gradient of conv with respect to its input as an operation of its own: each position of
/// x adds itself times the kernel to the places that its window covers. Shapes: x (batch, axes..., channels), kernel
/// (window..., filters, channels), y (batch, new axes..., filters). With r = (window - 1) dilation + 1 an axis becomes
/// (n - 1) stride + max(r, stride), or n stride with padding "same"; with output_padding p it becomes (n - 1) stride +
/// r + p, or (n - 1) stride + r % 2 + p. Keras's ops.conv_transpose.
template <TensorLike X, TensorLike W>
auto conv_transpose(const X& x, const W& kernel, const TransposedConvolutionOptions& options = {}) {
  using S = detail::scalar_of<X>;
  return detail::conv_transpose<S>(detail::as_tensor(x), detail::as_tensor_of<S>(kernel), Tensor<S>(), false, options);
}
template <TensorLike X, TensorLike W, TensorLike B>
auto conv_transpose(const X& x, const W& kernel, const B& bias, const TransposedConvolutionOptions& options = {}) {
  using S = detail::scalar_of<X>;
  return detail::conv_transpose<S>(detail::as_tensor(x), detail::as_tensor_of<S>(kernel), detail::as_tensor_of<S>(bias),
                                   false, options);
}

}  // namespace lamina
