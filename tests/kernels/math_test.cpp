#include <gtest/gtest.h>

#include <cmath>
#include <cstdint>
#include <lamina/kernels/elementwise.hpp>
#include <lamina/kernels/simd/math.hpp>
#include <lamina/kernels/simd/trigonometry.hpp>
#include <limits>
#include <vector>

// The kernels' elementary functions against the C library's in long double, in units of the last place, for one lane
// and for as many as the machine has.

namespace lamina {
namespace {

using kernels::Pack;

/// The distance to the exact value in units of the exact value's last place.
template <class S>
double ulp_error(S found, long double exact) {
  const S nearest = static_cast<S>(exact);
  if (std::isnan(nearest)) return std::isnan(found) ? 0 : 1e30;
  if (std::isinf(nearest)) return found == nearest ? 0 : 1e30;
  if (!std::isfinite(found)) return 1e30;
  int exponent = 0;
  std::frexp(std::max(std::fabs(nearest), std::numeric_limits<S>::min()), &exponent);
  const long double unit = std::ldexp(1.0L, exponent - std::numeric_limits<S>::digits);
  return static_cast<double>(std::fabs(static_cast<long double>(found) - exact) / unit);
}

template <class S, class F>
void expect_accurate(const char* name, const F& f, long double (*exact)(long double), const std::vector<S>& points,
                     double most_ulps) {
  // More than enough elements for lanes; at the end some are left over for packs of one.
  std::vector<S> in = points;
  while (in.size() < 40) in.push_back(points[in.size() % points.size()]);
  std::vector<S> wide(in.size());
  kernels::map<true>(static_cast<Index>(in.size()), wide.data(), f, in.data());
  double worst_wide = 0, worst_one = 0;
  S at_wide = 0, at_one = 0;
  for (std::size_t i = 0; i < in.size(); ++i) {
    const long double expected = exact(static_cast<long double>(in[i]));
    const double error_wide = ulp_error(wide[i], expected);
    const double error_one = ulp_error(f(Pack<S, 1>{in[i]}).v, expected);
    if (error_wide > worst_wide) worst_wide = error_wide, at_wide = in[i];
    if (error_one > worst_one) worst_one = error_one, at_one = in[i];
  }
  EXPECT_LE(worst_wide, most_ulps) << name << " by lanes at " << static_cast<double>(at_wide);
  EXPECT_LE(worst_one, most_ulps) << name << " by one lane at " << static_cast<double>(at_one);
}

/// Points evenly spread, and points of every magnitude on both sides of zero, inside [low, high].
template <class S>
std::vector<S> points(double low, double high) {
  std::vector<S> result;
  constexpr int count = 5003;
  for (int i = 0; i <= count; ++i) result.push_back(static_cast<S>(low + (high - low) * i / count));
  const int digits = std::numeric_limits<S>::max_exponent10 - 1;
  for (int e = -digits; e <= digits; ++e)
    for (double m : {1.0, 1.7, 3.1, 6.9})
      for (double sign : {-1.0, 1.0}) {
        const double v = sign * m * std::pow(10.0, e);
        if (v >= low && v <= high) result.push_back(static_cast<S>(v));
      }
  return result;
}

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
      "exp", [](const auto& v) { return exp(v); }, std::exp, points<TypeParam>(this->lowest_exp, this->highest_exp), 2);
}
TYPED_TEST(KernelMath, Expm1) {
  expect_accurate<TypeParam>(
      "expm1", [](const auto& v) { return expm1(v); }, std::expm1, points<TypeParam>(-60, this->highest_exp), 3);
}
TYPED_TEST(KernelMath, Log) {
  expect_accurate<TypeParam>(
      "log", [](const auto& v) { return log(v); }, std::log, points<TypeParam>(1e-300, this->largest), 2);
  expect_accurate<TypeParam>(
      "log near one", [](const auto& v) { return log(v); }, std::log, points<TypeParam>(0.5, 2), 2);
}
TYPED_TEST(KernelMath, Log1p) {
  expect_accurate<TypeParam>(
      "log1p", [](const auto& v) { return log1p(v); }, std::log1p, points<TypeParam>(-0.99, this->largest), 3);
  expect_accurate<TypeParam>(
      "log1p near zero", [](const auto& v) { return log1p(v); }, std::log1p, points<TypeParam>(-0.1, 0.1), 3);
}
TYPED_TEST(KernelMath, Tanh) {
  expect_accurate<TypeParam>(
      "tanh", [](const auto& v) { return tanh(v); }, std::tanh, points<TypeParam>(-30, 30), 4);
}
TYPED_TEST(KernelMath, Erf) {
  const auto e = [](const auto& v) { return erf(v); };
  expect_accurate<TypeParam>("erf", e, std::erf, points<TypeParam>(-7, 7), 3);
  expect_accurate<TypeParam>("erf near zero", e, std::erf, points<TypeParam>(-0.01, 0.01), 3);
  expect_accurate<TypeParam>("erf where its parts meet", e, std::erf, points<TypeParam>(0.99, 1.01), 3);
}
TYPED_TEST(KernelMath, SineAndCosine) {
  const auto s = [](const auto& v) { return sin(v); };
  const auto c = [](const auto& v) { return cos(v); };
  for (const double far : {1.0, 30.0, 8192.0, 1.6e6}) {
    SCOPED_TRACE(far);
    expect_accurate<TypeParam>("sin", s, std::sin, points<TypeParam>(-far, far), 2);
    expect_accurate<TypeParam>("cos", c, std::cos, points<TypeParam>(-far, far), 2);
  }
  std::vector<TypeParam> quarters;  // where one of them nearly vanishes
  for (int k = -200; k <= 200; ++k) quarters.push_back(static_cast<TypeParam>(k * 1.57079632679489661923));
  expect_accurate<TypeParam>("sin at quarters", s, std::sin, quarters, 2);
  expect_accurate<TypeParam>("cos at quarters", c, std::cos, quarters, 2);
}
TYPED_TEST(KernelMath, Sigmoid) {
  expect_accurate<TypeParam>(
      "sigmoid", [](const auto& v) { return sigmoid(v); }, exact_sigmoid, points<TypeParam>(-80, 80), 4);
}
TYPED_TEST(KernelMath, Softplus) {
  expect_accurate<TypeParam>(
      "softplus", [](const auto& v) { return softplus(v); }, exact_softplus, points<TypeParam>(-80, 200), 4);
}
TYPED_TEST(KernelMath, Sqrt) {
  expect_accurate<TypeParam>(
      "sqrt", [](const auto& v) { return sqrt(v); }, std::sqrt, points<TypeParam>(0, this->largest), 1.01);
  expect_accurate<TypeParam>(
      "sqrt near one", [](const auto& v) { return sqrt(v); }, std::sqrt, points<TypeParam>(0.25, 4), 1.01);
}

