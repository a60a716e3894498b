#include "widths.hpp"

namespace widths {

using namespace lamina;

namespace {

template <class S, class L>
void add_layer(Cases& cases, const std::string& name, L&& layer, Shape input) {
  const auto shared = std::make_shared<std::remove_cvref_t<L>>(std::forward<L>(layer));
  const Tensor<S> x = random_normal<S>(std::move(input), {.seed = 1});
  (*shared)(x);
  std::function<std::vector<Variable<S>>()> variables;
  if (!shared->trainable_variables().empty()) variables = [shared] { return shared->trainable_variables(); };
  add<S>(
      cases, "layer/" + name, {x}, [shared](const auto& in) { return (*shared)(in[0], {.training = true}); },
      variables);
}

template <class S>
void add_of(Cases& cases) {
  const auto layer = [&](const std::string& name, auto&& l, Shape shape) {
    add_layer<S>(cases, name, std::forward<decltype(l)>(l), std::move(shape));
  };
  layer("Dense", Dense<S>(128, "relu"), {32, 784});
  layer("EinsumDense", EinsumDense<S>("abc,cd->abd", Shape{16, 32}), {16, 16, 32});
  layer("Conv1D", Conv1D<S>(32, 3), {8, 128, 32});
  layer("Conv2D_3x3", Conv2D<S>(32, 3, {.padding = "same"}), {8, 14, 14, 32});
  layer("Conv2D_5x5_strided", Conv2D<S>(16, 5, {.strides = 2}), {8, 28, 28, 3});
  layer("Conv2D_1x1", Conv2D<S>(64, 1), {8, 14, 14, 32});
  layer("Conv2D_dilated", Conv2D<S>(16, 3, {.dilation_rate = 2}), {8, 14, 14, 16});
  layer("Conv3D", Conv3D<S>(8, 3), {4, 8, 8, 8, 8});
  layer("Conv2DTranspose", Conv2DTranspose<S>(16, 3, {.strides = 2}), {8, 7, 7, 32});
  layer("DepthwiseConv2D", DepthwiseConv2D<S>(3, {.padding = "same"}), {8, 14, 14, 32});
  layer("DepthwiseConv2D_strided", DepthwiseConv2D<S>(3, {.strides = 2}), {8, 14, 14, 32});
  layer("SeparableConv2D", SeparableConv2D<S>(32, 3), {8, 14, 14, 16});
  layer("MaxPooling2D", MaxPooling2D<S>(2), {8, 28, 28, 16});
  layer("MaxPooling2D_overlapping", MaxPooling2D<S>(3, {.strides = 2}), {8, 28, 28, 16});
  layer("AveragePooling2D", AveragePooling2D<S>(2), {8, 28, 28, 16});
  layer("GlobalMaxPooling2D", GlobalMaxPooling2D<S>(), {8, 28, 28, 16});
  layer("GlobalAveragePooling2D", GlobalAveragePooling2D<S>(), {8, 28, 28, 16});
  layer("BatchNormalization", BatchNormalization<S>(), {8, 28, 28, 16});
  layer("LayerNormalization", LayerNormalization<S>(), {512, 128});
  layer("GroupNormalization", GroupNormalization<S>({.groups = 4}), {8, 28, 28, 16});
  layer("RMSNormalization", RMSNormalization<S>(), {512, 128});
  layer("UnitNormalization", UnitNormalization<S>(), {512, 128});
  layer("Dropout", Dropout<S>(0.5), {64, 1000});
  layer("GaussianNoise", GaussianNoise<S>(0.1), {64, 1000});
  layer("UpSampling2D", UpSampling2D<S>(2), {8, 14, 14, 16});
  layer("UpSampling2D_bilinear", UpSampling2D<S>(2, {.interpolation = Interpolation::bilinear}), {8, 14, 14, 16});
  layer("ZeroPadding2D", ZeroPadding2D<S>(1), {8, 28, 28, 16});
  layer("Cropping2D", Cropping2D<S>(1), {8, 28, 28, 16});
  layer("Permute", Permute<S>({2, 1, 3}), {8, 28, 28, 16});
  layer("PReLU", PReLU<S>(), {64, 1000});
  layer("Rescaling", Rescaling<S>(0.5, 1), {64, 1000});
}

}  // namespace

void add_layers(Cases& cases) {
  add_of<float>(cases);
  add_of<double>(cases);
}

}  // namespace widths
