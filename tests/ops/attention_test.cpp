#include <gtest/gtest.h>
#include <lamina/ops/attention.hpp>

#include "support/check_gradient.hpp"
#include "support/with_threads.hpp"

namespace lamina {
namespace {

using kernels::Hidden;
using testing::check_gradient;
using testing::raises;
using testing::random_tensor;
using testing::tensors_equal;
using testing::tensors_near;
using testing::with_threads;

struct Sizes {
  Index batch, queries, keys, heads, key_heads, key_dim, value_dim;
  Shape q() const { return {batch, queries, heads, key_dim}; }
  Shape k() const { return {batch, keys, key_heads, key_dim}; }
  Shape v() const { return {batch, keys, key_heads, value_dim}; }
  Shape y() const { return {batch, queries, heads, value_dim}; }
};

// One head and several, shared keys, full and partial blocks of queries, rows longer than a pack, sizes of one and
// zero.
const Sizes all_sizes[] = {{2, 5, 7, 4, 2, 3, 6},   {1, 70, 33, 2, 2, 8, 5}, {1, 3, 300, 2, 1, 16, 16},
                           {2, 1, 1, 1, 1, 1, 1},   {0, 3, 4, 2, 2, 2, 2},   {2, 0, 4, 2, 1, 2, 3},
                           {1, 140, 40, 1, 1, 4, 4}};

template <class S>
struct Attended {
  Tensor<S> y, weights;
};

/// Reference implementation of attention by plain loops in double.
template <class S>
Attended<S> naive(const Sizes& n, const Tensor<S>& q, const Tensor<S>& k, const Tensor<S>& v,
                  const detail::AttentionMask<S>& mask, double scale) {
  Attended<S> result{Tensor<S>::zeros(n.y()), Tensor<S>::zeros({n.batch, n.heads, n.queries, n.keys})};
  const auto sees = [&](Index b, Index h, Index i, Index j) {
    if ((mask.causal && j > i) || (mask.window > 0 && std::abs(i - j) >= mask.window)) return false;
    if (!mask.visible.defined()) return true;
    const Shape& m = mask.visible.shape();
    const auto at = [&](Index axis, Index position) { return m[axis] == 1 ? 0 : position; };
    return mask.visible(at(0, b), at(1, h), at(2, i), at(3, j)) != S(0);
  };
  for (Index b = 0; b < n.batch; ++b)
    for (Index h = 0; h < n.heads; ++h)
      for (Index i = 0; i < n.queries; ++i) {
        const Index g = h / (n.heads / n.key_heads);
        std::vector<double> scores, weights;
        bool sees_one = false;
        for (Index j = 0; j < n.keys; ++j) {
          double score = 0;
          for (Index c = 0; c < n.key_dim; ++c)
            score += static_cast<double>(q(b, i, h, c)) * static_cast<double>(k(b, j, g, c));
          scores.push_back(score * scale);
          sees_one = sees_one || sees(b, h, i, j);
        }
        double largest = -1e300, total = 0;
        for (Index j = 0; j < n.keys; ++j) {
          double& score = scores[static_cast<std::size_t>(j)];
          if (sees_one && !sees(b, h, i, j)) score = -1e300;
          if (!sees_one && mask.hidden == Hidden::lowest) score = 0;
          // In float, a score minus 1e9 has no digits of the score left.
          if (!sees_one && mask.hidden == Hidden::lowered)
            score = static_cast<double>(static_cast<S>(static_cast<S>(score) + S(-1e9)));
          largest = std::max(largest, score);
        }
        for (const double score : scores) total += std::exp(score - largest);
        for (Index j = 0; j < n.keys; ++j) {
          const bool nothing = !sees_one && mask.hidden == Hidden::nothing;
          const double w = nothing ? 0 : std::exp(scores[static_cast<std::size_t>(j)] - largest) / total;
          result.weights.mutable_data()[((b * n.heads + h) * n.queries + i) * n.keys + j] = static_cast<S>(w);
          for (Index c = 0; c < n.value_dim; ++c)
            result.y.mutable_data()[((b * n.queries + i) * n.heads + h) * n.value_dim + c] +=
                static_cast<S>(w * static_cast<double>(v(b, j, g, c)));
        }
      }
  return result;
}

/// No mask; keys hidden for all queries; a mask per pair; all keys of a query hidden for one head.
template <class S>
std::vector<Tensor<S>> visibles(const Sizes& n) {
  return {Tensor<S>(), random_tensor<S>({n.batch, 1, 1, n.keys}, 5) > 0.2,
          random_tensor<S>({1, 1, n.queries, n.keys}, 6) > 0.4,
          random_tensor<S>({n.batch, n.heads, n.queries, 1}, 7) > 0};
}

template <class S>
void agrees_with_loops(double tolerance) {
  for (const Sizes& n : all_sizes) {
    const Tensor<S> q = random_tensor<S>(n.q(), 1), k = random_tensor<S>(n.k(), 2), v = random_tensor<S>(n.v(), 3);
    for (const Tensor<S>& visible : visibles<S>(n))
      for (const bool causal : {false, true})
        for (const Index window : {0, 3})
          for (const Hidden hidden : {Hidden::lowest, Hidden::nothing, Hidden::lowered}) {
            const detail::AttentionMask<S> mask{visible, causal, window, hidden};
            const Attended<S> expected = naive(n, q, k, v, mask, 0.7);
            SCOPED_TRACE(text("queries ", n.queries, ", keys ", n.keys, ", causal ", causal, ", window ", window,
                              ", hidden ", static_cast<int>(hidden), ", mask ",
                              visible.defined() ? visible.shape() : Shape{}));
            EXPECT_TRUE(tensors_near(detail::attention(q, k, v, mask, 0.7), expected.y, tolerance));
            const Tensor<S> weights = detail::attention_weights(q, k, mask, 0.7);
            EXPECT_TRUE(tensors_near(weights, expected.weights, tolerance)) << "by operations";
            EXPECT_TRUE(tensors_near(detail::weighted_values(weights, v), expected.y, tolerance)) << "by operations";
          }
  }
}

TEST(Attention, AgreesWithPlainLoopsInFloat) { agrees_with_loops<float>(3e-6); }

TEST(Attention, AgreesWithPlainLoopsInDouble) {
  agrees_with_loops<double>(1e-6);
}  // a score less 1e9 has 7 digits left

TEST(Attention, GradientsAgreeWithTheUnfusedOperations) {
  for (const Sizes& n : all_sizes) {
    Tensor<double> x[] = {random_tensor<double>(n.q(), 1), random_tensor<double>(n.k(), 2),
                          random_tensor<double>(n.v(), 3)};
    const Tensor<double> r = random_tensor<double>(n.y(), 4);
    for (const Tensor<double>& visible : visibles<double>(n))
      for (const bool causal : {false, true})
        for (const Index window : {0, 3})
          for (const Hidden hidden : {Hidden::lowest, Hidden::nothing, Hidden::lowered}) {
            const detail::AttentionMask<double> mask{visible, causal, window, hidden};
            GradientTape<double> tape({.persistent = true});
            for (Tensor<double>& t : x) tape.watch(t);
            const Tensor<double> fused = sum(r * detail::attention(x[0], x[1], x[2], mask, 0.7));
            const Tensor<double> plain =
                sum(r * detail::weighted_values(detail::attention_weights(x[0], x[1], mask, 0.7), x[2]));
            for (const Tensor<double>& t : x)
              EXPECT_TRUE(tensors_near(tape.gradient(fused, t), tape.gradient(plain, t), 1e-12))
                  << t.shape() << ", queries " << n.queries << ", keys " << n.keys << ", causal " << causal
                  << ", window " << window << ", hidden " << static_cast<int>(hidden);
          }
  }
}

TEST(Attention, FirstAndSecondDerivativesAgreeWithFiniteDifferences) {
  const Sizes n{2, 4, 3, 4, 2, 3, 2};
  const Tensor<double> q = random_tensor<double>(n.q(), 1), k = random_tensor<double>(n.k(), 2),
                       v = random_tensor<double>(n.v(), 3);
  const Tensor<double> visible = random_tensor<double>({2, 1, 4, 3}, 1) > -0.5;
  for (const detail::AttentionMask<double>& mask :
       {detail::AttentionMask<double>{}, detail::AttentionMask<double>{.causal = true},
        detail::AttentionMask<double>{visible, false, 2, Hidden::nothing}}) {
    const auto f = [&](const auto& a, const auto& b, const auto& c) { return detail::attention(a, b, c, mask, 0.7); };
    EXPECT_TRUE(check_gradient(f, {q, k, v}, {.second_order = true}));
    EXPECT_TRUE(check_gradient([&](const auto& a) { return f(a, k, v); }, {q}, {.second_order = true}));
    EXPECT_TRUE(check_gradient([&](const auto& b) { return f(q, b, v); }, {k}, {.second_order = true}));
    EXPECT_TRUE(check_gradient([&](const auto& c) { return f(q, k, c); }, {v}, {.second_order = true}));
  }
}

TEST(Attention, IsTheSameBitsForAnyNumberOfThreads) {
  const Sizes n{3, 150, 90, 4, 2, 16, 8};
  const Tensor<float> x[] = {random_tensor<float>(n.q(), 1), random_tensor<float>(n.k(), 2),
                             random_tensor<float>(n.v(), 3)};
  const auto run = [&](bool causal) {
    Tensor<float> q = x[0], k = x[1], v = x[2];
    GradientTape<float> tape;
    for (Tensor<float>* t : {&q, &k, &v}) tape.watch(*t);
    const Tensor<float> y = dot_product_attention(q, k, v, {.is_causal = causal});
    std::vector<Tensor<float>> all =
        tape.gradient(y, std::vector<Tensor<float>>{q, k, v}, random_tensor<float>(n.y(), 4));
    all.push_back(y);
    return all;
  };
  for (const bool causal : {false, true}) {
    std::vector<Tensor<float>> alone;
    with_threads(1, [&] { alone = run(causal); });
    for (const int threads : {2, 3, 5})
      with_threads(threads, [&] {
        const std::vector<Tensor<float>> together = run(causal);
        for (std::size_t i = 0; i < alone.size(); ++i) EXPECT_TRUE(tensors_equal(together[i], alone[i])) << threads;
      });
  }
}

TEST(Attention, HasKerasNameAndDefaults) {
  const Tensor<float> q = random_tensor<float>({2, 3, 2, 4}, 1), k = random_tensor<float>({2, 5, 2, 4}, 2),
                      v = random_tensor<float>({2, 5, 2, 4}, 3);
  const auto by_hand = [&](const detail::AttentionMask<float>& mask, double scale) {
    return detail::attention(q, k, v, mask, scale);
  };
  EXPECT_TRUE(tensors_equal(dot_product_attention(q, k, v), by_hand({}, 0.5)));
  EXPECT_TRUE(tensors_equal(dot_product_attention(q, k, v, {.scale = 2.0}), by_hand({}, 2.0)));
  EXPECT_TRUE(tensors_equal(dot_product_attention(q, k, v, {.is_causal = true}), by_hand({.causal = true}, 0.5)));
  const Tensor<float> keys{{1, 0, 1, 1, 0}};
  EXPECT_TRUE(tensors_equal(dot_product_attention(q, k, v, {.mask = keys}),
                            by_hand({.visible = reshape(keys, {1, 1, 1, 5})}, 0.5)));
}

TEST(Attention, NaNStaysInItsRow) {
  Tensor<float> q = random_tensor<float>({1, 20, 1, 4}, 1);
  const Tensor<float> k = random_tensor<float>({1, 40, 1, 4}, 2);
  q.mutable_data()[5 * 4] = std::numeric_limits<float>::quiet_NaN();
  const Tensor<float> y = dot_product_attention(q, k, k);
  for (Index i = 0; i < 20; ++i)
    for (Index c = 0; c < 4; ++c) EXPECT_EQ(std::isnan(y(0, i, 0, c)), i == 5) << i;
}

TEST(Attention, WithoutKeysIsZero) {
  const Tensor<float> q = random_tensor<float>({2, 3, 2, 4}, 1), none = Tensor<float>::zeros({2, 0, 2, 4});
  EXPECT_TRUE(tensors_equal(dot_product_attention(q, none, none), Tensor<float>::zeros({2, 3, 2, 4})));
}

TEST(Attention, ErrorsNameTheShapes) {
  const Tensor<float> q = Tensor<float>::ones({2, 3, 4, 5});
  const auto with = [&](const Shape& k, const Shape& v) {
    return [=] { dot_product_attention(q, Tensor<float>::ones(k), Tensor<float>::ones(v)); };
  };
  for (const auto& [k, v] : std::vector<std::pair<Shape, Shape>>{{{2, 3, 4, 6}, {2, 3, 4, 5}},
                                                                 {{2, 3, 3, 5}, {2, 3, 3, 5}},
                                                                 {{2, 6, 4, 5}, {2, 7, 4, 5}},
                                                                 {{1, 3, 4, 5}, {1, 3, 4, 5}},
                                                                 {{2, 3, 5}, {2, 3, 5}}})
    EXPECT_TRUE(raises<ShapeError>(with(k, v), {"attention", "(2, 3, 4, 5)", k.to_string(), v.to_string()}));
  EXPECT_TRUE(raises<ShapeError>(
      [&] {
        dot_product_attention(q, q, q, {.mask = Tensor<float>::ones({3, 4})});
      },
      {"mask", "(1, 1, 3, 4)", "(2, 4, 3, 3)"}));
}

}  // namespace
}  // namespace lamina
