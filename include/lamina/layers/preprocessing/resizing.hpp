#pragma once
#include "lamina/layers/base/data_format.hpp"
#include "lamina/layers/base/layer.hpp"
#include "lamina/ops/resize.hpp"

namespace lamina {

/// The options of Resizing.
struct ResizingOptions {
  /// Interpolation between pixels: "nearest", "bilinear", "bicubic", "lanczos3" or "lanczos5". Default: "bilinear".
  Interpolation interpolation = Interpolation::bilinear;
  /// If true, crops the image to the target's aspect ratio first, around its center. Default: false.
  bool crop_to_aspect_ratio = false;
  /// If true, pads the image to the target's aspect ratio first, around its center. Default: false.
  bool pad_to_aspect_ratio = false;
  double fill_value = 0.0;      ///< Value of the padding. Default: 0.
  bool antialias = false;       ///< If true, applies an anti-aliasing filter if the image shrinks. Default: false.
  bool channels_first = false;  ///< If true, the channels are axis 1; otherwise the last axis. Default: false.
  std::string name = {};        ///< Name of the layer. Default: made from the class name.
};

/// The arguments of Resizing.
struct ResizingArguments {
  Index height = 0;              ///< Number of rows of the output; >= 1. Required.
  Index width = 0;               ///< Number of columns of the output; >= 1. Required.
  ResizingOptions options = {};  ///< All other arguments.
  template <class Self, class Field>
  static void fields(Self& self, Field&& field) {
    field.required("height", self.height);
    field.required("width", self.width);
    field("interpolation", self.options.interpolation);
    field("crop_to_aspect_ratio", self.options.crop_to_aspect_ratio);
    field("pad_to_aspect_ratio", self.options.pad_to_aspect_ratio);
    std::string mode = "constant";
    field("fill_mode", mode);
    if (mode != "constant") raise<ValueError>("fill_mode: expected \"constant\", got \"", mode, "\"");
    field("fill_value", self.options.fill_value);
    field("antialias", self.options.antialias);
    detail::ChannelsFirst format{self.options.channels_first};
    field("data_format", format);
    if constexpr (!std::is_const_v<Self>) self.options.channels_first = format.value;
  }
};

namespace detail {

/// Returns the axis of the rows; the axis of the columns follows it. An image has rank 3, a batch of images rank 4.
inline Index row_axis(const Shape& shape, bool channels_first) {
  if (shape.rank() != 3 && shape.rank() != 4)
    raise<ShapeError>("expected images of rank 4 (batch, rows, columns, channels), or one of rank 3, got shape ",
                      shape);
  return shape.rank() - (channels_first ? 2 : 3);
}
/// Returns a shape with other numbers of rows and columns.
inline Shape resized_shape(const Shape& input, bool channels_first, Index height, Index width) {
  const Index at = row_axis(input, channels_first);
  return input.with(at, height).with(at + 1, width);
}
/// Returns other * part / whole, rounded down: the number of rows for `other` columns at this aspect ratio, or of
/// columns for rows.
inline Index in_proportion(Index other, Index part, Index whole) {
  return static_cast<Index>(static_cast<double>(other) * static_cast<double>(part) / static_cast<double>(whole));
}

/// Returns the block of `rows` by `columns` pixels at (top, left).
template <class S>
Tensor<S> window(const Tensor<S>& x, Index at, Index top, Index left, Index rows, Index columns) {
  Shape begin = x.shape();
  for (Index i = 0; i < begin.rank(); ++i) begin[i] = i == at ? top : i == at + 1 ? left : 0;
  return slice(x, begin, x.shape().with(at, rows).with(at + 1, columns));
}

/// Crops to the largest centered window with the aspect ratio height / width.
template <class S>
Tensor<S> cropped_to_ratio(const Tensor<S>& x, Index at, Index height, Index width) {
  const Index n = x.shape()[at], m = x.shape()[at + 1];
  const Index rows = (std::clamp<Index>)(in_proportion(m, height, width), 1, n);
  const Index columns = (std::clamp<Index>)(in_proportion(n, width, height), 1, m);
  return window(x, at, (n - rows) / 2, (m - columns) / 2, rows, columns);
}

/// Pads with a constant value to the aspect ratio height / width, with the image in the center.
template <class S>
Tensor<S> padded_to_ratio(const Tensor<S>& x, Index at, Index height, Index width, S value) {
  const Index n = x.shape()[at], m = x.shape()[at + 1];
  const Index top = ((std::max)(in_proportion(m, height, width), n) - n) / 2;
  const Index left = ((std::max)(in_proportion(n, width, height), m) - m) / 2;
  if (top == 0 && left == 0) return x;
  Shape begin = x.shape(), whole = x.shape().with(at, n + 2 * top).with(at + 1, m + 2 * left);
  for (Index i = 0; i < begin.rank(); ++i) begin[i] = i == at ? top : i == at + 1 ? left : 0;
  const Tensor<S> inside = insert(x, whole, begin);
  return value == S(0) ? inside : inside + value * (1 - insert(Tensor<S>::ones(x.shape()), whole, begin));
}

}  // namespace detail

/// Resizes images by interpolation. Keras's `keras.layers.Resizing`.
/// Shapes: x (batch, rows, columns, channels) or (rows, columns, channels), y the same with `height` rows and `width`
/// columns; with channels_first the channels precede the rows. Throws a ValueError if height < 1 or width < 1, a
/// ShapeError for an input of another rank.
///
/// The centers of pixels are at half-integer coordinates. Without anti-aliasing, "nearest", "bilinear" and "bicubic"
/// (Keys's cubic with a = -3/4) equal PyTorch's; with anti-aliasing, and for "lanczos3" and "lanczos5", TensorFlow's.
///
///     Resizing(224, 224)
///     Resizing(64, 64, {.interpolation = "nearest", .crop_to_aspect_ratio = true})
template <class Scalar = float>
class Resizing : public Layer<Scalar> {
 public:
  using Arguments = ResizingArguments;
  /// Constructs the layer for a size of the output in pixels.
  Resizing(Index height, Index width, ResizingOptions options = {})
      : Resizing(ResizingArguments{height, width, std::move(options)}) {}
  /// Constructs the layer from its arguments.
  LAMINA_COLD explicit Resizing(ResizingArguments arguments) : arguments_(std::move(arguments)) {
    const ResizingOptions& o = arguments_.options;
    if (arguments_.height < 1 || arguments_.width < 1)
      raise<ValueError>("Resizing: expected height >= 1 and width >= 1, got ", arguments_.height, " and ",
                        arguments_.width);
    if (o.crop_to_aspect_ratio && o.pad_to_aspect_ratio)
      raise<ValueError>("Resizing: expected crop_to_aspect_ratio or pad_to_aspect_ratio, got both");
    this->set_name(o.name);
  }
  std::string class_name() const override { return "Resizing"; }
  LAMINA_COLD Config get_config() const override { return this->config_with(arguments_); }
  Tensor<Scalar> call(const Tensor<Scalar>& x) const override {
    const ResizingOptions& o = arguments_.options;
    const Index at = detail::row_axis(x.shape(), o.channels_first), height = arguments_.height,
                width = arguments_.width;
    Tensor<Scalar> image = x;
    if (o.crop_to_aspect_ratio) image = detail::cropped_to_ratio(x, at, height, width);
    if (o.pad_to_aspect_ratio) image = detail::padded_to_ratio(x, at, height, width, static_cast<Scalar>(o.fill_value));
    return detail::resize(image, at, height, width, o.interpolation, o.antialias);
  }
  LAMINA_COLD Shape compute_output_shape(const Shape& input) const override {
    return detail::resized_shape(input, arguments_.options.channels_first, arguments_.height, arguments_.width);
  }

 private:
  ResizingArguments arguments_;
};

Resizing(Index, Index, ResizingOptions) -> Resizing<float>;

}  // namespace lamina
