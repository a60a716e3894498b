// Pooling and convolution of single channels, against loops that are written down as they are defined.
#include "lamina/ops/pooling.hpp"

#include <gtest/gtest.h>

#include "lamina/ops/depthwise.hpp"
#include "support/check_gradient.hpp"
#include "support/expect.hpp"
#include "support/with_threads.hpp"

namespace lamina {
namespace {

using testing::check_gradient;

/// Windows over an image of three axes; axes that are not there have one position.
struct Windows {
  Index input[3], size[3], stride[3], dilation[3] = {1, 1, 1};
  bool same = false;

  Index reach(int a) const { return (size[a] - 1) * dilation[a] + 1; }
  Index outputs(int a) const {
    return same ? (input[a] + stride[a] - 1) / stride[a] : (input[a] - reach(a)) / stride[a] + 1;
  }
  Index before(int a) const {
    return same ? std::max<Index>(0, (outputs(a) - 1) * stride[a] + reach(a) - input[a]) / 2 : 0;
  }
  Shape image(Index batch, Index channels) const { return {batch, input[0], input[1], input[2], channels}; }
  Shape output(Index batch, Index channels) const { return {batch, outputs(0), outputs(1), outputs(2), channels}; }
  AxisSizes of(const Index (&each)[3]) const { return AxisSizes(each, 3); }
  Padding padding() const { return same ? Padding::same : Padding::valid; }

