#include <lamina/ops/convolution.hpp>

#include "support/check_gradient.hpp"
#include "support/check_layer.hpp"
#include "support/with_threads.hpp"

using namespace lamina;
using lamina::testing::check_gradient;

namespace {

/// Reference implementation for one axis: y[o, f] = sum of x[o stride - before + k dilation, c] kernel[k, c, f].
Tensor<double> by_loops(const Tensor<double>& x, const Tensor<double>& kernel, Index outputs, Index stride,
                        Index dilation, Index before) {
  const Index batch = x.shape()[0], steps = x.shape()[1], size = kernel.shape()[0], filters = kernel.shape()[2];
  const Index group = kernel.shape()[1], groups = x.shape()[2] / group;
  Tensor<double> y = Tensor<double>::zeros({batch, outputs, filters});
  double* out = y.mutable_data();
  for (Index n = 0; n < batch; ++n)
    for (Index o = 0; o < outputs; ++o)
      for (Index f = 0; f < filters; ++f)
        for (Index k = 0; k < size; ++k) {
          const Index at = o * stride - before + k * dilation;
          if (at < 0 || at >= steps) continue;
          for (Index c = 0; c < group; ++c)
            out[(n * outputs + o) * filters + f] += x(n, at, f / (filters / groups) * group + c) * kernel(k, c, f);
        }
  return y;
}

}  // namespace

TEST(ConvOperation, AgreesWithPlainLoops) {
  const Tensor<double> x = expect::scattered({3, 11, 4}, 1), w = expect::scattered({3, 4, 6}, 2),
                       grouped = expect::scattered({3, 2, 6}, 3), b = expect::scattered({6}, 4);
  EXPECT_TRUE(expect::near(conv(x, w), by_loops(x, w, 9, 1, 1, 0)));
  EXPECT_TRUE(expect::near(conv(x, w, b), by_loops(x, w, 9, 1, 1, 0) + b));
  EXPECT_TRUE(expect::near(conv(x, w, {.strides = 2, .padding = "same"}), by_loops(x, w, 6, 2, 1, 1)));
  EXPECT_TRUE(expect::near(conv(x, w, {.padding = "causal", .dilation_rate = 2}), by_loops(x, w, 11, 1, 2, 4)));
  EXPECT_TRUE(expect::near(conv(x, grouped, {.dilation_rate = 3}), by_loops(x, grouped, 5, 1, 3, 0)));
}

TEST(ConvOperation, TransposeIsTheGradientOfConvolution) {
  // <conv(x, w), d> = <x, conv_transpose(d, w)> for every d.
  const Tensor<double> x = expect::scattered({2, 9, 9, 3}, 1), w = expect::scattered({3, 2, 3, 5}, 2);
  const Tensor<double> y = conv(x, w, {.strides = {2, 3}}), d = expect::scattered(y.shape(), 3);
  const Tensor<double> back = conv_transpose(d, w, {.strides = {2, 3}});
  ASSERT_EQ(back.shape(), x.shape());
  EXPECT_NEAR(sum(y * d).item(), sum(x * back).item(), 1e-12);
}

TEST(ConvOperation, OutputSizesOfTransposedConvolutionsAreKerass) {
  const auto size = [](Index input, Index window, TransposedConvolutionOptions options) {
    return conv_transpose(Tensor<float>::zeros({1, input, 1}), Tensor<float>::zeros({window, 1, 1}), options)
        .shape()[1];
  };
  EXPECT_EQ(size(5, 3, {.strides = 2}), 11);
  EXPECT_EQ(size(5, 2, {.strides = 3}), 15);
  EXPECT_EQ(size(5, 3, {.strides = 2, .padding = "same"}), 10);
  EXPECT_EQ(size(5, 3, {.strides = 2, .output_padding = 1}), 12);
  EXPECT_EQ(size(5, 3, {.strides = 2, .padding = "same", .output_padding = 0}), 9);
  EXPECT_EQ(size(5, 4, {.strides = 2, .padding = "same", .output_padding = 1}), 9);
  EXPECT_EQ(size(5, 3, {.dilation_rate = 2}), 9);
}

TEST(ConvOperation, GradientsOfFirstAndSecondOrder) {
  const GradientCheckOptions both{.second_order = true};
  const Tensor<double> x = expect::scattered({2, 5, 4, 2}, 1), w = expect::scattered({3, 2, 2, 3}, 2),
                       grouped = expect::scattered({2, 2, 1, 4}, 3), b = expect::scattered({3}, 4);
  EXPECT_TRUE(
      check_gradient([](const auto& u, const auto& v, const auto& c) { return conv(u, v, c); }, {x, w, b}, both));
  EXPECT_TRUE(check_gradient(
      [](const auto& u, const auto& v) {
        return conv(u, v, {.strides = {2, 1}, .padding = "same"});
      },
      {x, w}, both));
  EXPECT_TRUE(check_gradient(
      [](const auto& u, const auto& v) {
        return conv(u, v, {.dilation_rate = {2, 1}});
      },
      {x, grouped}, both));
  EXPECT_TRUE(check_gradient(
      [](const auto& u, const auto& v, const auto& c) { return detail::conv<double>(u, v, c, true, {}) * 2; },
      {x, w, b}, both));
  const Tensor<double> back = expect::scattered({3, 2, 3, 2}, 5), c2 = expect::scattered({3}, 6);
  EXPECT_TRUE(check_gradient([](const auto& u, const auto& v,
                                const auto& c) { return conv_transpose(u, v, c, {.strides = 2, .padding = "same"}); },
                             {x, back, c2}, both));
  EXPECT_TRUE(check_gradient(
      [](const auto& u, const auto& v, const auto& c) { return detail::conv_transpose<double>(u, v, c, true, {}) * 2; },
      {x, back, c2}, both));
}

TEST(ConvOperation, RejectsInvalidArguments) {
  const Tensor<float> x = Tensor<float>::zeros({2, 5, 4}), w = Tensor<float>::zeros({3, 4, 6});
  EXPECT_TRUE(expect::error<ShapeError>([&] { conv(x, Tensor<float>::zeros({3, 3, 6})); }, {"4 channels", "groups"}));
  EXPECT_TRUE(expect::error<ShapeError>([&] { conv(x, Tensor<float>::zeros({3, 3, 4, 6})); }, {"same rank"}));
  EXPECT_TRUE(expect::error<ShapeError>([&] { conv(x, w, Tensor<float>::zeros({5})); }, {"bias", "(6,)"}));
  EXPECT_TRUE(expect::error<ShapeError>([&] { conv(x, w, {.dilation_rate = 3}); }, {"does not fit", "5", "same"}));
  EXPECT_TRUE(expect::error<ShapeError>([&] { conv_transpose(x, w); }, {"filters, channels"}));
}
