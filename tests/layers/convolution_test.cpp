#include "support/check_gradient.hpp"
#include "support/check_layer.hpp"
#include "support/with_threads.hpp"

// Conv1D, Conv2D, Conv3D and their transposes, and the operations conv and conv_transpose.

using namespace lamina;
using lamina::testing::check_gradient;
using lamina::testing::with_threads;

namespace {

/// y[o, f] = sum of x[o stride - before + k dilation, c] kernel[k, c, f] over one axis, product by product.
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

const Tensor<double>& channels_to_front(const Tensor<double>& x, Tensor<double>& out) {
  Shape order{0, x.rank() - 1};
  for (Index i = 1; i + 1 < x.rank(); ++i) order.push_back(i);
  return out = transpose(x, order);
}

/// A layer with channels first does the same as one with channels last.
template <template <class> class L, class Options>
void check_channels_first(const Shape& input, const AxisSizes& size, Options options) {
  options.channels_first = false;
  L<double> last(3, size, options);
  options.channels_first = true;
  L<double> first(3, size, options);
  const Tensor<double> x = expect::scattered(input);
  Tensor<double> moved, y_moved;
  const Tensor<double> y = last(x);
  first(channels_to_front(x, moved));
  first.set_weights(last.get_weights());
  const Tensor<double> y_first = first(moved);
  EXPECT_TRUE(expect::near(y_first, channels_to_front(y, y_moved))) << first.class_name();
  EXPECT_EQ(first.compute_output_shape(moved.shape()), y_first.shape());
  EXPECT_EQ(first.get_config().at("data_format").as_string(), "channels_first");
}

}  // namespace

TEST(Conv, OperationIsTheSumOfItsProducts) {
  const Tensor<double> x = expect::scattered({3, 11, 4}, 1), w = expect::scattered({3, 4, 6}, 2),
                       grouped = expect::scattered({3, 2, 6}, 3), b = expect::scattered({6}, 4);
  EXPECT_TRUE(expect::near(conv(x, w), by_loops(x, w, 9, 1, 1, 0)));
  EXPECT_TRUE(expect::near(conv(x, w, b), by_loops(x, w, 9, 1, 1, 0) + b));
  EXPECT_TRUE(expect::near(conv(x, w, {.strides = 2, .padding = "same"}), by_loops(x, w, 6, 2, 1, 1)));
  EXPECT_TRUE(expect::near(conv(x, w, {.padding = "causal", .dilation_rate = 2}), by_loops(x, w, 11, 1, 2, 4)));
  EXPECT_TRUE(expect::near(conv(x, grouped, {.dilation_rate = 3}), by_loops(x, grouped, 5, 1, 3, 0)));
}

TEST(Conv, TransposeIsTheGradientOfConvolution) {
  // <conv(x, w), d> = <x, conv_transpose(d, w)>, whatever d is.
  const Tensor<double> x = expect::scattered({2, 9, 9, 3}, 1), w = expect::scattered({3, 2, 3, 5}, 2);
  const Tensor<double> y = conv(x, w, {.strides = {2, 3}}), d = expect::scattered(y.shape(), 3);
  const Tensor<double> back = conv_transpose(d, w, {.strides = {2, 3}});
  ASSERT_EQ(back.shape(), x.shape());
  EXPECT_NEAR(sum(y * d).item(), sum(x * back).item(), 1e-12);
}

