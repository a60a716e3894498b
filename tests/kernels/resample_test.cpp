#include <lamina/kernels/resample.hpp>

#include "support/values.hpp"
#include "support/with_threads.hpp"

namespace lamina {
namespace {

using kernels::Resampling;
using testing::in_double;
using testing::random_values;
using testing::rounding;
using testing::Values;
using testing::values_near;
using testing::with_threads;

template <class S>
class ResampleKernel : public ::testing::Test {
 protected:
  static void check(Index from, Index to, Index taps, Index outer, Index inner) {
    SCOPED_TRACE(::testing::Message() << from << " to " << to << " by " << taps << ", " << outer << ", " << inner);
    Values<Index> first(to);
    for (Index j = 0; j < to; ++j) first[j] = j * 5 % (from - taps + 1);
    const Values<S> weights = random_values<S>(to * taps, 1), x = random_values<S>(outer * from * inner, 2),
                    dy = random_values<S>(outer * to * inner, 3);
    const Values<double> w = in_double(weights), x_plain = in_double(x), dy_plain = in_double(dy);
    Values<double> y_plain(dy.count()), dx_plain(x.count());
    for (Index o = 0; o < outer; ++o)
      for (Index j = 0; j < to; ++j)
        for (Index k = 0; k < taps; ++k)
          for (Index i = 0; i < inner; ++i) {
            const Index at_x = (o * from + first[j] + k) * inner + i, at_y = (o * to + j) * inner + i;
            y_plain[at_y] += w[j * taps + k] * x_plain[at_x];
            dx_plain[at_x] += w[j * taps + k] * dy_plain[at_y];
          }
    const Resampling<S> r{from, to, taps, first.data(), weights.data()};
    Values<S> y(dy.count(), S(9)), dx(x.count(), S(9));
    kernels::resample<S>(r, outer, inner, x.data(), y.data());
    kernels::resample_transposed<S>(r, outer, inner, dy.data(), dx.data());
    EXPECT_TRUE(values_near(y, y_plain, rounding<S>(taps + 2)));
    EXPECT_TRUE(values_near(dx, dx_plain, rounding<S>(to * taps + 2)));
  }
};
TYPED_TEST_SUITE(ResampleKernel, testing::Scalars);

TYPED_TEST(ResampleKernel, EveryInnerWidth) {
  for (const Index inner : testing::edge_widths) this->check(6, 9, 3, 2, inner);
}

TYPED_TEST(ResampleKernel, EnlargesAndReducesAxes) {
  for (const Index outer : {0, 1, 3}) {
    this->check(1, 1, 1, outer, 5);
    this->check(1, 7, 1, outer, 5);
    this->check(9, 4, 4, outer, 5);
    this->check(5, 20, 2, outer, 5);
  }
}

TYPED_TEST(ResampleKernel, OnSeveralThreads) {
  for (const int threads : {1, 2, 3}) with_threads(threads, [&] { this->check(60, 130, 3, 7, 50); });
}

}  // namespace
}  // namespace lamina
