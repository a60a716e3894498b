#include <lamina/kernels/attention.hpp>

#include "support/values.hpp"
#include "support/with_threads.hpp"

namespace lamina {
namespace {

using kernels::AttentionSizes;
using kernels::Hidden;
using kernels::Visibility;
using testing::in_double;
using testing::random_values;
using testing::rounding;
using testing::Values;
using testing::values_near;
using testing::with_threads;

template <class S>
class AttentionKernel : public ::testing::Test {
 protected:
  struct Results {
    Values<S> y, weights, dq, dk, dv;
  };
  struct Plain {
    Values<double> y, weights, dq, dk, dv;
  };
  struct Data {
    Values<S> q, k, v, dy;
    explicit Data(const AttentionSizes& n)
        : q(random_values<S>(n.batch * n.queries * n.heads * n.key_dim, 1)),
          k(random_values<S>(n.batch * n.keys * n.key_heads * n.key_dim, 2)),
          v(random_values<S>(n.batch * n.keys * n.key_heads * n.value_dim, 3)),
          dy(random_values<S>(n.batch * n.queries * n.heads * n.value_dim, 4)) {}
  };
  static constexpr S scale = S(0.5);

  static Results by_kernels(const AttentionSizes& n, const Visibility<S>& seen, const Data& x) {
    Results r{Values<S>(x.dy.count(), S(9)), Values<S>(n.batch * n.heads * n.queries * n.keys, S(9)),
              Values<S>(x.q.count(), S(9)), Values<S>(x.k.count(), S(9)), Values<S>(x.v.count(), S(9))};
    kernels::attention<S>(n, seen, scale, x.q.data(), x.k.data(), x.v.data(), r.y.data(), r.weights.data());
    kernels::attention_gradient<S>(n, seen, scale, x.q.data(), x.k.data(), x.v.data(), r.y.data(), r.weights.data(),
                                   x.dy.data(), r.dq.data(), r.dk.data(), r.dv.data());
    return r;
  }

  static bool sees(const Visibility<S>& seen, Index b, Index h, Index i, Index j) {
    if (seen.causal && j > i) return false;
    if (seen.window > 0 && std::abs(i - j) >= seen.window) return false;
    return seen.visible == nullptr ||
           seen.visible[b * seen.step[0] + h * seen.step[1] + i * seen.step[2] + j * seen.step[3]] != S(0);
  }

  static Plain by_loops(const AttentionSizes& n, const Visibility<S>& seen, const Data& x) {
    const Values<double> q = in_double(x.q), k = in_double(x.k), v = in_double(x.v), dy = in_double(x.dy);
    Plain r{Values<double>(dy.count()), Values<double>(n.batch * n.heads * n.queries * n.keys),
            Values<double>(q.count()), Values<double>(k.count()), Values<double>(v.count())};
    for (Index b = 0; b < n.batch; ++b)
      for (Index h = 0; h < n.heads; ++h)
        for (Index i = 0; i < n.queries; ++i) {
          const Index key_head = h / (n.heads / n.key_heads);
          const auto at_q = [&](Index d) { return ((b * n.queries + i) * n.heads + h) * n.key_dim + d; };
          const auto at_y = [&](Index d) { return ((b * n.queries + i) * n.heads + h) * n.value_dim + d; };
          const auto at_k = [&](Index j, Index d) {
            return ((b * n.keys + j) * n.key_heads + key_head) * n.key_dim + d;
          };
          const auto at_v = [&](Index j, Index d) {
            return ((b * n.keys + j) * n.key_heads + key_head) * n.value_dim + d;
          };
          double* w = r.weights.data() + ((b * n.heads + h) * n.queries + i) * n.keys;
          bool sees_one = false;
          double largest = -1e300, sum = 0;
          for (Index j = 0; j < n.keys; ++j) {
            const bool seen_here = sees(seen, b, h, i, j);
            sees_one = sees_one || seen_here;
            for (Index d = 0; d < n.key_dim; ++d) w[j] += static_cast<double>(scale) * q[at_q(d)] * k[at_k(j, d)];
            // The digits of a score that remain after subtracting 1e9 depend on the precision of S.
            if (!seen_here) w[j] = static_cast<double>(static_cast<S>(w[j]) + S(-1e9));
            largest = std::max(largest, w[j]);
          }
          for (Index j = 0; j < n.keys; ++j) sum += w[j] = std::exp(w[j] - largest);
          for (Index j = 0; j < n.keys; ++j) {
            w[j] /= sum;
            if (!sees_one && seen.hidden == Hidden::lowest) w[j] = 1 / static_cast<double>(n.keys);
            if (!sees_one && seen.hidden == Hidden::nothing) w[j] = 0;
          }
          double mean = 0;
          Values<double> dw(n.keys);
          for (Index j = 0; j < n.keys; ++j)
            for (Index d = 0; d < n.value_dim; ++d) {
              r.y[at_y(d)] += w[j] * v[at_v(j, d)];
              r.dv[at_v(j, d)] += w[j] * dy[at_y(d)];
              dw[j] += dy[at_y(d)] * v[at_v(j, d)];
              mean += w[j] * dy[at_y(d)] * v[at_v(j, d)];
            }
          for (Index j = 0; j < n.keys; ++j)
            for (Index d = 0; d < n.key_dim; ++d) {
              const double ds = static_cast<double>(scale) * w[j] * (dw[j] - mean);
              r.dq[at_q(d)] += ds * k[at_k(j, d)];
              r.dk[at_k(j, d)] += ds * q[at_q(d)];
            }
        }
    return r;
  }

