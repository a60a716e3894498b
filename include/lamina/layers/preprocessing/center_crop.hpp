#pragma once
#include "lamina/layers/preprocessing/resizing.hpp"

namespace lamina {

/// The options of CenterCrop.
struct CenterCropOptions {
  bool channels_first = false;  ///< If true, the channels are axis 1; otherwise the last axis. Default: false.
  std::string name = {};        ///< Name of the layer. Default: made from the class name.
};

/// The arguments of CenterCrop.
struct CenterCropArguments {
  Index height = 0;                ///< Number of rows of the output; >= 1. Required.
  Index width = 0;                 ///< Number of columns of the output; >= 1. Required.
  CenterCropOptions options = {};  ///< All other arguments.
  template <class Self, class Field>
  static void fields(Self& self, Field&& field) {
    field.required("height", self.height);
    field.required("width", self.width);
    detail::ChannelsFirst format{self.options.channels_first};
    field("data_format", format);
    if constexpr (!std::is_const_v<Self>) self.options.channels_first = format.value;
  }
};

/// Crops images to their center. An image that is smaller than the target is cropped to the target's aspect ratio and
/// resized with bilinear interpolation. Keras's `keras.layers.CenterCrop`.
/// Shapes: x (batch, rows, columns, channels) or (rows, columns, channels), y the same with `height` rows and `width`
/// columns; with channels_first the channels precede the rows. Throws a ValueError if height < 1 or width < 1, a
/// ShapeError for an input of another rank.
template <class Scalar = float>
class CenterCrop : public Layer<Scalar> {
 public:
  using Arguments = CenterCropArguments;
  /// Constructs the layer for a size of the output in pixels.
  CenterCrop(Index height, Index width, CenterCropOptions options = {})
      : CenterCrop(CenterCropArguments{height, width, std::move(options)}) {}
  /// Constructs the layer from its arguments.
  LAMINA_COLD explicit CenterCrop(CenterCropArguments arguments) : arguments_(std::move(arguments)) {
    if (arguments_.height < 1 || arguments_.width < 1)
      raise<ValueError>("CenterCrop: expected height >= 1 and width >= 1, got ", arguments_.height, " and ",
                        arguments_.width);
    this->set_name(arguments_.options.name);
  }
  std::string class_name() const override { return "CenterCrop"; }
  LAMINA_COLD Config get_config() const override { return this->config_with(arguments_); }
  Tensor<Scalar> call(const Tensor<Scalar>& x) const override {
    const Index at = detail::row_axis(x.shape(), arguments_.options.channels_first);
    const Index height = arguments_.height, width = arguments_.width;
    const Index top = x.shape()[at] - height, left = x.shape()[at + 1] - width;
    if (top >= 0 && left >= 0) return detail::window(x, at, top / 2, left / 2, height, width);
    return detail::resize(detail::cropped_to_ratio(x, at, height, width), at, height, width, Interpolation::bilinear,
                          false);
  }
  LAMINA_COLD Shape compute_output_shape(const Shape& input) const override {
    return detail::resized_shape(input, arguments_.options.channels_first, arguments_.height, arguments_.width);
  }

 private:
  CenterCropArguments arguments_;
};

CenterCrop(Index, Index, CenterCropOptions) -> CenterCrop<float>;

}  // namespace lamina