  /// Calls f(output, input, tap), positions without batch and channels, for all that lie inside.
  template <class F>
  void each(const F& f) const {
    Index o[3], k[3];
    Index at = 0;
    for (o[0] = 0; o[0] < outputs(0); ++o[0])
      for (o[1] = 0; o[1] < outputs(1); ++o[1])
        for (o[2] = 0; o[2] < outputs(2); ++o[2], ++at) {
          Index tap = 0;
          for (k[0] = 0; k[0] < size[0]; ++k[0])
            for (k[1] = 0; k[1] < size[1]; ++k[1])
              for (k[2] = 0; k[2] < size[2]; ++k[2], ++tap) {
                Index from = 0;
                bool inside = true;
                for (int a = 0; a < 3; ++a) {
                  const Index i = o[a] * stride[a] - before(a) + k[a] * dilation[a];
                  inside = inside && i >= 0 && i < input[a];
                  from = from * input[a] + i;
                }
                if (inside) f(at, from, tap);
              }
        }
  }
};

const Windows all_windows[] = {
    {{1, 6, 8}, {1, 2, 2}, {1, 2, 2}},                    // a partition
    {{1, 7, 9}, {1, 2, 3}, {1, 2, 3}},                    // a rest
    {{1, 9, 7}, {1, 3, 3}, {1, 2, 2}},                    // overlaps
    {{1, 9, 7}, {1, 3, 3}, {1, 1, 1}, {1, 1, 1}, true},   // borders
    {{1, 5, 14}, {1, 2, 3}, {1, 1, 2}, {1, 1, 1}, true},  // uneven borders
    {{1, 8, 8}, {1, 2, 1}, {1, 3, 4}},                    // gaps
    {{4, 5, 6}, {2, 3, 2}, {1, 2, 2}, {1, 1, 1}, true},   // three axes
    {{1, 1, 40}, {1, 1, 5}, {1, 1, 3}},                   // one axis
    {{1, 12, 11}, {1, 5, 6}, {1, 2, 1}},                  // more than sixteen
    {{1, 2, 3}, {1, 5, 4}, {1, 1, 1}, {1, 1, 1}, true},   // wider than the image
};
const Index all_channels[] = {1, 3, 8, 20, 35, 64};

struct Pooled {
  Tensor<double> largest, mean, largest_dx, mean_dx;
};
Pooled by_loops(const Windows& w, const Tensor<double>& x, const Tensor<double>& dy) {
  const Index batch = x.shape()[0], channels = x.columns(), outputs = w.outputs(0) * w.outputs(1) * w.outputs(2);
  Pooled p{Tensor<double>::full(dy.shape(), -1e300), Tensor<double>::zeros(dy.shape()),
           Tensor<double>::zeros(x.shape()), Tensor<double>::zeros(x.shape())};
  const Index inputs = w.input[0] * w.input[1] * w.input[2];
  std::vector<Index> place(static_cast<std::size_t>(outputs)), count(static_cast<std::size_t>(outputs));
  for (Index n = 0; n < batch; ++n)
    for (Index c = 0; c < channels; ++c) {
      double* largest = p.largest.mutable_data() + n * outputs * channels + c;
      double* mean = p.mean.mutable_data() + n * outputs * channels + c;
      const double* slope = dy.data() + n * outputs * channels + c;
      const double* from = x.data() + n * inputs * channels + c;
      std::fill(count.begin(), count.end(), 0);
      w.each([&](Index o, Index i, Index) {
        ++count[static_cast<std::size_t>(o)];
        mean[o * channels] += from[i * channels];
        if (from[i * channels] > largest[o * channels]) {
          largest[o * channels] = from[i * channels];
          place[static_cast<std::size_t>(o)] = i;
        }
      });
      for (Index o = 0; o < outputs; ++o) {
        const Index i = place[static_cast<std::size_t>(o)];
        mean[o * channels] /= static_cast<double>(count[static_cast<std::size_t>(o)]);
        p.largest_dx.mutable_data()[(n * inputs + i) * channels + c] += slope[o * channels];
      }
      w.each([&](Index o, Index i, Index) {
        p.mean_dx.mutable_data()[(n * inputs + i) * channels + c] +=
            slope[o * channels] / static_cast<double>(count[static_cast<std::size_t>(o)]);
      });
    }
  return p;
}

template <class S>
void pools_as_loops_do(expect::Within within) {
  for (const Windows& w : all_windows)
    for (const Index channels : all_channels) {
      SCOPED_TRACE(text("input ", w.image(2, channels), ", window ", w.size[0], " ", w.size[1], " ", w.size[2]));
      Tensor<S> x = expect::scattered<S>(w.image(2, channels), 1);
      const Tensor<S> dy = expect::scattered<S>(w.output(2, channels), 2);
      const Pooled expected = by_loops(w, x.template cast<double>(), dy.template cast<double>());
      GradientTape<S> tape({.persistent = true});
      tape.watch(x);
      const PoolOptions options{.strides = w.of(w.stride), .padding = w.padding()};
      const Tensor<S> largest = max_pool(x, w.of(w.size), options), mean = average_pool(x, w.of(w.size), options);
      EXPECT_TRUE(expect::same(largest.template cast<double>(), expected.largest));
      EXPECT_TRUE(expect::near(mean, expected.mean, within));
      EXPECT_TRUE(expect::near(tape.gradient(largest, x, dy), expected.largest_dx, within));
      EXPECT_TRUE(expect::near(tape.gradient(mean, x, dy), expected.mean_dx, within));
    }
}

TEST(Pooling, DoesWhatLoopsDo) {
  pools_as_loops_do<double>({1e-12, 1e-13});
  pools_as_loops_do<float>({1e-5, 1e-6});
}

TEST(Pooling, GivesTheGradientToTheFirstOfEquals) {
  Tensor<float> x = Tensor<float>::ones({1, 4, 1});
  GradientTape<float> tape({.persistent = true});
  tape.watch(x);
  const Tensor<float> disjoint = max_pool(x, 2), overlapping = max_pool(x, 2, {.strides = AxisSizes(1)});
  const Tensor<float> first = Tensor<float>::from(std::vector<int>{1, 0, 1, 0}.data(), {1, 4, 1});
  const Tensor<float> firsts = Tensor<float>::from(std::vector<int>{1, 1, 1, 0}.data(), {1, 4, 1});
  EXPECT_TRUE(expect::same(tape.gradient(disjoint, x), first));
  EXPECT_TRUE(expect::same(tape.gradient(overlapping, x), firsts));
}

TEST(Pooling, KeepsWhatIsNotANumber) {
  const float nan = std::numeric_limits<float>::quiet_NaN(), low = -std::numeric_limits<float>::infinity();
  const auto pooled = [](std::vector<float> values) {
    const Index n = static_cast<Index>(values.size());
    Tensor<float> x = Tensor<float>::from(values.data(), {1, n, 1});
    GradientTape<float> tape({.persistent = true});
    tape.watch(x);
    const Tensor<float> y = max_pool(x, n);
    const Tensor<float> dx = tape.gradient(y, x);
    return std::pair(y.item(), std::vector<float>(dx.data(), dx.data() + n));
  };
  EXPECT_TRUE(std::isnan(pooled({1, nan, 3}).first));
  EXPECT_TRUE(std::isnan(pooled({nan, 2}).first));
  EXPECT_EQ(pooled({2, nan, 5}).second, (std::vector<float>{0, 1, 0}));
  EXPECT_EQ(pooled({low, low}).first, low);
  EXPECT_EQ(pooled({low, low}).second, (std::vector<float>{1, 0}));
}

TEST(Pooling, IsDifferentiableTwice) {
  const auto squares = [](const auto& y) { return y * y * y; };
  for (const Padding padding : {Padding::valid, Padding::same}) {
    const auto largest = [&](const Tensor<double>& x) {
      return squares(max_pool(x, {3, 2}, {.strides = AxisSizes{2, 1}, .padding = padding}));
    };
    const auto mean = [&](const Tensor<double>& x) {
      return squares(average_pool(x, {3, 2}, {.strides = AxisSizes{2, 1}, .padding = padding}));
    };
    const auto slope_of = [](const auto& f) {
      return [&f](Tensor<double> x) {
        GradientTape<double> tape;
        tape.watch(x);
        return tape.gradient(f(x), x);
      };
    };
    const Tensor<double> x = expect::scattered<double>({2, 5, 4, 3}, 3);
    EXPECT_TRUE(check_gradient(largest, {x}));
    EXPECT_TRUE(check_gradient(mean, {x}));
    EXPECT_TRUE(check_gradient(slope_of(largest), {x}));
    EXPECT_TRUE(check_gradient(slope_of(mean), {x}));
  }
}

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

TEST(DepthwiseConv, DoesWhatLoopsDo) {
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

TEST(DepthwiseConv, RefusesWhatDoesNotFit) {
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

/// All results of a few poolings and a convolution, which are large enough to be split.
std::vector<Tensor<float>> many_results(Index batch) {
  std::vector<Tensor<float>> all;
  for (const Index channels : {Index{48}, Index{160}}) {
    Tensor<float> x = expect::scattered<float>({batch, 24, 26, channels}, 1);
    Tensor<float> w = expect::scattered<float>({3, 3, channels, 1}, 2), b = expect::scattered<float>({channels}, 3);
    GradientTape<float> tape({.persistent = true});
    for (Tensor<float>* input : {&x, &w, &b}) tape.watch(*input);
    for (const Index stride : {Index{3}, Index{1}}) {
      const PoolOptions options{.strides = AxisSizes(stride), .padding = Padding::same};
      for (const Tensor<float>& y : {max_pool(x, 3, options), average_pool(x, 3, options)}) {
        all.push_back(y);
        all.push_back(tape.gradient(y, x));
      }
    }
    const Tensor<float> y = depthwise_conv(x, w, {.padding = Padding::same}, b);
    all.push_back(y);
    for (const auto& gradient : tape.gradient(y, std::vector<Tensor<float>>{x, w, b})) all.push_back(gradient);
  }
  return all;
}

TEST(Pooling, GivesTheSameBitsForAnyNumberOfThreads) {
  for (const Index batch : {Index{1}, Index{6}}) {
    std::vector<Tensor<float>> alone, together;
    testing::with_threads(1, [&] { alone = many_results(batch); });
    testing::with_threads(4, [&] { together = many_results(batch); });
    EXPECT_TRUE(expect::same(together, alone));
  }
}

}  // namespace
}  // namespace lamina
