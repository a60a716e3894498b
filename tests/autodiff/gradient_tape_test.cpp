#include <gtest/gtest.h>

#include <lamina/autodiff/gradient_tape.hpp>

#include "support/compare.hpp"

namespace lamina {
namespace {

using testing::raises;
using testing::tensors_equal;
using testing::tensors_near;

TEST(GradientTape, GradientOfAWatchedTensor) {
  Tensor<float> x{1, 2, 3};
  GradientTape tape;
  tape.watch(x);
  const Tensor<float> y = sum(square(x));
  EXPECT_TRUE(tensors_equal(tape.gradient(y, x), Tensor<float>{2, 4, 6}));
}

TEST(GradientTape, UnwatchedAndEarlierTensorsHaveNoGradient) {
  Tensor<float> x{1, 2}, unwatched{3, 4};
  const Tensor<float> before = x * 2;
  GradientTape tape({.persistent = true});
  tape.watch(x);
  const Tensor<float> y = x * unwatched + before;
  EXPECT_FALSE(tape.gradient(y, unwatched).defined());
  EXPECT_FALSE(tape.gradient(y, before).defined());
  EXPECT_FALSE(tape.gradient(before, x).defined());
  EXPECT_TRUE(tensors_equal(tape.gradient(y, x), Tensor<float>{3, 4}));
}

TEST(GradientTape, WatchingAppliesToTheHandleAndItsCopies) {
  Tensor<float> x{2};
  const Tensor<float> before = x;
  GradientTape tape({.persistent = true});
  tape.watch(x);
  const Tensor<float> after = x;
  EXPECT_TRUE(tensors_equal(tape.gradient(after * 3, x), Tensor<float>{3}));
  EXPECT_FALSE(tape.gradient(before * 3, x).defined());
  const Tensor<float> y = x * x;
  tape.watch(x);  // watching again has no effect
  EXPECT_TRUE(tensors_equal(tape.gradient(y, x), Tensor<float>{4}));
}

TEST(GradientTape, TrainableVariablesAreWatchedAutomatically) {
  const Variable<float> w(Tensor<float>{3}, "w"), frozen(Tensor<float>{5}, "frozen", false), unused(Tensor<float>{1});
  GradientTape tape({.persistent = true});
  const Tensor<float> y = square(w) * frozen;
  EXPECT_TRUE(tensors_equal(tape.gradient(y, w), Tensor<float>{30}));
  EXPECT_FALSE(tape.gradient(y, frozen).defined());
  EXPECT_FALSE(tape.gradient(y, unused).defined());
  const auto all = tape.gradient(y, std::vector{w, frozen, unused, w});
  ASSERT_EQ(all.size(), 4U);
  EXPECT_TRUE(tensors_equal(all[0], Tensor<float>{30}));
  EXPECT_FALSE(all[1].defined() || all[2].defined());
  EXPECT_TRUE(tensors_equal(all[3], Tensor<float>{30}));
}

TEST(GradientTape, AFrozenVariableCanBeWatchedThroughItsValue) {
  const Variable<float> frozen(Tensor<float>{5}, "frozen", false);
  GradientTape tape;
  Tensor<float> value = frozen;
  tape.watch(value);
  EXPECT_TRUE(tensors_equal(tape.gradient(square(value), value), Tensor<float>{10}));
}

TEST(GradientTape, ComputesGradientsOnceUnlessPersistent) {
  Tensor<float> x{1};
  {
    GradientTape tape;
    tape.watch(x);
    const Tensor<float> y = x * 2;
    tape.gradient(y, x);
    EXPECT_TRUE(raises<StateError>([&] { tape.gradient(y, x); }, {"GradientTape", "persistent"}));
  }
  GradientTape tape({.persistent = true});
  tape.watch(x);
  const Tensor<float> y = exp(x) * x;
  const Tensor<float> first = tape.gradient(y, x);
  EXPECT_TRUE(tensors_equal(tape.gradient(y, x), first));
  EXPECT_TRUE(tensors_near(first, Tensor<float>{5.436564F}, 1e-6));
}

TEST(GradientTape, TheSameSourceTwiceGetsTheGradientTwice) {
  Tensor<float> x{3};
  GradientTape tape;
  tape.watch(x);
  const auto both = tape.gradient(x * x, std::vector{x, x});
  EXPECT_TRUE(tensors_equal(both[0], Tensor<float>{6}));
  EXPECT_TRUE(tensors_equal(both[1], Tensor<float>{6}));
}

TEST(GradientTape, TheInitialGradientOfAScalarIsNotModified) {
  Tensor<float> x(3.F);
  for (int step = 0; step < 2; ++step) {
    GradientTape tape;
    tape.watch(x);
    Tensor<float> one = tape.gradient(x, x);
    EXPECT_TRUE(tensors_equal(one, Tensor<float>(1.F)));
    *one.mutable_data() = 5;
    EXPECT_EQ(one.item(), 5);
  }
}

TEST(GradientTape, GradientsOfIntermediateValues) {
  Tensor<float> x{2};
  GradientTape tape({.persistent = true});
  tape.watch(x);
  const Tensor<float> u = x * x, v = u * 3, y = v * v;
  const auto all = tape.gradient(y, std::vector{v, u, x, y});
  EXPECT_TRUE(tensors_equal(all[0], Tensor<float>{24}));
  EXPECT_TRUE(tensors_equal(all[1], Tensor<float>{72}));
  EXPECT_TRUE(tensors_equal(all[2], Tensor<float>{288}));
  EXPECT_TRUE(tensors_equal(all[3], Tensor<float>{1}));
  EXPECT_TRUE(tensors_equal(tape.gradient(v, u), Tensor<float>{3}));
  EXPECT_FALSE(tape.gradient(u, v).defined());
}

TEST(GradientTape, FastPathsDoNotModifyIntermediateValues) {
  Tensor<double> x{0.5, -0.5};
  GradientTape<double> tape;
  tape.watch(x);
  const Tensor<double> u = tanh(x), v = exp(u), y = sum(v);
  const auto all = tape.gradient(y, std::vector{v, u, x});
  EXPECT_TRUE(tensors_equal(all[0], Tensor<double>{1, 1}));
  EXPECT_TRUE(tensors_near(all[1], v.detached(), 1e-15));
  EXPECT_TRUE(tensors_near(all[2], (v * (1 - u * u)).detached(), 1e-15));
}

TEST(GradientTape, OutputGradientsWeightTheTarget) {
  Tensor<float> x{1, 2, 3};
  GradientTape tape({.persistent = true});
  tape.watch(x);
  const Tensor<float> y = x * x, weights{1, 0, -1};
  EXPECT_TRUE(tensors_equal(tape.gradient(y, x, weights), Tensor<float>{2, 0, -6}));
  EXPECT_TRUE(tensors_equal(weights, Tensor<float>{1, 0, -1}));
  EXPECT_TRUE(tensors_equal(tape.gradient(y, x), Tensor<float>{2, 4, 6}));
  EXPECT_TRUE(raises<ShapeError>(
      [&] {
        tape.gradient(y, x, Tensor<float>{1, 2});
      },
      {"output gradient", "(2,)", "target's shape (3,)"}));
}

TEST(GradientTape, TheOutputGradientIsNeverWrittenTo) {
  Tensor<double> x{1, 2, 3};
  double memory[] = {1, 2, 3};
  GradientTape<double> tape({.persistent = true});
  tape.watch(x);
  const Tensor<double> y = exp(x);
  const Tensor<double> gradient = tape.gradient(y, x, Tensor<double>::view(memory, {3}));
  EXPECT_EQ(memory[0], 1.0);
  EXPECT_EQ(memory[2], 3.0);
  EXPECT_TRUE(tensors_near(gradient, (y * Tensor<double>{1, 2, 3}).detached(), 1e-15));
}

TEST(GradientTape, SeveralOutputsOfOneOperation) {
  Tensor<float> x{1, 2, 3, 4};
  GradientTape tape({.persistent = true});
  tape.watch(x);
  const auto parts = split(x, 2);
  EXPECT_TRUE(tensors_equal(tape.gradient(parts[0] * 2 + square(parts[1]), x), Tensor<float>{2, 2, 6, 8}));
  EXPECT_TRUE(tensors_equal(tape.gradient(parts[1], x), Tensor<float>{0, 0, 1, 1}));
}

TEST(GradientTape, ATargetOfAnyShapeIsSummed) {
  Tensor<float> x{{1, 2}, {3, 4}};
  GradientTape tape;
  tape.watch(x);
  EXPECT_TRUE(tensors_equal(tape.gradient(x * 3, x), Tensor<float>{{3, 3}, {3, 3}}));
}

TEST(GradientTape, HandlesOfAnEarlierTapeAreConstants) {
  Tensor<float> x{2}, y;
  {
    GradientTape tape;
    tape.watch(x);
    y = x * x;
    EXPECT_TRUE(tensors_equal(tape.gradient(y, x), Tensor<float>{4}));
  }
  GradientTape tape({.persistent = true});
  const Tensor<float> z = x * y;
  EXPECT_FALSE(tape.gradient(z, x).defined());
  EXPECT_FALSE(tape.gradient(z, y).defined());
  tape.watch(x);
  EXPECT_TRUE(tensors_equal(tape.gradient(x * y, x), Tensor<float>{4}));
}

TEST(GradientTape, MutatedHandlesAreNoLongerWatched) {
  Tensor<float> x{2};
  GradientTape tape({.persistent = true});
  tape.watch(x);
  const Tensor<float> y = x * x;
  x.mutable_data()[0] = 10;
  EXPECT_FALSE(tape.gradient(x * 3, x).defined());
  tape.watch(x);
  EXPECT_TRUE(tensors_equal(tape.gradient(x * x, x), Tensor<float>{20}));
  EXPECT_TRUE(tensors_equal(y, Tensor<float>{4}));
}

TEST(GradientTape, GradientIntoUsesItsVectorAgain) {
  const Variable<float> w(Tensor<float>{3});
  std::vector<Tensor<float>> results(5);
  for (int i = 0; i < 2; ++i) {
    GradientTape tape;
    tape.gradient_into(results, square(w), std::vector{w});
    ASSERT_EQ(results.size(), 1U);
    EXPECT_TRUE(tensors_equal(results[0], Tensor<float>{6}));
  }
}

TEST(GradientTape, FloatAndDoubleTapesAreIndependent) {
  Tensor<float> x{2};
  Tensor<double> z{3};
  GradientTape<float> single;
  GradientTape<double> twice;
  single.watch(x);
  twice.watch(z);
  EXPECT_TRUE(tensors_equal(single.gradient(x * x, x), Tensor<float>{4}));
  EXPECT_TRUE(tensors_equal(twice.gradient(z * z, z), Tensor<double>{6}));
}

}  // namespace
}  // namespace lamina
