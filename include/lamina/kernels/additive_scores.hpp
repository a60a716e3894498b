#pragma once
#include <algorithm>

#include "lamina/core/memory.hpp"
#include "lamina/kernels/parallel_lanes.hpp"
#include "lamina/kernels/simd/math.hpp"
#include "lamina/kernels/threads.hpp"

#if defined(__GNUC__) && !defined(__clang__)
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wpsabi"
#endif

namespace lamina::kernels {

/// The sizes of additive attention scores. Shapes: queries (batch, queries, size), keys (batch, keys, size), scores
/// (batch, queries, keys).
struct AdditiveSizes {
  Index batch;    ///< Number of samples.
  Index queries;  ///< Number of queries.
  Index keys;     ///< Number of keys.
  Index size;     ///< Size of a query or key.
};

namespace detail {
/// Calls `f(c, load, store)` for the vectors of a row of `size` elements, from element c on. The last vector may be
/// partial.
template <int W, class S, class F>
LAMINA_ALWAYS_INLINE void for_packs(Index size, const F& f) {
  using V = Pack<S, W>;
  for (Index c = 0; c < size; c += W) {
    LAMINA_KEEP_APART(c);  // one loop for both: `f` is compiled once
    const Index left = size - c;
    f(
        c, [left](const S* from) LAMINA_INLINE_LAMBDA { return left >= W ? V::load(from) : V::load_part(from, left); },
        [left](const V& v, S* to) LAMINA_INLINE_LAMBDA {
          if (left >= W)
            v.store(to);
          else
            v.store_part(to, left);
        });
  }
}
inline constexpr Index additive_worth_a_thread = 4096;  // hyperbolic tangents that make another thread worthwhile
}  // namespace detail

/// scores[i, j] = sum_c w_c tanh(q[i, c] + k[j, c]), the score of Bahdanau et al. (2015).
template <class S>
void additive_scores(const AdditiveSizes& n, const S* q, const S* k, const S* w, S* scores) {
  const Index least = detail::additive_worth_a_thread / work_of(n.keys, n.size) + 1;
  parallel_lanes<S>(n.batch * n.queries, 1, least, [=](auto width, Index begin, Index end) LAMINA_INLINE_LAMBDA {
    constexpr int W = decltype(width)::value;
    using V = Pack<S, W>;
    for (Index row = begin; row < end; ++row) {
      const S* query = q + row * n.size;
      const S* key = k + row / n.queries * n.keys * n.size;
      for (Index j = 0; j < n.keys; ++j, key += n.size) {
        V sum = V::splat(S(0));
        detail::for_packs<W, S>(n.size, [&](Index c, const auto& load, const auto&) LAMINA_INLINE_LAMBDA {
          sum = fma(tanh(load(query + c) + load(key + c)), load(w + c), sum);
        });
        scores[row * n.keys + j] = sum_lanes(sum);
      }
    }
  });
}

/// The gradient of additive_scores, with t = tanh(q[i, c] + k[j, c]): dq[i, c] = sum_j ds[i, j] w_c (1 - t²), dk[j, c]
/// = sum_i ds[i, j] w_c (1 - t²), and, per sample, dw[sample, c] = sum_ij ds[i, j] t.
template <class S>
void additive_scores_gradient(const AdditiveSizes& n, const S* q, const S* k, const S* w, const S* ds, S* dq, S* dk,
                              S* dw) {
  const Index least = detail::additive_worth_a_thread / work_of(n.queries, n.keys, n.size) + 1;
  parallel_lanes<S>(n.batch, 1, least, [=](auto width, Index begin, Index end) LAMINA_INLINE_LAMBDA {
    std::fill(dq + begin * n.queries * n.size, dq + end * n.queries * n.size, S(0));
    std::fill(dk + begin * n.keys * n.size, dk + end * n.keys * n.size, S(0));
    std::fill(dw + begin * n.size, dw + end * n.size, S(0));
    constexpr int W = decltype(width)::value;
    for (Index sample = begin; sample < end; ++sample)
      for (Index i = 0; i < n.queries; ++i) {
        const Index query = (sample * n.queries + i) * n.size;
        for (Index j = 0; j < n.keys; ++j) {
          const Index key = (sample * n.keys + j) * n.size;
          const S d = ds[(sample * n.queries + i) * n.keys + j];
          detail::for_packs<W, S>(n.size, [&](Index c, const auto& load, const auto& store) LAMINA_INLINE_LAMBDA {
            const auto t = tanh(load(q + query + c) + load(k + key + c));
            const auto slope = load(w + c) * d * (S(1) - t * t);
            store(load(dq + query + c) + slope, dq + query + c);
            store(load(dk + key + c) + slope, dk + key + c);
            store(fma(t, Pack<S, W>::splat(d), load(dw + sample * n.size + c)), dw + sample * n.size + c);
          });
        }
      }
  });
}

LAMINA_COMPILED_FUNCTION(additive_scores);
LAMINA_COMPILED_FUNCTION(additive_scores_gradient);

}  // namespace lamina::kernels

#if defined(__GNUC__) && !defined(__clang__)
#pragma GCC diagnostic pop
#endif
