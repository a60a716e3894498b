#include <gtest/gtest.h>

#include <cfloat>
#include <cmath>
#include <lamina/core/fma.hpp>
#include <lamina/core/random.hpp>

namespace lamina {
namespace {

TEST(Fma, RoundsOnce) {
  const double step = 0x1p-52;
  // The exact product is 1 + 2 step + step^2.
  EXPECT_EQ(detail::fused_multiply_add(1 + step, 1 + step, -1 - 2 * step), step * step);
  EXPECT_EQ(detail::emulated_fma(1 + step, 1 + step, -1 - 2 * step), step * step);
  // Halfway between two numbers except for a much smaller part of c: a sum with a mantissa of 64 bits would round to
  // even.
  EXPECT_EQ(detail::fused_multiply_add(1 + step, 1 + 0x1p-1, 0x1p-120), 0x1.8000000000002p0);
  EXPECT_EQ(detail::emulated_fma(1 + step, 1 + 0x1p-1, 0x1p-120), 0x1.8000000000002p0);
  EXPECT_EQ(detail::emulated_fma(1 + step, 1 + 0x1p-1, -0x1p-120), 0x1.8000000000001p0);
  EXPECT_EQ(detail::emulated_fma(0, 3, 4), 4);
  EXPECT_EQ(detail::emulated_fma(2, 3, 0), 6);
  EXPECT_EQ(detail::emulated_fma(2, 3, -6), 0);
}

#if !defined(__MINGW32__) && FLT_EVAL_METHOD == 0  // std::fma of MinGW is not exact, nor is the arithmetic of x87
/// Returns numbers of both signs with `exponents` different binary exponents around 0.
double number(std::uint64_t i, std::uint64_t exponents) {
  const RandomStream random(5, 11);
  const int exponent = static_cast<int>(random.below(3 * i, exponents)) - static_cast<int>(exponents / 2);
  const double magnitude = std::ldexp(1 + random.uniform(3 * i + 1), exponent);
  return random.bits(3 * i + 2) % 2 == 0 ? magnitude : -magnitude;
}

TEST(Fma, TheEmulationAgreesWithTheStandardLibrary) {
  for (std::uint64_t i = 0; i < 30000; ++i) {
    const std::uint64_t exponents = i % 3 == 0 ? 2 : i % 3 == 1 ? 60 : 240;
    const double a = number(3 * i, exponents), b = number(3 * i + 1, exponents);
    // Sums of all magnitudes, and sums in which the product cancels.
    const double c = i % 2 == 0 ? number(3 * i + 2, exponents) : -a * b * (1 + 0x1p-50 * static_cast<double>(i % 9));
    ASSERT_EQ(detail::emulated_fma(a, b, c), std::fma(a, b, c)) << i << ": " << a << ' ' << b << ' ' << c;
  }
}
#endif

TEST(Fma, TakesNumbersOfAllSizes) {
  EXPECT_EQ(detail::fused_multiply_add(1e300, 1e-300, 0), 1);
  EXPECT_EQ(detail::fused_multiply_add(1e200, 1e200, 1), INFINITY);
  EXPECT_EQ(detail::fused_multiply_add(1e308, 0.5, -1e307), 4e307);
  EXPECT_TRUE(std::isnan(detail::fused_multiply_add(INFINITY, 0, 1)));
}

}  // namespace
}  // namespace lamina