  static void check(const AttentionSizes& n, const Visibility<S>& seen) {
    SCOPED_TRACE(::testing::Message() << n.batch << ", " << n.queries << ", " << n.keys << ", " << n.heads << ", "
                                      << n.key_heads << ", " << n.key_dim << ", " << n.value_dim << "; "
                                      << (seen.visible != nullptr) << seen.causal << seen.window << ' '
                                      << static_cast<int>(seen.hidden));
    const Data x(n);
    const Plain plain = by_loops(n, seen, x);
    const Results r = by_kernels(n, seen, x);
    // 1e-6: 1e9 is subtracted from a score in S, before or after scaling.
    const double tolerance =
        rounding<S>(n.queries + n.keys + n.key_dim + n.value_dim + 32) + (seen.hidden == Hidden::lowered ? 1e-6 : 0);
    Values<S> weights = r.weights;  // the kernels neither write nor read the weights of keys outside of a block
    std::replace(weights.begin(), weights.end(), S(9), S(0));
    EXPECT_TRUE(values_near(weights, plain.weights, tolerance));
    EXPECT_TRUE(values_near(r.y, plain.y, tolerance));
    EXPECT_TRUE(values_near(r.dq, plain.dq, tolerance));
    EXPECT_TRUE(values_near(r.dk, plain.dk, tolerance));
    EXPECT_TRUE(values_near(r.dv, plain.dv, tolerance));

    Results alone = r;
    alone.y.assign(r.y.size(), S(9));
    kernels::attention<S>(n, seen, scale, x.q.data(), x.k.data(), x.v.data(), alone.y.data(), nullptr);
    EXPECT_TRUE(testing::same_bits(alone.y, r.y)) << "without storing the weights";
    S* const none = nullptr;
    const auto gradient = [&](S* dq, S* dk, S* dv) {
      kernels::attention_gradient<S>(n, seen, scale, x.q.data(), x.k.data(), x.v.data(), r.y.data(), r.weights.data(),
                                     x.dy.data(), dq, dk, dv);
    };
    gradient(alone.dq.data(), none, none);
    gradient(none, alone.dk.data(), none);
    gradient(none, none, alone.dv.data());
    EXPECT_TRUE(testing::same_bits(alone.dq, r.dq)) << "alone";
    EXPECT_TRUE(testing::same_bits(alone.dk, r.dk)) << "alone";
    EXPECT_TRUE(testing::same_bits(alone.dv, r.dv)) << "alone";
  }

