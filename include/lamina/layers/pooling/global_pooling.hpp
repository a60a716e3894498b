#pragma once
#include "lamina/layers/base/input_masks.hpp"
#include "lamina/layers/base/layer.hpp"
#include "lamina/layers/base/window_arguments.hpp"

namespace lamina {

/// The options of global pooling layers.
struct GlobalPoolingOptions {
  bool channels_first = false;  ///< If true, the channels are axis 1; otherwise the last axis. Default: false.
  bool keepdims = false;        ///< If true, the pooled axes have size 1; otherwise they are dropped. Default: false.
  std::string name = {};        ///< Name of the layer. Default: made from the class name.
  template <class Self, class Field>
  static void fields(Self& self, Field&& field) {
    detail::data_format_field(self.channels_first, field);
    field("keepdims", self.keepdims);
  }
};

namespace detail {

/// The base class of global pooling over `Rank` spatial axes.
template <class Scalar, int Rank, bool Largest>
class GlobalPoolingLayer : public Layer<Scalar> {
 public:
  using Arguments = GlobalPoolingOptions;
  LAMINA_COLD explicit GlobalPoolingLayer(GlobalPoolingOptions options = {}) : options_(std::move(options)) {
    this->set_name(options_.name);
    this->set_input_spec({.rank = Rank + 2});
    // The mask of a sequence weights the steps; the output has no mask.
    if (Rank == 1 && !Largest) this->set_supports_masking(true);
  }
  std::string class_name() const override {
    return text(Largest ? "GlobalMaxPooling" : "GlobalAveragePooling", Rank, "D");
  }
  LAMINA_COLD Config get_config() const override { return this->config_with(options_); }
  Tensor<Scalar> call(const Tensor<Scalar>& x) const override {
    const ReduceOptions over{.axes = axes(), .keepdims = options_.keepdims};
    if constexpr (Largest) {
      return (max)(x, over);
    } else {
      const Tensor<Scalar> mask = Rank == 1 ? this->mask_of(x) : Tensor<Scalar>();
      if (!mask.defined()) return mean(x, over);
      const Index n = x.shape()[0], steps = x.shape()[options_.channels_first ? 2 : 1];
      detail::check_mask(mask.shape(), options_.channels_first ? Shape{n, steps} : x.shape(), 2, 2);
      const Tensor<Scalar> counts = reshape(mask, options_.channels_first ? Shape{n, 1, steps} : Shape{n, steps, 1});
      return sum(x * counts, over) / sum(counts, over);
    }
  }
  Tensor<Scalar> compute_mask(const Tensor<Scalar>&, const Tensor<Scalar>&) const override { return {}; }
  LAMINA_COLD Shape compute_output_shape(const Shape& input) const override {
    this->check_input(input);
    Shape output{input[0]};
    for (Index i = 1; i < input.rank(); ++i) {
      const bool channels = i == (options_.channels_first ? 1 : input.rank() - 1);
      if (channels || options_.keepdims) output.push_back(channels ? input[i] : 1);
    }
    return output;
  }

