#include <gtest/gtest.h>

#include <lamina/core/classify.hpp>
#include <limits>

namespace lamina {
namespace {

template <class T>
class ClassifyOf : public ::testing::Test {};
using Scalars = ::testing::Types<float, double>;
TYPED_TEST_SUITE(ClassifyOf, Scalars);

TYPED_TEST(ClassifyOf, NumbersByTheirBits) {
  using T = TypeParam;
  using Limits = std::numeric_limits<T>;
  for (const T x : {T(0), -T(0), T(1), T(-2.5), Limits::max(), Limits::lowest(), Limits::min(), Limits::denorm_min()}) {
    EXPECT_TRUE(is_finite(x)) << x;
    EXPECT_FALSE(is_nan(x)) << x;
    EXPECT_FALSE(is_infinite(x)) << x;
  }
  for (const T x : {Limits::infinity(), -Limits::infinity()}) {
    EXPECT_TRUE(is_infinite(x));
    EXPECT_FALSE(is_finite(x));
    EXPECT_FALSE(is_nan(x));
  }
  for (const T x : {Limits::quiet_NaN(), -Limits::quiet_NaN(), Limits::signaling_NaN()}) {
    EXPECT_TRUE(is_nan(x));
    EXPECT_FALSE(is_finite(x));
    EXPECT_FALSE(is_infinite(x));
  }
  static_assert(is_nan(Limits::quiet_NaN()) && is_finite(T(1)) && is_infinite(Limits::infinity()));
}

TYPED_TEST(ClassifyOf, Indices) {
  using T = TypeParam;
  using Limits = std::numeric_limits<T>;
  for (const T x : {T(0), -T(0), T(1), T(4)}) EXPECT_TRUE(is_index(x, 5)) << x;
  for (const T x :
       {T(-1), T(0.5), T(5), T(1e30), T(-1e30), Limits::infinity(), -Limits::infinity(), Limits::quiet_NaN()})
    EXPECT_FALSE(is_index(x, 5)) << x;
  EXPECT_FALSE(is_index(T(0), 0));
}

TYPED_TEST(ClassifyOf, Bounds) {
  using T = TypeParam;
  using Limits = std::numeric_limits<T>;
  using detail::above, detail::at_least, detail::at_most, detail::below, detail::within;
  const T values[] = {-Limits::infinity(), Limits::lowest(), T(-1), -Limits::denorm_min(), T(0), Limits::min(), T(1),
                      Limits::infinity()};
  for (const T a : values)
    for (const T b : values) {
      EXPECT_EQ(at_least(a, b), a >= b) << a << " and " << b;
      EXPECT_EQ(above(a, b), a > b) << a << " and " << b;
      EXPECT_EQ(at_most(a, b), a <= b) << a << " and " << b;
      EXPECT_EQ(below(a, b), a < b) << a << " and " << b;
      EXPECT_EQ(within(a, b, T(1)), a >= b && a <= 1) << a << " and " << b;
      EXPECT_EQ(within(a, T(-1), b), a >= -1 && a <= b) << a << " and " << b;
    }
  EXPECT_TRUE(at_least(-T(0), 0) && at_most(T(0), -T(0)) && within(-T(0), 0, 0));
  for (const T nan : {Limits::quiet_NaN(), -Limits::quiet_NaN(), Limits::signaling_NaN()})
    for (const T b : {-Limits::infinity(), T(0), Limits::infinity(), nan}) {
      EXPECT_FALSE(at_least(nan, b) || above(nan, b) || at_most(nan, b) || below(nan, b)) << b;
      EXPECT_FALSE(at_least(b, nan) || above(b, nan) || at_most(b, nan) || below(b, nan)) << b;
      EXPECT_FALSE(within(nan, b, b) || within(b, nan, b) || within(b, b, nan)) << b;
    }
  static_assert(within(T(0.5), 0, 1) && !at_least(Limits::quiet_NaN(), 0) && above(Limits::infinity(), 0));
}

}  // namespace
}  // namespace lamina
