#include <lamina/kernels/simd/pack.hpp>

#include "support/values.hpp"

namespace lamina {
namespace {

using kernels::Pack;
using testing::random_values;
using testing::Values;

/// Compares every operation on packs of N lanes with the same operation on scalars, lane by lane, bit for bit.
template <class S, int N>
void check_pack() {
  SCOPED_TRACE(::testing::Message() << N << " lanes of " << sizeof(S) << " bytes");
  using P = Pack<S, N>;
  Values<S> a = random_values<S>(N, 1), b = random_values<S>(N, 2), c = random_values<S>(N, 3);
  if (N > 1) b[N - 1] = a[N - 1];
  const P x = P::load(a.data()), y = P::load(b.data()), z = P::load(c.data());
  const auto expect = [&](const char* name, const P& found, const auto& plain) {
    Values<S> out(N, S(9));
    found.store(out.data());
    for (int i = 0; i < N; ++i) EXPECT_EQ(out[i], plain(i)) << name << ", lane " << i;
  };
  expect("+", x + y, [&](int i) { return a[i] + b[i]; });
  expect("-", x - y, [&](int i) { return a[i] - b[i]; });
  expect("*", x * y, [&](int i) { return a[i] * b[i]; });
  expect("/", x / y, [&](int i) { return a[i] / b[i]; });
  expect("negation", -x, [&](int i) { return -a[i]; });
  const S s = S(0.25);
  expect("+ number", x + s, [&](int i) { return a[i] + s; });
  expect("number +", s + x, [&](int i) { return s + a[i]; });
  expect("- number", x - s, [&](int i) { return a[i] - s; });
  expect("number -", s - x, [&](int i) { return s - a[i]; });
  expect("* number", x * s, [&](int i) { return a[i] * s; });
  expect("number *", s * x, [&](int i) { return s * a[i]; });
  expect("/ number", x / s, [&](int i) { return a[i] / s; });
  expect("number /", s / x, [&](int i) { return s / a[i]; });
  expect("splat", P::splat(s), [&](int) { return s; });
  expect("<", select(x < y, x, z), [&](int i) { return a[i] < b[i] ? a[i] : c[i]; });
  expect(">", select(x > y, x, z), [&](int i) { return a[i] > b[i] ? a[i] : c[i]; });
  expect("<=", select(x <= y, x, z), [&](int i) { return a[i] <= b[i] ? a[i] : c[i]; });
  expect(">=", select(x >= y, x, z), [&](int i) { return a[i] >= b[i] ? a[i] : c[i]; });
  expect("==", select(x == y, x, z), [&](int i) { return a[i] == b[i] ? a[i] : c[i]; });
  expect("&", select((x < y) & (x < z), s, z), [&](int i) { return a[i] < b[i] && a[i] < c[i] ? s : c[i]; });
  expect("|", select((x < y) | (x < z), x, s), [&](int i) { return a[i] < b[i] || a[i] < c[i] ? a[i] : s; });
  expect("bits", P::from_bits(x.bits()), [&](int i) { return a[i]; });
  // Rounded once (fused) or twice.
  Values<S> out(N);
  fma(x, y, z).store(out.data());
  for (int i = 0; i < N; ++i)
    EXPECT_NEAR(static_cast<double>(out[i]),
                static_cast<double>(a[i]) * static_cast<double>(b[i]) + static_cast<double>(c[i]),
                testing::rounding<S>(2));
  for (Index count = 0; count <= N; ++count) {
    expect("load_part", P::load_part(a.data(), count), [&](int i) { return i < count ? a[i] : S(0); });
    Values<S> part(N, S(9));
    x.store_part(part.data(), count);
    for (int i = 0; i < N; ++i) EXPECT_EQ(part[i], i < count ? a[i] : S(9)) << "store_part of " << count;
  }
}

TEST(Pack, ComputesLaneByLane) {
  check_pack<float, 1>();
  check_pack<double, 1>();
#if LAMINA_HAS_VECTOR_EXTENSION  // without it a pack is one number
  check_pack<float, 2>();
  check_pack<float, 4>();
  check_pack<float, 8>();
  check_pack<float, 16>();
  check_pack<double, 2>();
  check_pack<double, 4>();
  check_pack<double, 8>();
#endif
}

template <class S, int N>
void check_specials() {
  using P = Pack<S, N>;
  Values<S> inf(N), minus_inf(N), nan(N), marks(N);
  P::infinity().store(inf.data());
  P::minus_infinity().store(minus_inf.data());
  P::nan().store(nan.data());
  const auto marked = [&](const auto& mask) {
    select(mask, P::splat(S(1)), S(0)).store(marks.data());
    return marks[0];
  };
  for (int i = 0; i < N; ++i) {
    EXPECT_EQ(inf[i], std::numeric_limits<S>::infinity());
    EXPECT_EQ(minus_inf[i], -std::numeric_limits<S>::infinity());
    EXPECT_TRUE(std::isnan(nan[i]));
  }
  EXPECT_EQ(marked(is_number(P::nan())), S(0));
  EXPECT_EQ(marked(is_number(P::infinity())), S(1));
  EXPECT_EQ(marked(is_positive_infinity(P::infinity())), S(1));
  EXPECT_EQ(marked(is_positive_infinity(P::minus_infinity())), S(0));
  EXPECT_EQ(marked(P::nan() == P::nan()), S(0));
}

TEST(Pack, InfinityAndNaN) {
  check_specials<float, 1>();
  check_specials<double, 1>();
#if LAMINA_HAS_VECTOR_EXTENSION  // without it a pack is one number
  check_specials<float, 4>();
  check_specials<double, 2>();
#endif
}

#if LAMINA_HAS_VECTOR_EXTENSION
TEST(Pack, SelectsAndCompares) {
  using P = Pack<float, 4>;
  const float a[] = {1, 2, 3, 4}, b[] = {4, 2, 2, 5};
  float out[4];
  select(P::load(a) < P::load(b), P::load(a), P::splat(0)).store(out);
  EXPECT_EQ(std::vector<float>(out, out + 4), (std::vector<float>{1, 0, 0, 4}));
  select((P::load(a) >= P::load(b)) & (P::load(b) == 2.F), 1.F, P::splat(0)).store(out);
  EXPECT_EQ(std::vector<float>(out, out + 4), (std::vector<float>{0, 1, 1, 0}));
  select((P::load(a) > P::load(b)) | (P::load(a) <= 1.F), 1.F, P::splat(0)).store(out);
  EXPECT_EQ(std::vector<float>(out, out + 4), (std::vector<float>{1, 0, 1, 0}));
  float part[4] = {9, 9, 9, 9};
  P::load(a).store_part(part, 2);
  EXPECT_EQ(std::vector<float>(part, part + 4), (std::vector<float>{1, 2, 9, 9}));
  EXPECT_TRUE(std::signbit(Pack<float, 4>::splat(-0.0F).v[0]));
}
#endif

}  // namespace
}  // namespace lamina