 private:
  std::vector<Index> axes() const {
    std::vector<Index> all;
    for (Index i = 0; i < Rank; ++i) all.push_back(first_spatial_axis(options_.channels_first) + i);
    return all;
  }
  GlobalPoolingOptions options_;
};

}  // namespace detail

/// Maximum of each channel over all steps. Keras's `keras.layers.GlobalMaxPooling1D`.
/// Shapes: x (batch, steps, channels), or (batch, channels, steps) with channels_first; y (batch, channels), with
/// keepdims (batch, 1, channels). Throws a ShapeError for an input of another rank.
///
///     GlobalMaxPooling1D(), GlobalMaxPooling1D({.keepdims = true})
template <class Scalar = float>
class GlobalMaxPooling1D : public detail::GlobalPoolingLayer<Scalar, 1, true> {
 public:
  /// Constructs the layer.
  LAMINA_COLD explicit GlobalMaxPooling1D(GlobalPoolingOptions options = {})
      : detail::GlobalPoolingLayer<Scalar, 1, true>(std::move(options)) {}
};

/// Maximum of each channel over all rows and columns. Keras's `keras.layers.GlobalMaxPooling2D`.
/// Shapes: x (batch, rows, columns, channels), or (batch, channels, rows, columns) with channels_first; y (batch,
/// channels), with keepdims (batch, 1, 1, channels). Throws a ShapeError for an input of another rank.
///
///     GlobalMaxPooling2D(), GlobalMaxPooling2D({.keepdims = true})
template <class Scalar = float>
class GlobalMaxPooling2D : public detail::GlobalPoolingLayer<Scalar, 2, true> {
 public:
  /// Constructs the layer.
  LAMINA_COLD explicit GlobalMaxPooling2D(GlobalPoolingOptions options = {})
      : detail::GlobalPoolingLayer<Scalar, 2, true>(std::move(options)) {}
};

/// Maximum of each channel over all planes, rows and columns. Keras's `keras.layers.GlobalMaxPooling3D`.
/// Shapes: x (batch, planes, rows, columns, channels), or the channels on axis 1 with channels_first; y (batch,
/// channels), with keepdims (batch, 1, 1, 1, channels). Throws a ShapeError for an input of another rank.
///
///     GlobalMaxPooling3D(), GlobalMaxPooling3D({.keepdims = true})
template <class Scalar = float>
class GlobalMaxPooling3D : public detail::GlobalPoolingLayer<Scalar, 3, true> {
 public:
  /// Constructs the layer.
  LAMINA_COLD explicit GlobalMaxPooling3D(GlobalPoolingOptions options = {})
      : detail::GlobalPoolingLayer<Scalar, 3, true>(std::move(options)) {}
};

/// Mean of each channel over all steps, or over the steps that the mask of the input keeps. Keras's
/// `keras.layers.GlobalAveragePooling1D`.
/// Shapes: x (batch, steps, channels), or (batch, channels, steps) with channels_first; the mask (batch, steps); y
/// (batch, channels), with keepdims (batch, 1, channels). Throws a ShapeError for an input or a mask of another rank.
///
///     GlobalAveragePooling1D(), GlobalAveragePooling1D({.keepdims = true})
template <class Scalar = float>
class GlobalAveragePooling1D : public detail::GlobalPoolingLayer<Scalar, 1, false> {
 public:
  /// Constructs the layer.
  LAMINA_COLD explicit GlobalAveragePooling1D(GlobalPoolingOptions options = {})
      : detail::GlobalPoolingLayer<Scalar, 1, false>(std::move(options)) {}
};

/// Mean of each channel over all rows and columns. Keras's `keras.layers.GlobalAveragePooling2D`.
/// Shapes: x (batch, rows, columns, channels), or (batch, channels, rows, columns) with channels_first; y (batch,
/// channels), with keepdims (batch, 1, 1, channels). Throws a ShapeError for an input of another rank.
///
///     GlobalAveragePooling2D(), GlobalAveragePooling2D({.keepdims = true})
template <class Scalar = float>
class GlobalAveragePooling2D : public detail::GlobalPoolingLayer<Scalar, 2, false> {
 public:
  /// Constructs the layer.
  LAMINA_COLD explicit GlobalAveragePooling2D(GlobalPoolingOptions options = {})
      : detail::GlobalPoolingLayer<Scalar, 2, false>(std::move(options)) {}
};

/// Mean of each channel over all planes, rows and columns. Keras's `keras.layers.GlobalAveragePooling3D`.
/// Shapes: x (batch, planes, rows, columns, channels), or the channels on axis 1 with channels_first; y (batch,
/// channels), with keepdims (batch, 1, 1, 1, channels). Throws a ShapeError for an input of another rank.
///
///     GlobalAveragePooling3D(), GlobalAveragePooling3D({.keepdims = true})
template <class Scalar = float>
class GlobalAveragePooling3D : public detail::GlobalPoolingLayer<Scalar, 3, false> {
 public:
  /// Constructs the layer.
  LAMINA_COLD explicit GlobalAveragePooling3D(GlobalPoolingOptions options = {})
      : detail::GlobalPoolingLayer<Scalar, 3, false>(std::move(options)) {}
};

}  // namespace lamina
