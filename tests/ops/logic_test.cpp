// Comparisons, logical operations, any and all.
#include <limits>

#include "support/check_gradient.hpp"

namespace lamina {
namespace {

using testing::tensors_equal;

template <class S>
class LogicOf : public ::testing::Test {};
using Scalars = ::testing::Types<float, double>;
TYPED_TEST_SUITE(LogicOf, Scalars);

TYPED_TEST(LogicOf, NotEqual) {
  using S = TypeParam;
  using T = Tensor<S>;
  const S nan = std::numeric_limits<S>::quiet_NaN();
  EXPECT_TRUE(tensors_equal(not_equal(T{1, 2, nan}, T{1, 3, nan}), T{0, 1, 1}));
  EXPECT_TRUE(tensors_equal(not_equal(T{{1, 0}, {0, 2}}, S(0)), T{{1, 0}, {0, 1}}));
  EXPECT_TRUE(tensors_equal(not_equal(S(2), T{{1, 0}, {0, 2}}), T{{1, 1}, {1, 0}}));
  EXPECT_TRUE(tensors_equal(not_equal(T{{1}, {2}}, T{1, 2}), T{{0, 1}, {1, 0}})) << "they broadcast";
}

TYPED_TEST(LogicOf, TruthTables) {
  using S = TypeParam;
  using T = Tensor<S>;
  const S nan = std::numeric_limits<S>::quiet_NaN();
  // Every number except 0 is true; -0 is 0.
  const T a{0, 0, S(-0.0), 3, nan, -1}, b{0, 5, -2, 0, 0, nan};
  EXPECT_TRUE(tensors_equal(logical_and(a, b), T{0, 0, 0, 0, 0, 1}));
  EXPECT_TRUE(tensors_equal(logical_or(a, b), T{0, 1, 1, 1, 1, 1}));
  EXPECT_TRUE(tensors_equal(logical_xor(a, b), T{0, 1, 1, 1, 1, 0}));
  EXPECT_TRUE(tensors_equal(logical_not(a), T{1, 1, 1, 0, 0, 0}));
  EXPECT_TRUE(tensors_equal(logical_or(T{{0}, {1}}, T{0, 2}), T{{0, 1}, {1, 1}}));
  EXPECT_TRUE(tensors_equal(logical_and(T{0, 2}, S(1)), T{0, 1}));
}

TYPED_TEST(LogicOf, AnyAndAll) {
  using T = Tensor<TypeParam>;
  const T x{{0, -2, 0}, {0, 0, 0}, {1, 2, 3}};
  EXPECT_TRUE(tensors_equal(any(x), T(1)));
  EXPECT_TRUE(tensors_equal(all(x), T(0)));
  EXPECT_TRUE(tensors_equal(any(x, {.axes = {-1}}), T{1, 0, 1}));
  EXPECT_TRUE(tensors_equal(all(x, {.axes = {1}, .keepdims = true}), T{{0}, {0}, {1}}));
  EXPECT_TRUE(tensors_equal(any(x, {.axes = {0}}), T{1, 1, 1}));
  EXPECT_TRUE(tensors_equal(any(T{-1, 1}), T(1))) << "elements of opposite signs do not cancel";
  const T none = T::zeros({2, 0});
  EXPECT_TRUE(tensors_equal(any(none, {.axes = {1}}), T{0, 0}));
  EXPECT_TRUE(tensors_equal(all(none, {.axes = {1}}), T{1, 1}));
}

TEST(Logic, NoGradientPasses) {
  Tensor<double> x{1, 0, 2};
  GradientTape<double> tape({.persistent = true});
  tape.watch(x);
  EXPECT_FALSE(tape.gradient(sum(not_equal(x, 0.0)), x).defined());
  EXPECT_FALSE(tape.gradient(sum(logical_or(x, x)), x).defined());
  EXPECT_FALSE(tape.gradient(any(x), x).defined());
  EXPECT_TRUE(tensors_equal(tape.gradient(sum(where(not_equal(x, 0.0), x, 0)), x), Tensor<double>{1, 0, 1}));
}

}  // namespace
}  // namespace lamina