/// A function of one value, by one lane and by many; both must agree.
template <class S, class F>
S at(const F& f, S x) {
  const std::vector<S> in(33, x);
  std::vector<S> out(33);
  kernels::map<true>(33, out.data(), f, in.data());
  for (S y : out) {
    const bool same = y == out[32] || (std::isnan(y) && std::isnan(out[32]));
    EXPECT_TRUE(same) << "lanes differ at " << static_cast<double>(x);
  }
  return out[0];
}

TYPED_TEST(KernelMath, Specials) {
  using S = TypeParam;
  constexpr S inf = std::numeric_limits<S>::infinity(), nan = std::numeric_limits<S>::quiet_NaN();
  constexpr S tiny = std::numeric_limits<S>::denorm_min(), max = std::numeric_limits<S>::max();
  const auto e = [](const auto& v) { return exp(v); };
  EXPECT_EQ(at<S>(e, S(0)), S(1));
  EXPECT_EQ(at<S>(e, S(-0.0)), S(1));
  EXPECT_EQ(at<S>(e, inf), inf);
  EXPECT_EQ(at<S>(e, -inf), S(0));
  EXPECT_EQ(at<S>(e, max), inf);
  EXPECT_EQ(at<S>(e, -max), S(0));
  EXPECT_EQ(at<S>(e, tiny), S(1));
  EXPECT_TRUE(std::isnan(at<S>(e, nan)));
  const auto em1 = [](const auto& v) { return expm1(v); };
  EXPECT_EQ(at<S>(em1, S(0)), S(0));
  EXPECT_EQ(at<S>(em1, inf), inf);
  EXPECT_EQ(at<S>(em1, -inf), S(-1));
  EXPECT_TRUE(std::isnan(at<S>(em1, nan)));
  const auto l = [](const auto& v) { return log(v); };
  EXPECT_EQ(at<S>(l, S(1)), S(0));
  EXPECT_EQ(at<S>(l, S(0)), -inf);
  EXPECT_EQ(at<S>(l, S(-0.0)), -inf);
  EXPECT_EQ(at<S>(l, inf), inf);
  EXPECT_NEAR(static_cast<double>(at<S>(l, tiny)), std::log(static_cast<double>(tiny)), 1e-4);
  EXPECT_TRUE(std::isnan(at<S>(l, S(-1))));
  EXPECT_TRUE(std::isnan(at<S>(l, -inf)));
  EXPECT_TRUE(std::isnan(at<S>(l, nan)));
  const auto l1 = [](const auto& v) { return log1p(v); };
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
  const auto t = [](const auto& v) { return tanh(v); };
  EXPECT_EQ(at<S>(t, S(0)), S(0));
  EXPECT_EQ(at<S>(t, inf), S(1));
  EXPECT_EQ(at<S>(t, -inf), S(-1));
  EXPECT_EQ(at<S>(t, max), S(1));
  EXPECT_TRUE(std::isnan(at<S>(t, nan)));
  const auto s = [](const auto& v) { return sigmoid(v); };
  EXPECT_EQ(at<S>(s, S(0)), S(0.5));
  EXPECT_EQ(at<S>(s, inf), S(1));
  EXPECT_EQ(at<S>(s, -inf), S(0));
  EXPECT_EQ(at<S>(s, -max), S(0));
  EXPECT_TRUE(std::isnan(at<S>(s, nan)));
  const auto p = [](const auto& v) { return softplus(v); };
  EXPECT_NEAR(static_cast<double>(at<S>(p, S(0))), std::log(2.0), 1e-7);
  EXPECT_EQ(at<S>(p, inf), inf);
  EXPECT_EQ(at<S>(p, -inf), S(0));
  EXPECT_EQ(at<S>(p, max), max);
  EXPECT_EQ(at<S>(p, -max), S(0));
  EXPECT_TRUE(std::isnan(at<S>(p, nan)));
  const auto sine = [](const auto& v) { return sin(v); };
  EXPECT_TRUE(std::signbit(at<S>(sine, S(-0.0))));
  EXPECT_TRUE(std::isnan(at<S>(sine, -inf)));
  EXPECT_TRUE(std::isnan(at<S>(sine, nan)));
  EXPECT_EQ(at<S>(sine, max), std::sin(max));
  const auto cosine = [](const auto& v) { return cos(v); };
  EXPECT_EQ(at<S>(cosine, S(0)), S(1));
  EXPECT_TRUE(std::isnan(at<S>(cosine, inf)));
  EXPECT_EQ(at<S>(cosine, -max), std::cos(max));
  const auto g = [](const auto& v) { return erf(v); };
  EXPECT_EQ(at<S>(g, S(0)), S(0));
  EXPECT_TRUE(std::signbit(at<S>(g, S(-0.0))));
  EXPECT_EQ(at<S>(g, inf), S(1));
  EXPECT_EQ(at<S>(g, -inf), S(-1));
  EXPECT_EQ(at<S>(g, max), S(1));
  EXPECT_TRUE(std::isnan(at<S>(g, nan)));
  const auto r = [](const auto& v) { return sqrt(v); };
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
