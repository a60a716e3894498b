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

}  // namespace
}  // namespace lamina
