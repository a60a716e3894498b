#include <gtest/gtest.h>

#include <cmath>
#include <lamina/kernels/simd/math.hpp>
#include <limits>

#include "support/accuracy.hpp"

// Compares the kernels' elementary functions with those of the C library in long double, in units in the last place,
// for one lane and for the machine's vector width.

namespace lamina {
namespace {

using testing::at;
using testing::expect_accurate;
using testing::points;

long double exact_sigmoid(long double x) { return 1 / (1 + std::exp(-x)); }
long double exact_softplus(long double x) { return x > 0 ? x + std::log1p(std::exp(-x)) : std::log1p(std::exp(x)); }

template <class S>
class KernelMath : public ::testing::Test {
 protected:
  static constexpr bool single = sizeof(S) == 4;
  static constexpr double largest = static_cast<double>(std::numeric_limits<S>::max());
  static constexpr double lowest_exp = single ? -86.6 : -707.7, highest_exp = single ? 88.7 : 709.7;
};
using Scalars = ::testing::Types<float, double>;
TYPED_TEST_SUITE(KernelMath, Scalars);

TYPED_TEST(KernelMath, Exp) {
  expect_accurate<TypeParam>(
      "exp", [](const auto& v) LAMINA_INLINE_LAMBDA { return exp(v); }, std::exp,
      points<TypeParam>(this->lowest_exp, this->highest_exp), 2);
}
TYPED_TEST(KernelMath, Expm1) {
  expect_accurate<TypeParam>(
      "expm1", [](const auto& v) LAMINA_INLINE_LAMBDA { return expm1(v); }, std::expm1,
      points<TypeParam>(-60, this->highest_exp), 3);
}
TYPED_TEST(KernelMath, Log) {
  expect_accurate<TypeParam>(
      "log", [](const auto& v) LAMINA_INLINE_LAMBDA { return log(v); }, std::log,
      points<TypeParam>(1e-300, this->largest), 2);
  expect_accurate<TypeParam>(
      "log near one", [](const auto& v) LAMINA_INLINE_LAMBDA { return log(v); }, std::log, points<TypeParam>(0.5, 2),
      2);
}
TYPED_TEST(KernelMath, Log1p) {
  expect_accurate<TypeParam>(
      "log1p", [](const auto& v) LAMINA_INLINE_LAMBDA { return log1p(v); }, std::log1p,
      points<TypeParam>(-0.99, this->largest), 3);
  expect_accurate<TypeParam>(
      "log1p near zero", [](const auto& v) LAMINA_INLINE_LAMBDA { return log1p(v); }, std::log1p,
      points<TypeParam>(-0.1, 0.1), 3);
}
TYPED_TEST(KernelMath, Tanh) {
  expect_accurate<TypeParam>(
      "tanh", [](const auto& v) LAMINA_INLINE_LAMBDA { return tanh(v); }, std::tanh, points<TypeParam>(-30, 30), 4);
}
TYPED_TEST(KernelMath, Erf) {
  const auto e = [](const auto& v) LAMINA_INLINE_LAMBDA { return erf(v); };
  expect_accurate<TypeParam>("erf", e, std::erf, points<TypeParam>(-7, 7), 3);
  expect_accurate<TypeParam>("erf near zero", e, std::erf, points<TypeParam>(-0.01, 0.01), 3);
  expect_accurate<TypeParam>("erf where its parts meet", e, std::erf, points<TypeParam>(0.99, 1.01), 3);
}
TYPED_TEST(KernelMath, Sigmoid) {
  expect_accurate<TypeParam>(
      "sigmoid", [](const auto& v) LAMINA_INLINE_LAMBDA { return sigmoid(v); }, exact_sigmoid,
      points<TypeParam>(-80, 80), 4);
}
TYPED_TEST(KernelMath, Softplus) {
  expect_accurate<TypeParam>(
      "softplus", [](const auto& v) LAMINA_INLINE_LAMBDA { return softplus(v); }, exact_softplus,
      points<TypeParam>(-80, 200), 4);
}
TYPED_TEST(KernelMath, Sqrt) {
  expect_accurate<TypeParam>(
      "sqrt", [](const auto& v) LAMINA_INLINE_LAMBDA { return sqrt(v); }, std::sqrt,
      points<TypeParam>(0, this->largest), 1.01);
  expect_accurate<TypeParam>(
      "sqrt near one", [](const auto& v) LAMINA_INLINE_LAMBDA { return sqrt(v); }, std::sqrt,
      points<TypeParam>(0.25, 4), 1.01);
}

TYPED_TEST(KernelMath, Specials) {
  using S = TypeParam;
  constexpr S inf = std::numeric_limits<S>::infinity(), nan = std::numeric_limits<S>::quiet_NaN();
  constexpr S tiny = std::numeric_limits<S>::denorm_min(), max = std::numeric_limits<S>::max();
  const auto e = [](const auto& v) LAMINA_INLINE_LAMBDA { return exp(v); };
  EXPECT_EQ(at<S>(e, S(0)), S(1));
  EXPECT_EQ(at<S>(e, S(-0.0)), S(1));
  EXPECT_EQ(at<S>(e, inf), inf);
  EXPECT_EQ(at<S>(e, -inf), S(0));
  EXPECT_EQ(at<S>(e, max), inf);
  EXPECT_EQ(at<S>(e, -max), S(0));
  EXPECT_EQ(at<S>(e, tiny), S(1));
  EXPECT_TRUE(std::isnan(at<S>(e, nan)));
  const auto em1 = [](const auto& v) LAMINA_INLINE_LAMBDA { return expm1(v); };
  EXPECT_EQ(at<S>(em1, S(0)), S(0));
  EXPECT_EQ(at<S>(em1, inf), inf);
  EXPECT_EQ(at<S>(em1, -inf), S(-1));
  EXPECT_TRUE(std::isnan(at<S>(em1, nan)));
  const auto l = [](const auto& v) LAMINA_INLINE_LAMBDA { return log(v); };
  EXPECT_EQ(at<S>(l, S(1)), S(0));
  EXPECT_EQ(at<S>(l, S(0)), -inf);
  EXPECT_EQ(at<S>(l, S(-0.0)), -inf);
  EXPECT_EQ(at<S>(l, inf), inf);
  EXPECT_NEAR(static_cast<double>(at<S>(l, tiny)), std::log(static_cast<double>(tiny)), 1e-4);
  EXPECT_TRUE(std::isnan(at<S>(l, S(-1))));
  EXPECT_TRUE(std::isnan(at<S>(l, -inf)));
  EXPECT_TRUE(std::isnan(at<S>(l, nan)));
  const auto l1 = [](const auto& v) LAMINA_INLINE_LAMBDA { return log1p(v); };
  EXPECT_EQ(at<S>(l1, S(0)), S(0));
  EXPECT_EQ(at<S>(l1, S(-1)), -inf);
  EXPECT_EQ(at<S>(l1, inf), inf);
  EXPECT_EQ(at<S>(l1, tiny), tiny);
  EXPECT_TRUE(std::isnan(at<S>(l1, S(-2))));
  EXPECT_TRUE(std::isnan(at<S>(l1, nan)));
}

TYPED_TEST(KernelMath, SpecialsOfSquashingFunctions) {
  using S = TypeParam;
  constexpr S inf = std::numeric_limits<S>::infinity(), nan = std::numeric_limits<S>::quiet_NaN();
  constexpr S max = std::numeric_limits<S>::max();
  const auto t = [](const auto& v) LAMINA_INLINE_LAMBDA { return tanh(v); };
  EXPECT_EQ(at<S>(t, S(0)), S(0));
  EXPECT_EQ(at<S>(t, inf), S(1));
  EXPECT_EQ(at<S>(t, -inf), S(-1));
  EXPECT_EQ(at<S>(t, max), S(1));
  EXPECT_TRUE(std::isnan(at<S>(t, nan)));
  const auto s = [](const auto& v) LAMINA_INLINE_LAMBDA { return sigmoid(v); };
  EXPECT_EQ(at<S>(s, S(0)), S(0.5));
  EXPECT_EQ(at<S>(s, inf), S(1));
  EXPECT_EQ(at<S>(s, -inf), S(0));
  EXPECT_EQ(at<S>(s, -max), S(0));
  EXPECT_TRUE(std::isnan(at<S>(s, nan)));
  const auto p = [](const auto& v) LAMINA_INLINE_LAMBDA { return softplus(v); };
  EXPECT_NEAR(static_cast<double>(at<S>(p, S(0))), std::log(2.0), 1e-7);
  EXPECT_EQ(at<S>(p, inf), inf);
  EXPECT_EQ(at<S>(p, -inf), S(0));
  EXPECT_EQ(at<S>(p, max), max);
  EXPECT_EQ(at<S>(p, -max), S(0));
  EXPECT_TRUE(std::isnan(at<S>(p, nan)));
  const auto g = [](const auto& v) LAMINA_INLINE_LAMBDA { return erf(v); };
  EXPECT_EQ(at<S>(g, S(0)), S(0));
  EXPECT_TRUE(std::signbit(at<S>(g, S(-0.0))));
  EXPECT_EQ(at<S>(g, inf), S(1));
  EXPECT_EQ(at<S>(g, -inf), S(-1));
  EXPECT_EQ(at<S>(g, max), S(1));
  EXPECT_TRUE(std::isnan(at<S>(g, nan)));
  const auto r = [](const auto& v) LAMINA_INLINE_LAMBDA { return sqrt(v); };
  EXPECT_EQ(at<S>(r, S(0)), S(0));
  EXPECT_EQ(at<S>(r, S(-0.0)), S(0));
  EXPECT_EQ(at<S>(r, S(1)), S(1));
  EXPECT_EQ(at<S>(r, S(4)), S(2));
  EXPECT_EQ(at<S>(r, inf), inf);
  EXPECT_TRUE(std::isnan(at<S>(r, S(-1))));
  EXPECT_TRUE(std::isnan(at<S>(r, nan)));
}

}  // namespace
}  // namespace lamina
