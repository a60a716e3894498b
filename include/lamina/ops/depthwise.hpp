#pragma once
#include "lamina/kernels/convolution/depthwise.hpp"
#include "lamina/ops/arithmetic.hpp"
#include "lamina/ops/convolution.hpp"
#include "lamina/ops/shaping.hpp"

namespace lamina {

namespace detail {

// Three bilinear operations. The gradients of each are the other two. Inputs have shape (batch, axes..., channels),
// kernels (window..., channels).

template <class S>
Tensor<S> depthwise_input_gradient(const kernels::Depthwise& d, const Tensor<S>& dy, const Tensor<S>& w,
                                   const Shape& shape);
template <class S>
Tensor<S> depthwise_kernel_gradient(const kernels::Depthwise& d, const Tensor<S>& x, const Tensor<S>& dy,
                                    const Shape& shape);

/// y = depthwise convolution of x with w, plus b (undefined for none). Gradients: dx = depthwise_input_gradient(dy, w),
/// dw = depthwise_kernel_gradient(x, dy), db = dy summed over all axes except channels.
template <class S>
Tensor<S> depthwise(const kernels::Depthwise& d, const Tensor<S>& x, const Tensor<S>& w, const Tensor<S>& b) {
  Shape shape = x.shape();
  for (Index i = 1; i + 1 < shape.rank(); ++i) shape[i] = d.axes[3 - (shape.rank() - 2) + i - 1].output;
  Tensor<S> y = Tensor<S>::empty(shape);
  kernels::depthwise(d, x.data(), w.data(), b.defined() ? b.data() : nullptr, TensorAccess::data(y));
  if (Recording<S> tape{y, x, w, b})
    tape.gradient([d, x_shape = x.shape(), w_shape = w.shape(), x = tape.keep(x, 1), w = tape.keep(w, 0)](
                      const Tensor<S>& dy, Gradients<S>& g) {
      if (g.needs(0)) g.add(0, depthwise_input_gradient(d, dy, w, x_shape));
      if (g.needs(1) && g.needs(2) && !Gradients<S>::recorded()) {
        Tensor<S> dw = Tensor<S>::empty(w_shape), db = Tensor<S>::empty({d.channels});
        kernels::depthwise_kernel_gradient(d, x.data(), dy.data(), TensorAccess::data(dw), TensorAccess::data(db));
        g.add(1, std::move(dw));
        g.add(2, std::move(db));
        return;
      }
      if (g.needs(1)) g.add(1, depthwise_kernel_gradient(d, x, dy, w_shape));
      if (g.needs(2)) g.add(2, sum_to(dy, {d.channels}));
    });
  return y;
}

/// dx = the gradient of a depthwise convolution with respect to its input. If g is the gradient of dx, the gradient of
/// dy is depthwise(g, w) and that of w is depthwise_kernel_gradient(g, dy).
template <class S>
Tensor<S> depthwise_input_gradient(const kernels::Depthwise& d, const Tensor<S>& dy, const Tensor<S>& w,
                                   const Shape& shape) {
  Tensor<S> dx = Tensor<S>::empty(shape);
  kernels::depthwise_input_gradient(d, dy.data(), w.data(), TensorAccess::data(dx));
  if (Recording<S> tape{dx, dy, w})
    tape.gradient([d, w_shape = w.shape(), dy = tape.keep(dy, 1), w = tape.keep(w, 0)](const Tensor<S>& dx_gradient,
                                                                                       Gradients<S>& g) {
      if (g.needs(0)) g.add(0, depthwise(d, dx_gradient, w, Tensor<S>()));
      if (g.needs(1)) g.add(1, depthwise_kernel_gradient(d, dx_gradient, dy, w_shape));
    });
  return dx;
}

/// dw = the gradient of a depthwise convolution with respect to its kernel. If g is the gradient of dw, the gradient of
/// x is depthwise_input_gradient(dy, g) and that of dy is depthwise(x, g).
template <class S>
Tensor<S> depthwise_kernel_gradient(const kernels::Depthwise& d, const Tensor<S>& x, const Tensor<S>& dy,
                                    const Shape& shape) {
  Tensor<S> dw = Tensor<S>::empty(shape);
  kernels::depthwise_kernel_gradient<S>(d, x.data(), dy.data(), TensorAccess::data(dw), nullptr);
  if (Recording<S> tape{dw, x, dy})
    tape.gradient([d, x_shape = x.shape(), x = tape.keep(x, 1), dy = tape.keep(dy, 0)](const Tensor<S>& dw_gradient,
                                                                                       Gradients<S>& g) {
      if (g.needs(0)) g.add(0, depthwise_input_gradient(d, dy, dw_gradient, x_shape));
      if (g.needs(1)) g.add(1, depthwise(d, x, dw_gradient, Tensor<S>()));
    });
  return dw;
}

LAMINA_COMPILED_FUNCTION(depthwise);
LAMINA_COMPILED_FUNCTION(depthwise_input_gradient);
LAMINA_COMPILED_FUNCTION(depthwise_kernel_gradient);

}  // namespace detail

/// The options of depthwise_conv: those of conv.
using DepthwiseOptions = ConvolutionOptions;

/// Computes a depthwise convolution: each channel c is convolved with m kernels, y[o, c m + j] = sum over
/// window offsets k of x[o stride + k dilation, c] kernel[k, c, j], plus the optional bias.
///
/// Shapes: x (batch, axes..., channels) with one to three axes, kernel (window..., channels, m), bias (channels m,) or
/// undefined; result (batch, output axes..., channels m). Throws ShapeError if ranks or channels do not match.
/// `keras.ops.depthwise_conv`.
template <TensorLike X, TensorLike W, class S = detail::scalar_of<X>>
Tensor<S> depthwise_conv(const X& input, const W& weights, const DepthwiseOptions& options = {},
                         const Tensor<S>& bias = {}) {
  const auto& x = detail::as_tensor(input);
  const auto& w = detail::as_tensor(weights);
  const Index rank = x.rank() - 2;
  if (rank < 1 || rank > 3 || w.rank() != rank + 2 || w.shape()[-2] != x.columns()) [[unlikely]]
    raise<ShapeError>("depthwise_conv: expected x of shape (batch, axes..., channels) with one to three axes, and a ",
                      "kernel (window..., channels, multiplier), got shapes ", x.shape(), " and ", w.shape());
  const Index multiplier = w.columns(), channels = w.shape()[-2] * multiplier;
  Tensor<S> repeated = x;
  if (multiplier > 1) {  // repeat each channel once per kernel
    Shape one = x.shape(), each = x.shape();
    one.push_back(1);
    each.push_back(multiplier);
    repeated = detail::reshape_to(detail::broadcast_to(detail::reshape_to(x, one), each), x.shape().with(-1, channels));
  }
  const kernels::Window window(rank, x.shape().begin() + 1, AxisSizes(w.shape().begin(), rank), options.strides,
                               options.dilation_rate, options.padding);
  return detail::depthwise(kernels::Depthwise(x.shape().front(), channels, window), repeated,
                           detail::reshape_to(w, w.shape().slice(0, rank + 1).with(-1, channels)), bias);
}

}  // namespace lamina