TEST(Conv, SizesAfterATransposeFollowKeras) {
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

TEST(Conv, GradientsOfFirstAndSecondOrder) {
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

TEST(Conv, OperationsRefuseWhatDoesNotFit) {
  const Tensor<float> x = Tensor<float>::zeros({2, 5, 4}), w = Tensor<float>::zeros({3, 4, 6});
  EXPECT_TRUE(expect::error<ShapeError>([&] { conv(x, Tensor<float>::zeros({3, 3, 6})); }, {"4 channels", "groups"}));
  EXPECT_TRUE(expect::error<ShapeError>([&] { conv(x, Tensor<float>::zeros({3, 3, 4, 6})); }, {"same rank"}));
  EXPECT_TRUE(expect::error<ShapeError>([&] { conv(x, w, Tensor<float>::zeros({5})); }, {"bias", "(6,)"}));
  EXPECT_TRUE(expect::error<ShapeError>([&] { conv(x, w, {.dilation_rate = 3}); }, {"does not fit", "5", "same"}));
  EXPECT_TRUE(expect::error<ShapeError>([&] { conv_transpose(x, w); }, {"filters, channels"}));
}

TEST(Conv1D, DoesWhatEveryLayerDoes) {
  check_layer<Conv1D>({.input = {3, 7, 2}, .output = {3, 5, 4}, .weights = {{"kernel", {3, 2, 4}}, {"bias", {4}}}}, 4,
                      3, ConvOptions{.activation = "tanh"});
  check_layer<Conv1D>({.input = {2, 6, 4}, .output = {2, 6, 4}, .weights = {{"kernel", {2, 2, 4}}}}, 4, 2,
                      ConvOptions{.padding = "causal", .dilation_rate = 2, .groups = 2, .use_bias = false});
}

TEST(Conv2D, DoesWhatEveryLayerDoes) {
  check_layer<Conv2D>(
      {.input = {3, 5, 6, 2}, .output = {3, 3, 2, 3}, .weights = {{"kernel", {3, 2, 2, 3}}, {"bias", {3}}}}, 3,
      AxisSizes{3, 2}, ConvOptions{.strides = {2, 3}, .padding = "same", .activation = "relu"});
  check_layer<Conv2D>(
      {.input = {2, 3, 5, 4}, .output = {2, 2, 3, 2}, .weights = {{"kernel", {2, 2, 3, 2}}, {"bias", {2}}}}, 2, 2,
      ConvOptions{.channels_first = true, .dilation_rate = 2});
}

TEST(Conv3D, DoesWhatEveryLayerDoes) {
  check_layer<Conv3D>(
      {.input = {2, 3, 4, 3, 2}, .output = {2, 2, 2, 2, 2}, .weights = {{"kernel", {2, 3, 2, 2, 2}}, {"bias", {2}}}}, 2,
      AxisSizes{2, 3, 2});
}

TEST(ConvTranspose, DoesWhatEveryLayerDoes) {
  check_layer<Conv1DTranspose>(
      {.input = {3, 4, 2}, .output = {3, 8, 3}, .weights = {{"kernel", {3, 3, 2}}, {"bias", {3}}}}, 3, 3,
      ConvTransposeOptions{.strides = 2, .padding = "same", .activation = "relu"});
  check_layer<Conv2DTranspose>(
      {.input = {2, 3, 2, 2}, .output = {2, 8, 5, 2}, .weights = {{"kernel", {3, 2, 2, 2}}}}, 2, AxisSizes{3, 2},
      ConvTransposeOptions{.strides = {2, 3}, .output_padding = AxisSizes{1, 0}, .use_bias = false});
  check_layer<Conv3DTranspose>(
      {.input = {2, 2, 2, 2, 1}, .output = {2, 3, 3, 3, 2}, .weights = {{"kernel", {2, 2, 2, 2, 1}}, {"bias", {2}}}}, 2,
      2);
}

TEST(Conv, ChannelsFirstIsTheSameWithAxesMoved) {
  check_channels_first<Conv1D>({2, 7, 4}, 3, ConvOptions{.padding = "causal", .activation = "tanh"});
  check_channels_first<Conv2D>({2, 7, 6, 4}, {3, 2}, ConvOptions{.padding = "same", .activation = "relu"});
  check_channels_first<Conv3D>({2, 4, 3, 5, 2}, 2, ConvOptions{.strides = 2});
  check_channels_first<Conv2DTranspose>({2, 3, 4, 2}, 3, ConvTransposeOptions{.strides = 2, .padding = "same"});
}

TEST(Conv, ShapesOfOpenAxes) {
  const Conv2D<float> layer(8, 3, {.strides = 2, .padding = "same"});
  EXPECT_EQ(layer.compute_output_shape({None, None, 9, 3}), (Shape{None, None, 5, 8}));
  const Conv2DTranspose<float> back(8, 3, {.strides = 2, .padding = "same"});
  EXPECT_EQ(back.compute_output_shape({None, None, 9, 3}), (Shape{None, None, 18, 8}));
}

TEST(Conv, ConfigurationsGoOutAndIn) {
  const Conv2D<float> layer(6, {3, 5},
                            {.strides = 2,
                             .padding = "same",
                             .groups = 3,
                             .activation = "relu",
                             .kernel_regularizer = L2(0.01),
                             .name = "edges"});
  const Config config = layer.get_config();
  EXPECT_EQ(config.at("kernel_size").to_string(), "[3, 5]");
  EXPECT_EQ(config.at("strides").to_string(), "[2, 2]");
  EXPECT_EQ(config.at("padding").as_string(), "same");
  EXPECT_EQ(layer_from_config<float>(named_config("Conv2D", config))->get_config().to_string(), config.to_string());
  const Conv1DTranspose<float> back(2, 3, {.strides = 2, .output_padding = 1});
  EXPECT_EQ(back.get_config().at("output_padding").to_string(), "[1]");
  const auto again = layer_from_config<float>(named_config("Conv1DTranspose", back.get_config()));
  EXPECT_EQ(again->get_config().to_string(), back.get_config().to_string());
  EXPECT_EQ(again->compute_output_shape({None, 5, 2}), (Shape{None, 12, 2}));
  EXPECT_TRUE(expect::error<ValueError>(
      [&] {
        Config wrong = config;
        wrong["strides"] = Config();
        layer_from_config<float>(named_config("Conv2D", wrong));
      },
      {"strides"}));
}

TEST(Conv, ArgumentsThatDoNotFitAreRefused) {
  EXPECT_TRUE(expect::error<ValueError>([] { Conv2D(0, 3); }, {"Conv2D", "filters >= 1", "got 0"}));
  EXPECT_TRUE(expect::error<ValueError>([] { Conv2D(1, 0); }, {"Conv2D, kernel_size", ">= 1"}));
  EXPECT_TRUE(expect::error<ValueError>([] { Conv2D(1, {1, 2, 3}); }, {"Conv2D, kernel_size", "2 axes", "got 3"}));
  EXPECT_TRUE(expect::error<ValueError>([] { Conv3D(1, 2, {.strides = 0}); }, {"Conv3D, strides"}));
  EXPECT_TRUE(
      expect::error<ValueError>([] { Conv2D(1, 2, {.strides = 2, .dilation_rate = 2}); }, {"do not go together"}));
  EXPECT_TRUE(expect::error<ValueError>([] { Conv2D(1, 2, {.padding = "causal"}); }, {"causal", "one axis"}));
  EXPECT_TRUE(expect::error<ValueError>([] { Conv2D(1, 2, {.padding = "smae"}); }, {"padding", "same"}));
  EXPECT_TRUE(expect::error<ValueError>([] { Conv2D(4, 2, {.groups = 3}); }, {"groups", "4 filters", "got 3"}));
  EXPECT_TRUE(expect::error<ValueError>([] { Conv1DTranspose(1, 2, {.padding = "causal"}); }, {"causal"}));
  EXPECT_TRUE(expect::error<ValueError>([] { Conv1DTranspose(1, 2, {.output_padding = -1}); }, {"output_padding"}));
}

TEST(Conv, InputsThatDoNotFitAreRefused) {
  Conv2D layer(4, 3, {.groups = 2});
  EXPECT_TRUE(expect::error<ShapeError>([&] { layer(Tensor<float>::zeros({2, 5, 5})); }, {"rank"}));
  EXPECT_TRUE(expect::error<ShapeError>([&] { layer(Tensor<float>::zeros({2, 5, 5, 3})); }, {"2 groups", "got 3"}));
  EXPECT_TRUE(expect::error<ShapeError>(
      [&] {
        layer(Tensor<float>::zeros({2, 2, 5, 4}));
      },
      {"window of 3", "axis of 2"}));
  layer(Tensor<float>::zeros({2, 5, 5, 4}));
  EXPECT_TRUE(expect::error<ShapeError>([&] { layer(Tensor<float>::zeros({2, 5, 5, 6})); }, {"6"}));
}

TEST(Conv, PenaltiesAndConstraintsCount) {
  Conv1D<double> layer(2, 2, {.kernel_regularizer = L2(0.5), .activity_regularizer = L2(0.25)});
  const Tensor<double> x = expect::scattered({4, 5, 3}), y = layer(x);
  const Tensor<double> kernel = layer.get_weights()[0];
  const auto losses = layer.losses();
  ASSERT_EQ(losses.size(), 2u);
  EXPECT_NEAR(losses[0].item(), 0.5 * sum(kernel * kernel).item(), 1e-12);
  EXPECT_NEAR(losses[1].item(), 0.25 * sum(y * y).item() / 4, 1e-12);
}

TEST(Conv, TrainingGivesTheSameBitsByAnyNumberOfThreads) {
  const auto train = [] {
    Sequential<float> model(Conv2D<float>(8, 3, {.activation = "relu"}), Conv2D<float>(12, 3, {.padding = "same"}),
                            Conv2DTranspose<float>(2, 3, {.strides = 2}), Flatten<float>(), Dense<float>(3));
    model.compile({.optimizer = "adam", .loss = "mean_squared_error"});
    set_random_seed(3);
    model.fit(expect::scattered<float>({40, 20, 20, 3}, 1), expect::scattered<float>({40, 3}, 2),
              {.batch_size = 16, .epochs = 1, .verbose = 0});
    return model.get_weights();
  };
  std::vector<Tensor<float>> alone;
  with_threads(1, [&] { alone = train(); });
  for (const int threads : {2, 3}) with_threads(threads, [&] { EXPECT_TRUE(expect::same(train(), alone)) << threads; });
}
