#include <gtest/gtest.h>

#include <chrono>
#include <functional>

#include "support/compare.hpp"

namespace lamina {
namespace {

using testing::tensors_equal;

double seconds_of(const std::function<void()>& run) {
  const auto start = std::chrono::steady_clock::now();
  run();
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
}

TEST(LongGraphs, AChainOfAHundredThousandNodes) {
  const double seconds = seconds_of([] {
    Tensor<double> x{1.0, 2.0};
    GradientTape<double> tape;
    tape.watch(x);
    Tensor<double> y = x;
    for (int i = 0; i < 100000; ++i) y = y + 1.0;
    EXPECT_EQ(y[0], 100001.0);
    EXPECT_TRUE(tensors_equal(tape.gradient(y, x), Tensor<double>{1.0, 1.0}));
  });
  EXPECT_LT(seconds, 5.0);
}

TEST(LongGraphs, AChainWithoutABackwardPass) {
  Tensor<double> x{1.0};
  GradientTape<double> tape;
  tape.watch(x);
  Tensor<double> y = x;
  for (int i = 0; i < 100000; ++i) y = tanh(y);
  EXPECT_GT(y.item(), 0.0);
}

TEST(LongGraphs, DiamondsSixtyDeepByAddition) {
  const double seconds = seconds_of([] {
    Tensor<double> x{1.0};
    GradientTape<double> tape;
    tape.watch(x);
    Tensor<double> y = x;
    for (int i = 0; i < 60; ++i) y = y + y;
    EXPECT_EQ(tape.gradient(y, x).item(), 0x1p60);
  });
  EXPECT_LT(seconds, 1.0);
}

TEST(LongGraphs, DiamondsSixtyDeepByMultiplication) {
  const double seconds = seconds_of([] {
    Tensor<double> x{1.0};
    GradientTape<double> tape;
    tape.watch(x);
    Tensor<double> y = x;
    for (int i = 0; i < 60; ++i) y = y * y;
    EXPECT_EQ(tape.gradient(y, x).item(), 0x1p60);
  });
  EXPECT_LT(seconds, 1.0);
}

TEST(LongGraphs, DiamondsThroughNestedTapes) {
  const double seconds = seconds_of([] {
    Tensor<double> x{1.0};
    GradientTape<double> outer;
    outer.watch(x);
    Tensor<double> first;
    {
      GradientTape<double> inner;
      Tensor<double> y = x;
      for (int i = 0; i < 20; ++i) y = y * y;  // x^(2^20)
      first = inner.gradient(y, x);
    }
    EXPECT_EQ(first.item(), 0x1p20);
    EXPECT_EQ(outer.gradient(first, x).item(), 0x1p20 * (0x1p20 - 1));
  });
  EXPECT_LT(seconds, 1.0);
}

TEST(LongGraphs, NothingIsKeptAfterTheTapeEnds) {
  const auto step = [](bool ask) {
    Tensor<float> x = Tensor<float>::ones({1000});
    GradientTape tape;
    tape.watch(x);
    Tensor<float> y = x;
    for (int i = 0; i < 50; ++i) y = tanh(y) * x;
    if (ask) tape.gradient(y, x);
    return y;
  };
  step(true);
  const std::size_t before = memory_statistics().live_bytes;
  for (bool ask : {true, false}) {
    const Tensor<float> kept = step(ask);
    EXPECT_LE(memory_statistics().live_bytes, before + 2 * static_cast<std::size_t>(kept.size()) * sizeof(float))
        << ask;
  }
  EXPECT_EQ(memory_statistics().live_bytes, before);
}

TEST(LongGraphs, TheBackwardPassReleasesMemoryOnTheWay) {
  constexpr std::size_t n = 100000;
  Tensor<float> x = Tensor<float>::ones({static_cast<Index>(n)});
  const std::size_t before = memory_statistics().live_bytes;
  GradientTape tape;
  tape.watch(x);
  Tensor<float> y = x;
  for (int i = 0; i < 20; ++i) y = tanh(y);
  EXPECT_GE(memory_statistics().live_bytes, before + 20 * n * sizeof(float));
  const Tensor<float> gradient = tape.gradient(y, x);
  // Only y and the gradient are left.
  EXPECT_LE(memory_statistics().live_bytes, before + 3 * n * sizeof(float));
}

}  // namespace
}  // namespace lamina
