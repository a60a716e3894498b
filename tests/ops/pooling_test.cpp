#include <gtest/gtest.h>
#include <lamina/ops/pooling.hpp>

#include "lamina/ops/depthwise.hpp"
#include "lamina/ops/pooling.hpp"
#include "support/check_gradient.hpp"
#include "support/expect.hpp"
#include "support/window_operations.hpp"
#include "support/with_threads.hpp"

// Pooling and depthwise convolution, compared with plain loops.

namespace lamina {
namespace {

using testing::check_gradient;
using namespace testing::window_operations;

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

TEST(Pooling, AgreesWithPlainLoops) {
  pools_as_loops_do<double>({1e-12, 1e-13});
  pools_as_loops_do<float>({1e-5, 1e-6});
}

TEST(Pooling, TheFirstOfEqualElementsGetsTheGradient) {
  Tensor<float> x = Tensor<float>::ones({1, 4, 1});
  GradientTape<float> tape({.persistent = true});
  tape.watch(x);
  const Tensor<float> disjoint = max_pool(x, 2), overlapping = max_pool(x, 2, {.strides = AxisSizes(1)});
  const Tensor<float> first = Tensor<float>::from(std::vector<int>{1, 0, 1, 0}.data(), {1, 4, 1});
  const Tensor<float> firsts = Tensor<float>::from(std::vector<int>{1, 1, 1, 0}.data(), {1, 4, 1});
  EXPECT_TRUE(expect::same(tape.gradient(disjoint, x), first));
  EXPECT_TRUE(expect::same(tape.gradient(overlapping, x), firsts));
}

TEST(Pooling, PropagatesNaN) {
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

/// Returns the results of some poolings and a convolution that are large enough to be split among threads.
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