  /// Returns a mask in which about two thirds of the elements are 1; no key is visible to the first query of each head.
  static Values<S> some_visible(Index outer, Index queries, Index keys) {
    Values<S> visible = random_values<S>(outer * queries * keys, 7);
    for (Index i = 0; i < visible.count(); ++i)
      visible[i] = visible[i] > S(-0.33) && (queries == 1 || i / keys % queries != 0) ? S(1) : S(0);
    return visible;
  }
};
TYPED_TEST_SUITE(AttentionKernel, testing::Scalars);

TYPED_TEST(AttentionKernel, EveryWidth) {
  for (const Index width : testing::edge_widths) {
    this->check({2, 5, width, 2, 2, 4, 3}, {});
    this->check({1, 3, 6, 2, 1, width, 5}, {});
    this->check({1, 3, 6, 2, 1, 5, width}, {});
    this->check({1, width, 5, 1, 1, 3, 2}, {});
  }
  this->check({0, 3, 4, 2, 2, 3, 2}, {});
}

TYPED_TEST(AttentionKernel, SharedKeyHeads) {
  this->check({2, 4, 5, 6, 3, 3, 2}, {});
  this->check({2, 4, 5, 6, 1, 3, 2}, {});
}

TYPED_TEST(AttentionKernel, CausalMasksAndWindows) {
  using S = TypeParam;
  for (const bool causal : {false, true})
    for (const Index window : {0, 1, 3, 40})
      for (const Hidden hidden : {Hidden::lowest, Hidden::nothing, Hidden::lowered})
        for (const auto& [queries, keys] : {std::pair<Index, Index>{1, 1}, {5, 9}, {17, 17}, {40, 12}, {100, 100}}) {
          Visibility<S> seen;
          seen.causal = causal;
          seen.window = window;
          seen.hidden = hidden;
          this->check({2, queries, keys, 2, 2, 3, 4}, seen);
        }
}

TYPED_TEST(AttentionKernel, VisibilityOfAnyShape) {
  using S = TypeParam;
  const Index batch = 2, heads = 2, queries = 6, keys = 19;
  const Values<S> all = this->some_visible(batch * heads, queries, keys), by_key = this->some_visible(batch, 1, keys),
                  by_query = this->some_visible(1, queries, 1), by_pair = this->some_visible(1, queries, keys);
  for (const bool causal : {false, true})
    for (const Hidden hidden : {Hidden::lowest, Hidden::nothing, Hidden::lowered})
      for (const Visibility<S>& seen :
           {Visibility<S>{all.data(), {heads * queries * keys, queries * keys, keys, 1}, causal, 0, hidden},
            Visibility<S>{by_key.data(), {keys, 0, 0, 1}, causal, 0, hidden},
            Visibility<S>{by_query.data(), {0, 0, 1, 0}, causal, 0, hidden},
            Visibility<S>{by_pair.data(), {0, 0, keys, 1}, causal, 4, hidden}})
        this->check({batch, queries, keys, heads, 1, 4, 5}, seen);
}

TYPED_TEST(AttentionKernel, TheSameBitsForAnyNumberOfThreads) {
  using S = TypeParam;
  const AttentionSizes n{3, 90, 110, 4, 2, 17, 19};
  const typename TestFixture::Data x(n);
  Visibility<S> seen;
  for (const bool causal : {false, true}) {
    seen.causal = causal;
    this->check(n, seen);
    typename TestFixture::Results alone;
    for (const int threads : {1, 2, 3})
      with_threads(threads, [&] {
        const auto r = this->by_kernels(n, seen, x);
        if (threads == 1) alone = r;
        EXPECT_TRUE(testing::same_bits(r.y, alone.y)) << threads;
        EXPECT_TRUE(testing::same_bits(r.dq, alone.dq)) << threads;
        EXPECT_TRUE(testing::same_bits(r.dk, alone.dk)) << threads;
        EXPECT_TRUE(testing::same_bits(r.dv, alone.dv)) << threads;
      });
  }
}

}  // namespace
}  // namespace lamina
