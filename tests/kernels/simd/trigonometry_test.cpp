#include <gtest/gtest.h>

#include <cmath>
#include <lamina/kernels/simd/trigonometry.hpp>
#include <limits>
#include <vector>

#include "support/accuracy.hpp"

// Compares sine and cosine with those of the C library in long double, for one lane and for the machine's vector width.

namespace lamina {
namespace {

using testing::at;
using testing::expect_accurate;
using testing::points;

template <class S>
class Trigonometry : public ::testing::Test {};
using Scalars = ::testing::Types<float, double>;
TYPED_TEST_SUITE(Trigonometry, Scalars);

TYPED_TEST(Trigonometry, IsAccurate) {
  const auto s = [](const auto& v) LAMINA_INLINE_LAMBDA { return sin(v); };
  const auto c = [](const auto& v) LAMINA_INLINE_LAMBDA { return cos(v); };
  for (const double far : {1.0, 30.0, 8192.0, 1.6e6}) {
    SCOPED_TRACE(far);
    expect_accurate<TypeParam>("sin", s, std::sin, points<TypeParam>(-far, far), 2);
    expect_accurate<TypeParam>("cos", c, std::cos, points<TypeParam>(-far, far), 2);
  }
  std::vector<TypeParam> quarters;  // multiples of π/2, where one of the two is nearly 0
  for (int k = -200; k <= 200; ++k) quarters.push_back(static_cast<TypeParam>(k * 1.57079632679489661923));
  expect_accurate<TypeParam>("sin at quarters", s, std::sin, quarters, 2);
  expect_accurate<TypeParam>("cos at quarters", c, std::cos, quarters, 2);
}

TYPED_TEST(Trigonometry, Specials) {
  using S = TypeParam;
  constexpr S inf = std::numeric_limits<S>::infinity(), nan = std::numeric_limits<S>::quiet_NaN();
  constexpr S max = std::numeric_limits<S>::max();
  const auto sine = [](const auto& v) LAMINA_INLINE_LAMBDA { return sin(v); };
  EXPECT_TRUE(std::signbit(at<S>(sine, S(-0.0))));
  EXPECT_TRUE(std::isnan(at<S>(sine, -inf)));
  EXPECT_TRUE(std::isnan(at<S>(sine, nan)));
  EXPECT_EQ(at<S>(sine, max), std::sin(max));
  const auto cosine = [](const auto& v) LAMINA_INLINE_LAMBDA { return cos(v); };
  EXPECT_EQ(at<S>(cosine, S(0)), S(1));
  EXPECT_TRUE(std::isnan(at<S>(cosine, inf)));
  EXPECT_EQ(at<S>(cosine, -max), std::cos(max));
}

}  // namespace
}  // namespace lamina
