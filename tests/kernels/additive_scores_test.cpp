#include <lamina/kernels/additive_scores.hpp>

#include "support/values.hpp"
#include "support/with_threads.hpp"

namespace lamina {
namespace {

using kernels::AdditiveSizes;
using testing::in_double;
using testing::random_values;
using testing::rounding;
using testing::Values;
using testing::values_near;
using testing::with_threads;

template <class S>
class AdditiveScoresKernel : public ::testing::Test {
 protected:
  struct Results {
    Values<S> scores, dq, dk, dw;
  };
  struct Data {
    Values<S> q, k, w, ds;
    explicit Data(const AdditiveSizes& n)
        : q(random_values<S>(n.batch * n.queries * n.size, 1)),
          k(random_values<S>(n.batch * n.keys * n.size, 2)),
          w(random_values<S>(n.size, 3)),
          ds(random_values<S>(n.batch * n.queries * n.keys, 4)) {}
  };

  static Results by_kernels(const AdditiveSizes& n, const Data& x) {
    Results r{Values<S>(x.ds.count(), S(9)), Values<S>(x.q.count(), S(9)), Values<S>(x.k.count(), S(9)),
              Values<S>(n.batch * n.size, S(9))};
    kernels::additive_scores<S>(n, x.q.data(), x.k.data(), x.w.data(), r.scores.data());
    kernels::additive_scores_gradient<S>(n, x.q.data(), x.k.data(), x.w.data(), x.ds.data(), r.dq.data(), r.dk.data(),
                                         r.dw.data());
    return r;
  }

  static void check(const AdditiveSizes& n) {
    SCOPED_TRACE(::testing::Message() << n.batch << ", " << n.queries << ", " << n.keys << ", " << n.size);
    const Data x(n);
    const Values<double> q = in_double(x.q), k = in_double(x.k), w = in_double(x.w), ds = in_double(x.ds);
    Values<double> scores(ds.count()), dq(q.count()), dk(k.count()), dw(n.batch * n.size);
    for (Index b = 0; b < n.batch; ++b)
      for (Index i = 0; i < n.queries; ++i)
        for (Index j = 0; j < n.keys; ++j)
          for (Index c = 0; c < n.size; ++c) {
            const Index at_q = (b * n.queries + i) * n.size + c, at_k = (b * n.keys + j) * n.size + c;
            const Index at_s = (b * n.queries + i) * n.keys + j;
            const double t = std::tanh(q[at_q] + k[at_k]);
            scores[at_s] += w[c] * t;
            dq[at_q] += ds[at_s] * w[c] * (1 - t * t);
            dk[at_k] += ds[at_s] * w[c] * (1 - t * t);
            dw[b * n.size + c] += ds[at_s] * t;
          }
    const Results r = by_kernels(n, x);
    const double tolerance = rounding<S>(n.size + n.queries * n.keys + 16);
    EXPECT_TRUE(values_near(r.scores, scores, tolerance));
    EXPECT_TRUE(values_near(r.dq, dq, tolerance));
    EXPECT_TRUE(values_near(r.dk, dk, tolerance));
    EXPECT_TRUE(values_near(r.dw, dw, tolerance));
  }
};
TYPED_TEST_SUITE(AdditiveScoresKernel, testing::Scalars);

TYPED_TEST(AdditiveScoresKernel, IsTheSumOverTheSize) {
  for (const Index size : testing::edge_widths) this->check({2, 3, 4, size});
  this->check({1, 1, 1, 5});
  this->check({3, 0, 2, 5});
  this->check({3, 2, 0, 5});
  this->check({0, 2, 2, 5});
}

TYPED_TEST(AdditiveScoresKernel, TheSameBitsForAnyNumberOfThreads) {
  const AdditiveSizes n{6, 20, 30, 33};
  const typename TestFixture::Data x(n);
  this->check(n);
  typename TestFixture::Results alone;
  for (const int threads : {1, 2, 3})
    with_threads(threads, [&] {
      const auto r = this->by_kernels(n, x);
      if (threads == 1) alone = r;
      EXPECT_TRUE(testing::same_bits(r.scores, alone.scores)) << threads;
      EXPECT_TRUE(testing::same_bits(r.dq, alone.dq)) << threads;
      EXPECT_TRUE(testing::same_bits(r.dk, alone.dk)) << threads;
      EXPECT_TRUE(testing::same_bits(r.dw, alone.dw)) << threads;
    });
}

}  // namespace
}  // namespace lamina
