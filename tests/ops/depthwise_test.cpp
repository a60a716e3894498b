#include <gtest/gtest.h>
#include <lamina/ops/depthwise.hpp>

#include "lamina/ops/depthwise.hpp"
#include "lamina/ops/pooling.hpp"
#include "support/check_gradient.hpp"
#include "support/expect.hpp"
#include "support/window_operations.hpp"
#include "support/with_threads.hpp"

namespace lamina {
namespace {

using testing::check_gradient;
using namespace testing::window_operations;

struct Convolved {
  Tensor<double> y, dx, dw;
};

Convolved convolved_by_loops(const Windows& w, const Tensor<double>& x, const Tensor<double>& kernel,
                             const Tensor<double>& bias, const Tensor<double>& dy) {
  const Index batch = x.shape()[0], channels = x.columns(), many = kernel.columns();
  const Index inputs = w.input[0] * w.input[1] * w.input[2], outputs = dy.size() / (batch * channels * many);
  Convolved r{Tensor<double>::zeros(dy.shape()), Tensor<double>::zeros(x.shape()),
              Tensor<double>::zeros(kernel.shape())};
  double *y = r.y.mutable_data(), *dx = r.dx.mutable_data(), *dw = r.dw.mutable_data();
  for (Index i = 0; i < r.y.size(); ++i) y[i] = bias[i % (channels * many)];
  w.each([&](Index o, Index i, Index tap) {
    for (Index n = 0; n < batch; ++n)
      for (Index c = 0; c < channels; ++c)
        for (Index m = 0; m < many; ++m) {
          const Index at_y = (n * outputs + o) * channels * many + c * many + m, at_x = (n * inputs + i) * channels + c;
          const Index at_w = (tap * channels + c) * many + m;
          y[at_y] += x[at_x] * kernel[at_w];
          dx[at_x] += dy[at_y] * kernel[at_w];
          dw[at_w] += dy[at_y] * x[at_x];
        }
  });
  return r;
}

template <class S>
void convolves_as_loops_do(expect::Within within) {
  Windows dilated{{1, 9, 11}, {1, 3, 2}, {1, 1, 1}, {1, 2, 3}, true};
  Windows strided{{3, 8, 13}, {2, 3, 4}, {1, 2, 3}, {1, 1, 1}, true};
  std::vector<Windows> windows(std::begin(all_windows), std::end(all_windows));
  windows.push_back(dilated);
  windows.push_back(strided);
  for (const Windows& w : windows)
    for (const auto& [channels, many] : {std::pair<Index, Index>{1, 1}, {3, 2}, {20, 1}, {37, 1}, {64, 1}}) {
      SCOPED_TRACE(text("input ", w.image(2, channels), ", window ", w.size[0], " ", w.size[1], " ", w.size[2]));
      Tensor<S> x = expect::scattered<S>(w.image(2, channels), 1);
      Tensor<S> kernel = expect::scattered<S>({w.size[0], w.size[1], w.size[2], channels, many}, 2);
      Tensor<S> bias = expect::scattered<S>({channels * many}, 3);
      const Tensor<S> dy = expect::scattered<S>(w.output(2, channels * many), 4);
      const Convolved expected = convolved_by_loops(w, x.template cast<double>(), kernel.template cast<double>(),
                                                    bias.template cast<double>(), dy.template cast<double>());
      GradientTape<S> tape;
      for (Tensor<S>* input : {&x, &kernel, &bias}) tape.watch(*input);
      const Tensor<S> y = depthwise_conv(
          x, kernel, {.strides = w.of(w.stride), .padding = w.padding(), .dilation_rate = w.of(w.dilation)}, bias);
      EXPECT_TRUE(expect::near(y, expected.y, within));
      const auto gradients = tape.gradient(y, std::vector<Tensor<S>>{x, kernel, bias}, dy);
      EXPECT_TRUE(expect::near(gradients[0], expected.dx, within)) << "dx";
      EXPECT_TRUE(expect::near(gradients[1], expected.dw, within)) << "dw";
      EXPECT_TRUE(expect::near(gradients[2], sum(dy, {.axes = {0, 1, 2, 3}}), within)) << "db";
    }
}

TEST(DepthwiseConv, AgreesWithPlainLoops) {
  convolves_as_loops_do<double>({1e-11, 1e-12});
  convolves_as_loops_do<float>({2e-5, 2e-5});
}

TEST(DepthwiseConv, IsDifferentiableTwice) {
  const Tensor<double> x = expect::scattered<double>({2, 5, 4, 2}, 1), w = expect::scattered<double>({3, 2, 2, 2}, 2);
  const Tensor<double> b = expect::scattered<double>({4}, 3);
  const auto convolved = [](const Tensor<double>& v, const Tensor<double>& k, const Tensor<double>& bias) {
    const Tensor<double> y = depthwise_conv(v, k, {.strides = AxisSizes{2, 1}, .padding = Padding::same}, bias);
    return y * y;
  };
  EXPECT_TRUE(check_gradient(convolved, {x, w, b}));
  for (std::size_t i = 0; i < 3; ++i) {
    const auto slope = [&](const Tensor<double>& v, const Tensor<double>& k, const Tensor<double>& bias) {
      std::vector<Tensor<double>> inputs{v, k, bias};
      GradientTape<double> tape;
      for (Tensor<double>& input : inputs) tape.watch(input);
      return tape.gradient(convolved(inputs[0], inputs[1], inputs[2]), inputs[i]);
    };
    EXPECT_TRUE(check_gradient(slope, {x, w, b})) << "of input " << i;
  }
}

TEST(DepthwiseConv, RejectsInvalidArguments) {
  EXPECT_TRUE(expect::error<ShapeError>(
      [] {
        depthwise_conv(Tensor<float>::zeros({1, 4, 4, 3}), Tensor<float>::zeros({3, 3, 2, 1}));
      },
      {"depthwise_conv", "(1, 4, 4, 3)", "(3, 3, 2, 1)"}));
  EXPECT_TRUE(expect::error<ShapeError>(
      [] {
        depthwise_conv(Tensor<float>::zeros({1, 2, 4, 3}), Tensor<float>::zeros({3, 3, 3, 1}));
      },
      {"window of 3", "axis of 2", "same"}));
}

}  // namespace
}  // namespace lamina
