#include <gtest/gtest.h>

#include <thread>

#include "support/compare.hpp"

namespace lamina {
namespace {

using testing::tensors_equal;

TEST(NoGradient, ResultsComputedInsideAreConstants) {
  Tensor<float> x{3};
  GradientTape tape({.persistent = true});
  tape.watch(x);
  Tensor<float> constant;
  {
    const NoGradient none;
    constant = x * x;
  }
  EXPECT_FALSE(tape.gradient(constant, x).defined());
  EXPECT_TRUE(tensors_equal(tape.gradient(constant * x, x), Tensor<float>{9}));
}

TEST(NoGradient, Nests) {
  Tensor<float> x{3};
  GradientTape tape({.persistent = true});
  tape.watch(x);
  Tensor<float> a, b;
  {
    const NoGradient outer;
    { const NoGradient inner; }
    a = x * x;
  }
  b = x * x;
  EXPECT_FALSE(tape.gradient(a, x).defined());
  EXPECT_TRUE(tensors_equal(tape.gradient(b, x), Tensor<float>{6}));
}

TEST(NoGradient, StillAppliesAfterAnInnerTapeEnds) {
  Tensor<float> x{3};
  GradientTape tape({.persistent = true});
  tape.watch(x);
  Tensor<float> after;
  {
    const NoGradient none;
    {
      Tensor<float> z{2};
      GradientTape inner;
      inner.watch(z);
      EXPECT_TRUE(tensors_equal(inner.gradient(z * z, z), Tensor<float>{4}));
    }
    after = x * x;
  }
  EXPECT_FALSE(tape.gradient(after, x).defined());
}

TEST(NoGradient, StillAppliesAfterABackwardPass) {
  Tensor<float> x{3};
  GradientTape tape({.persistent = true});
  tape.watch(x);
  const Tensor<float> y = x * x;
  Tensor<float> after;
  {
    const NoGradient none;
    EXPECT_TRUE(tensors_equal(tape.gradient(y, x), Tensor<float>{6}));
    after = x * x;
  }
  EXPECT_FALSE(tape.gradient(after, x).defined());
}

TEST(StopGradient, HasAZeroGradient) {
  Tensor<float> x{3};
  GradientTape tape({.persistent = true});
  tape.watch(x);
  const Tensor<float> stopped = stop_gradient(x * x);
  EXPECT_TRUE(tensors_equal(tape.gradient(stopped * x, x), Tensor<float>{9}));
  EXPECT_FALSE(tape.gradient(stopped, x).defined());
}

TEST(TapesAndThreads, TensorsOfAnotherThreadAreConstants) {
  Tensor<float> x{3};
  GradientTape tape;
  tape.watch(x);
  Tensor<float> elsewhere;
  bool found = true;
  std::thread([&] {
    elsewhere = x * x;  // no tape on this thread
    GradientTape own;
    const Tensor<float> y = x * x;
    found = own.gradient(y, x).defined();
    Tensor<float> z{5};
    GradientTape another;
    another.watch(z);
    EXPECT_TRUE(tensors_equal(another.gradient(z * x, z), Tensor<float>{3}));
  }).join();
  EXPECT_FALSE(found);
  EXPECT_TRUE(tensors_equal(tape.gradient(elsewhere * x, x), Tensor<float>{9}));
}

TEST(TapesAndThreads, HandlesRecordedOnOtherThreadsAreNotConfused) {
  for (int i = 0; i < 20; ++i) {
    Tensor<float> theirs{2};
    std::thread([&] {
      GradientTape tape;
      tape.watch(theirs);
      theirs = theirs * 1;
    }).join();
    Tensor<float> ours{3};
    GradientTape tape({.persistent = true});
    tape.watch(ours);
    const Tensor<float> y = ours * theirs;
    EXPECT_FALSE(tape.gradient(y, theirs).defined());
    EXPECT_TRUE(tensors_equal(tape.gradient(y, ours), Tensor<float>{2}));
  }
}

TEST(TapesAndThreads, OneVariableOnTheTapesOfManyThreads) {
  const Variable<float> w(Tensor<float>{3});
  std::vector<std::thread> threads;
  std::vector<float> found(4, 0);
  for (std::size_t t = 0; t < found.size(); ++t)
    threads.emplace_back([&, t] {
      for (int i = 0; i < 200; ++i) {
        GradientTape tape;
        found[t] = tape.gradient(square(w) * static_cast<float>(t), w).item();
      }
    });
  for (std::thread& t : threads) t.join();
  EXPECT_EQ(found, (std::vector<float>{0, 6, 12, 18}));
}

}  // namespace
}  // namespace lamina
