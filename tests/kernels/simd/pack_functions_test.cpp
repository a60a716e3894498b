#include <lamina/kernels/simd/pack_functions.hpp>

#include "support/values.hpp"

namespace lamina {
namespace {

using kernels::Pack;
using testing::random_values;
using testing::Values;

template <class S, int N>
void check_functions() {
  SCOPED_TRACE(::testing::Message() << N << " lanes of " << sizeof(S) << " bytes");
  using P = Pack<S, N>;
  const S nan = std::numeric_limits<S>::quiet_NaN();
  const Values<S> a = random_values<S>(N, 1), b = random_values<S>(N, 2);
  const P x = P::load(a.data()), y = P::load(b.data()), none = P::nan();
  const auto expect = [&](const char* name, const P& found, const auto& plain) {
    Values<S> out(N, S(9));
    found.store(out.data());
    for (int i = 0; i < N; ++i) {
      const S e = plain(i);
      EXPECT_TRUE(out[i] == e || (std::isnan(out[i]) && std::isnan(e))) << name << ", lane " << i << ": " << out[i];
    }
  };
  expect("maximum", maximum(x, y), [&](int i) { return std::max(a[i], b[i]); });
  expect("minimum", minimum(x, y), [&](int i) { return std::min(a[i], b[i]); });
  expect("maximum_or_nan", maximum_or_nan(x, y), [&](int i) { return std::max(a[i], b[i]); });
  expect("minimum_or_nan", minimum_or_nan(x, y), [&](int i) { return std::min(a[i], b[i]); });
  // If one operand is NaN, the result is the second operand or NaN.
  expect("maximum of NaN", maximum(none, y), [&](int i) { return b[i]; });
  expect("minimum of NaN", minimum(none, y), [&](int i) { return b[i]; });
  expect("maximum with NaN", maximum(x, none), [&](int) { return nan; });
  expect("minimum with NaN", minimum(x, none), [&](int) { return nan; });
  expect("maximum_or_nan of NaN", maximum_or_nan(none, y), [&](int) { return nan; });
  expect("minimum_or_nan of NaN", minimum_or_nan(none, y), [&](int) { return nan; });
  expect("maximum_or_nan with NaN", maximum_or_nan(x, none), [&](int) { return nan; });
  expect("minimum_or_nan with NaN", minimum_or_nan(x, none), [&](int) { return nan; });
  expect("abs", abs(x), [&](int i) { return std::abs(a[i]); });
  expect("abs of infinity", abs(P::minus_infinity()), [&](int) { return std::numeric_limits<S>::infinity(); });
  expect("rounded", rounded(x), [&](int i) { return a[i]; });
  expect("opaque", opaque(x), [&](int i) { return a[i]; });
  // The upper half of the lanes is added to the lower half, until one lane is left.
  Values<S> sums = a;
  for (int n = N; n > 1; n /= 2)
    for (int i = 0; i < n / 2; ++i) sums[i] += sums[i + n / 2];
  EXPECT_EQ(sum_lanes(x), sums[0]);
}

TEST(PackFunctions, ComputeLaneByLane) {
  check_functions<float, 1>();
  check_functions<double, 1>();
#if LAMINA_HAS_VECTOR_EXTENSION  // without it a pack is one number
  check_functions<float, 2>();
  check_functions<float, 4>();
  check_functions<float, 8>();
  check_functions<float, 16>();
  check_functions<double, 2>();
  check_functions<double, 4>();
  check_functions<double, 8>();
#endif
}

#if LAMINA_HAS_VECTOR_EXTENSION
TEST(PackFunctions, SumAndMagnitude) {
  using P = Pack<float, 4>;
  const float a[] = {1, 2, 3, 4};
  float out[4];
  EXPECT_EQ(sum_lanes(P::load(a)), 10.0F);
  EXPECT_EQ(sum_lanes(P::load_part(a, 3)), 6.0F);
  abs(P::splat(-2.F)).store(out);
  EXPECT_EQ(out[3], 2.0F);
}
#endif

}  // namespace
}  // namespace lamina
