#include <lamina/kernels/layerwise_updates.hpp>

#include "support/values.hpp"
#include "support/with_threads.hpp"

namespace lamina {
namespace {

using testing::in_double;
using testing::random_values;
using testing::rounding;
using testing::Values;
using testing::values_near;
using testing::with_threads;

template <class S>
class LayerwiseUpdates : public ::testing::Test {};
TYPED_TEST_SUITE(LayerwiseUpdates, testing::Scalars);

// Up to 16384 elements are summed in one part.
constexpr Index sizes[] = {0, 1, 3, 7, 8, 9, 15, 16, 17, 33, 130, 16384, 16385, 50001};

double length_of(const Values<double>& x) {
  double sum = 0;
  for (const double v : x) sum += v * v;
  return std::sqrt(sum);
}

TYPED_TEST(LayerwiseUpdates, NormOfAnyNumberOfElements) {
  using S = TypeParam;
  for (const Index n : sizes) {
    const Values<S> x = random_values<S>(n, 1);
    const double expected = length_of(in_double(x));
    double alone = 0;
    for (const int threads : {1, 2, 3})
      with_threads(threads, [&] {
        const double length = kernels::squared_length<S>(n, x.data()).length();
        if (threads == 1) alone = length;
        EXPECT_NEAR(length, expected, rounding<S>(64 + n / 64) * (1 + expected)) << n;
        EXPECT_EQ(length, alone) << n << " elements, " << threads << " threads";
      });
  }
}

TYPED_TEST(LayerwiseUpdates, NormOfNumbersWhoseSquaresOverflowOrUnderflow) {
  using S = TypeParam;
  for (const S scale : {std::ldexp(S(1), std::numeric_limits<S>::max_exponent * 3 / 4),
                        std::ldexp(S(1), std::numeric_limits<S>::min_exponent * 3 / 4)}) {
    Values<S> x = random_values<S>(33, 1);
    const double expected = length_of(in_double(x));
    for (S& v : x) v *= scale;
    const kernels::Squares squares = kernels::squared_length<S>(33, x.data());
    EXPECT_NEAR(std::ldexp(squares.root(), squares.exponent - std::ilogb(scale)), expected, rounding<S>(64) * expected);
  }
}

TYPED_TEST(LayerwiseUpdates, LambScalesTheStepToTheWeights) {
  using S = TypeParam;
  for (const Index n : sizes)
    for (const bool zero : {false, true}) {
      Values<S> w = random_values<S>(n, 1), m = random_values<S>(n, 2), v = random_values<S>(n, 3, 0.5, 1.5);
      if (zero) std::fill(w.begin(), w.end(), S(0));
      const Values<S> g = random_values<S>(n, 4), w_before = w, m_before = m, v_before = v;
      Values<double> w_plain = in_double(w), m_plain = in_double(m), v_plain = in_double(v), u(n);
      const Values<double> g_plain = in_double(g);
      for (Index i = 0; i < n; ++i) {
        m_plain[i] += 0.25 * (g_plain[i] - m_plain[i]);
        v_plain[i] += 0.125 * (g_plain[i] * g_plain[i] - v_plain[i]);
        u[i] = m_plain[i] * 4 / (std::sqrt(v_plain[i] * 8) + 0.5);
        w_plain[i] *= 0.875;
      }
      const double of_weights = length_of(w_plain), of_steps = length_of(u);
      const double ratio = of_weights > 0 && of_steps > 0 ? of_weights / of_steps : 1;
      for (Index i = 0; i < n; ++i) w_plain[i] -= 0.0625 * ratio * u[i];
      Values<S> alone;
      for (const int threads : {1, 3})
        with_threads(threads, [&] {
          w = w_before, m = m_before, v = v_before;
          kernels::lamb<S>(n, w.data(), m.data(), v.data(), g.data(), S(0.875), S(0.0625), S(0.25), S(0.125), S(4),
                           S(8), S(0.5));
          EXPECT_TRUE(values_near(m, m_plain, rounding<S>(8))) << n;
          EXPECT_TRUE(values_near(v, v_plain, rounding<S>(8))) << n;
          EXPECT_TRUE(values_near(w, w_plain, rounding<S>(64 + n / 64))) << n;
          if (threads == 1) alone = w;
          EXPECT_TRUE(testing::same_bits(w, alone)) << threads << " threads";
        });
    }
}

TYPED_TEST(LayerwiseUpdates, AdafactorOfMatrices) {
  using S = TypeParam;
  for (const Index rows : {1, 2, 9})
    for (const Index columns : {1, 3, 7, 8, 9, 15, 16, 17, 33, 130}) {
      Values<S> r = random_values<S>(rows, 1, 0.5, 1.5), c = random_values<S>(columns, 2, 0.5, 1.5);
      Values<S> g = random_values<S>(rows * columns, 3), v(rows * columns, S(9));
      g[0] = S(0);
      Values<double> r_plain = in_double(r), c_plain = in_double(c), v_plain(rows * columns);
      const Values<double> g_plain = in_double(g);
      for (double& x : r_plain) x *= 0.75;
      for (double& x : c_plain) x *= 0.75;
      for (Index i = 0; i < rows; ++i)
        for (Index j = 0; j < columns; ++j) {
          const double square = g_plain[i * columns + j] * g_plain[i * columns + j] + 0.125;
          r_plain[i] += 0.25 * square / static_cast<double>(columns);
          c_plain[j] += 0.25 * square / static_cast<double>(rows);
        }
      kernels::adafactor_means<S>(rows, columns, r.data(), c.data(), g.data(), S(0.75), S(0.25), S(0.125));
      const double tolerance = rounding<S>(rows + columns + 16);
      EXPECT_TRUE(values_near(r, r_plain, tolerance)) << rows << " x " << columns;
      EXPECT_TRUE(values_near(c, c_plain, tolerance)) << rows << " x " << columns;

      double mean = 0, sum = 0;
      for (const double x : r_plain) mean += x / static_cast<double>(rows);
      for (Index i = 0; i < rows * columns; ++i) {
        v_plain[i] = r_plain[i / columns] / mean * c_plain[i % columns];
        sum += g_plain[i] * g_plain[i] / v_plain[i];
      }
      const double found = kernels::adafactor_factored<S>(rows, columns, v.data(), r.data(), c.data(), g.data());
      EXPECT_TRUE(values_near(v, v_plain, 2 * tolerance)) << rows << " x " << columns;
      EXPECT_NEAR(found, sum, 4 * tolerance * (1 + sum)) << rows << " x " << columns;
    }
}

TYPED_TEST(LayerwiseUpdates, AdafactorOfVectors) {
  using S = TypeParam;
  for (const Index n : sizes) {
    Values<S> v = random_values<S>(n, 1, 0.5, 1.5), w = random_values<S>(n, 2);
    const Values<S> g = random_values<S>(n, 3);
    const Values<double> g_plain = in_double(g);
    Values<double> v_plain = in_double(v), w_plain = in_double(w);
    double sum = 0;
    for (Index i = 0; i < n; ++i) {
      v_plain[i] = 0.75 * v_plain[i] + 0.25 * (g_plain[i] * g_plain[i] + 0.125);
      sum += g_plain[i] * g_plain[i] / v_plain[i];
      w_plain[i] = 0.875 * w_plain[i] - 0.0625 * g_plain[i] / std::sqrt(v_plain[i]);
    }
    const double found = kernels::adafactor_unfactored<S>(n, v.data(), g.data(), S(0.75), S(0.25), S(0.125));
    EXPECT_NEAR(found, sum, rounding<S>(64 + n / 64) * (1 + sum)) << n;
    EXPECT_TRUE(values_near(v, v_plain, rounding<S>(8))) << n;
    kernels::adafactor_step<S>(n, w.data(), v.data(), g.data(), S(0.875), S(0.0625));
    EXPECT_TRUE(values_near(w, w_plain, rounding<S>(16))) << n;
  }
}

// If the gradient is 0, the step is 0, even if the running means are also 0.
TYPED_TEST(LayerwiseUpdates, AdafactorWithAZeroGradientDoesNotChangeWeights) {
  using S = TypeParam;
  for (const Index n : {1, 40}) {
    Values<S> v(n, S(9)), w(n, S(1));
    const Values<S> zeros(n), r(1, S(1));
    EXPECT_EQ(kernels::adafactor_factored<S>(1, n, v.data(), r.data(), zeros.data(), zeros.data()), 0);
    kernels::adafactor_step<S>(n, w.data(), v.data(), zeros.data(), S(1), S(0.0625));
    for (const S x : w) EXPECT_EQ(x, S(1));
  }
}

}  // namespace
}  // namespace lamina
