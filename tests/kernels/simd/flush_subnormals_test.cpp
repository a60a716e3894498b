#include <gtest/gtest.h>

#include <lamina/kernels/simd/flush_subnormals.hpp>
#include <limits>

namespace lamina {
namespace {

/// Returns whether halving the smallest normal number gives zero, computed at run time.
template <class S>
bool flushes() {
  volatile S smallest = std::numeric_limits<S>::min();
  volatile S half = smallest * S(0.5);
  return half == S(0);
}

/// Returns whether subnormal operands are treated as zero.
template <class S>
bool takes_for_zero() {
  volatile S subnormal = std::numeric_limits<S>::denorm_min();
  volatile S product = subnormal * std::numeric_limits<S>::max();
  return product == S(0);
}

TEST(FlushSubnormals, AppliesDuringItsLifetime) {
  const bool before = flushes<float>(), before_operands = takes_for_zero<double>();
  {
    const kernels::FlushSubnormals flush;
#if LAMINA_X86 && defined(__SSE2__)
    EXPECT_TRUE(flushes<float>());
    EXPECT_TRUE(flushes<double>());
    EXPECT_TRUE(takes_for_zero<float>());
    EXPECT_TRUE(takes_for_zero<double>());
#endif
    { const kernels::FlushSubnormals nested; }
#if LAMINA_X86 && defined(__SSE2__)
    EXPECT_TRUE(flushes<float>()) << "the inner one restores what the outer one set";
#endif
  }
  EXPECT_EQ(flushes<float>(), before);
  EXPECT_EQ(takes_for_zero<double>(), before_operands);
}

}  // namespace
}  // namespace lamina
