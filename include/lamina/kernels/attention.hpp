#pragma once
#include "lamina/kernels/matmul.hpp"
#include "lamina/kernels/softmax.hpp"
#include "lamina/kernels/threads.hpp"

#if defined(__GNUC__) && !defined(__clang__)
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wpsabi"
#endif

namespace lamina::kernels {

/// The sizes of scaled dot-product attention. Shapes: queries (batch, queries, heads, key_dim), keys (batch, keys,
/// key_heads, key_dim), values (batch, keys, key_heads, value_dim), output (batch, queries, heads, value_dim).
/// Grouped-query attention: each head of keys and values is shared by heads / key_heads consecutive heads of queries.
struct AttentionSizes {
  Index batch;      ///< Number of samples.
  Index queries;    ///< Number of queries.
  Index keys;       ///< Number of keys and values.
  Index heads;      ///< Number of heads of queries.
  Index key_heads;  ///< Number of heads of keys and values; a divisor of heads.
  Index key_dim;    ///< Size of a query or key.
  Index value_dim;  ///< Size of a value.
};

/// The effect of the mask on a score.
enum class Hidden {
  lowest,   ///< Weight 0; a query without a visible key has the same weight for all keys.
  nothing,  ///< Weight 0; a query without a visible key has weight 0 for all keys.
  lowered,  ///< Subtracts 1e9 from the score.
};

/// The attention mask: which keys are visible to a query. A key is visible if all of the conditions below hold.
template <class S>
struct Visibility {
  /// Mask over (batch, heads, queries, keys), with the strides `step`: a key is visible if its element is not 0. Null:
  /// all keys are visible.
  const S* visible = nullptr;
  Index step[4] = {};              ///< Stride of each axis of `visible`; 0 for an axis that is broadcast.
  bool causal = false;             ///< If true, the key must not be after the query.
  Index window = 0;                ///< If > 0, the distance from query to key must be less than this.
  Hidden hidden = Hidden::lowest;  ///< The effect on scores of keys that are not visible.
};

namespace detail {

struct KeyRange {
  Index begin, end;
  Index size() const noexcept { return end - begin; }
};

/// The keys that are visible to a query by position: within the window and the causal mask.
template <class S>
KeyRange keys_in_reach(const Visibility<S>& seen, Index query, Index keys) {
  Index begin = 0, end = keys;
  if (seen.window > 0) {
    begin = (std::min)(keys, std::max<Index>(0, query - seen.window + 1));
    end = (std::min)(keys, query + seen.window);
  }
  if (seen.causal) end = (std::min)(end, query + 1);
  return {begin, (std::max)(begin, end)};
}

/// The keys to compute for a block of queries: those visible by position to one of them, or all keys if a query may
/// have no visible key and then attends to all.
template <class S>
KeyRange keys_of_block(const Visibility<S>& seen, Index first, Index last, Index keys) {
  const KeyRange of_last = keys_in_reach(seen, last, keys);
  const bool each_sees_one = seen.visible == nullptr && of_last.size() > 0;
  if (!each_sees_one && seen.hidden != Hidden::nothing) return {0, keys};
  const KeyRange of_first = keys_in_reach(seen, first, keys);
  return {of_first.begin, (std::max)(of_first.begin, of_last.end)};
}

/// Number of queries per block: their scores stay in the L2 cache.
template <class S>
Index queries_at_a_time(const Visibility<S>& seen, Index keys) {
  const Index most = 32768 / std::max<Index>(1, keys) / 8 * 8;
  return std::max<Index>(32, seen.causal || seen.window > 0 ? std::min<Index>(64, most) : most);
}

/// The weights of a query without usable scores: no key is visible, or the visible scores are NaN.
template <class S>
LAMINA_COLD LAMINA_NOINLINE void softmax_without_scores(S* x, KeyRange range, KeyRange reach, S scale, const S* visible,
                                                        Hidden hidden) {
  bool sees_one = visible == nullptr && reach.size() > 0;
  for (Index j = reach.begin; j < reach.end && !sees_one; ++j) sees_one = visible[j] != S(0);
  S* const first = x + range.begin;
  if (!sees_one && hidden == Hidden::lowered) {
    for (Index j = 0; j < range.size(); ++j) first[j] = first[j] * scale + S(-1e9);
    softmax(1, range.size(), first, first);
  } else {
    auto weight = Pack<S, 1>::nan();
    if (!sees_one) weight.v = hidden == Hidden::lowest ? S(1) / static_cast<S>(range.size()) : S(0);
    for (Index j = 0; j < range.size(); ++j) weight.store(first + j);
  }
}

/// Replaces the scores of one query by its weights, softmax(scale x) over the visible keys of `range`. `visible` is
/// null if all keys of `reach` are visible.
template <int W, class S>
LAMINA_ALWAYS_INLINE void softmax_of_scores(S* x, KeyRange range, KeyRange reach, S scale, const S* visible,
                                            Hidden hidden) {
  using V = Pack<S, W>;
  constexpr S low = S(-1e38);
  const auto score = [&](Index j, Index count) LAMINA_INLINE_LAMBDA {
    const V value = (count >= W ? V::load(x + j) : V::load_part(x + j, count)) * scale;
    if (visible == nullptr) return value;
    const V sees = count >= W ? V::load(visible + j) : V::load_part(visible + j, count);
    return select(sees == S(0), low, value);
  };
  const auto lanes_of = [](const V& v, Index count, const auto& f) LAMINA_INLINE_LAMBDA {
    S lanes[std::size_t{W}];
    v.store(lanes);
    for (Index i = 0; i < W && i < count; ++i) {
      LAMINA_ONE_BY_ONE(i);
      f(lanes[i], i);
    }
  };
  S largest = low, sum = S(0);
  const auto compare = [&](S value, Index) LAMINA_INLINE_LAMBDA { largest = value > largest ? value : largest; };
  V best = V::splat(low), total = V::splat(S(0));
  Index j = reach.begin;
  for (; j + W <= reach.end; j += W) best = maximum(score(j, W), best);
  if (j < reach.end) lanes_of(score(j, reach.end - j), reach.end - j, compare);
  lanes_of(best, W, compare);
  if (largest == low) return softmax_without_scores(x, range, reach, scale, visible, hidden);
  for (j = reach.begin; j < reach.end; j += W) {
    LAMINA_KEEP_APART(j);  // one loop for full and partial vectors: the exponential is inlined once
    const Index left = reach.end - j;
    const V e = exp_nonpositive(score(j, left) - largest);
    if (left >= W) {
      e.store(x + j);
      total = total + e;
    } else {
      lanes_of(e, left, [&](S value, Index i) LAMINA_INLINE_LAMBDA {
        x[j + i] = value;
        sum += value;
      });
    }
  }
  const S factor = S(1) / (sum + sum_lanes(total));
  for (j = reach.begin; j + W <= reach.end; j += W) (V::load(x + j) * factor).store(x + j);
  for (; j < reach.end; ++j) {
    LAMINA_ONE_BY_ONE(j);
    x[j] *= factor;
  }
  std::fill(x + range.begin, x + reach.begin, S(0));
  std::fill(x + reach.end, x + range.end, S(0));
}

template <class S>
Index attention_work(const AttentionSizes& n) {
  return work_of(n.queries, n.keys, n.key_dim + n.value_dim);
}
inline constexpr Index attention_worth_a_thread = 400000;  // multiplications: about ten microseconds

}  // namespace detail

/// Scaled dot-product attention: weights = softmax(scale q kᵀ) over the visible keys, y = weights v. `weights` (batch,
/// heads, queries, keys), unless null, receives the weights, which the gradient needs.
template <class S>
void attention(const AttentionSizes& n, const Visibility<S>& seen, S scale, const S* q, const S* k, const S* v, S* y,
               S* weights) {
  using namespace detail;
  const Index q_row = n.heads * n.key_dim, k_row = n.key_heads * n.key_dim, v_row = n.key_heads * n.value_dim,
              y_row = n.heads * n.value_dim;
  const Index block = (std::min)(queries_at_a_time(seen, n.keys), n.queries);
  const Index blocks = n.queries == 0 ? 0 : (n.queries + block - 1) / block;
  const Index least =
      attention_worth_a_thread / (std::max<Index>)(1, attention_work<S>(n) / std::max<Index>(1, blocks)) + 1;
  parallel_ranges(n.batch * n.heads * blocks, 1, least, [&](Index begin, Index end) {
    const lamina::detail::Storage scratch = lamina::detail::Storage::of<S>(weights == nullptr ? block * n.keys : 0);
    for (Index unit = begin; unit < end; ++unit) {
      const Index pair = unit / blocks, first = unit % blocks * block, rows = (std::min)(block, n.queries - first);
      const Index sample = pair / n.heads, head = pair % n.heads, key_head = head / (n.heads / n.key_heads);
      const KeyRange range = keys_of_block(seen, first, first + rows - 1, n.keys);
      S* scores =
          weights == nullptr ? static_cast<S*>(scratch.memory()) : weights + (pair * n.queries + first) * n.keys;
      const S* keys = k + (sample * n.keys + range.begin) * k_row + key_head * n.key_dim;
      const S* values = v + (sample * n.keys + range.begin) * v_row + key_head * n.value_dim;
      multiply<S>(rows, range.size(), n.key_dim,
                  {q + (sample * n.queries + first) * q_row + head * n.key_dim, q_row, 1}, {keys, 1, k_row},
                  scores + range.begin, n.keys);
      const S* visible = seen.visible == nullptr ? nullptr : seen.visible + sample * seen.step[0] + head * seen.step[1];
      with_lanes<S>([&](auto width) LAMINA_INLINE_LAMBDA {
        constexpr int W = decltype(width)::value;
        for (Index i = 0; i < rows; ++i) {
          KeyRange reach = keys_in_reach(seen, first + i, n.keys);
          const S* sees = visible == nullptr ? nullptr : visible + (first + i) * seen.step[2];
          if (sees != nullptr && seen.step[3] == 0) {  // one number for all keys
            if (*sees == S(0)) reach.end = reach.begin;
            sees = nullptr;
          }
          softmax_of_scores<W>(scores + i * n.keys, range, reach, scale, sees, seen.hidden);
        }
      });
      multiply<S>(rows, n.value_dim, range.size(), {scores + range.begin, n.keys, 1}, {values, v_row, 1},
                  y + (sample * n.queries + first) * y_row + head * n.value_dim, y_row);
    }
  });
}

/// The gradient of attention: dv = weightsᵀ dy, ds = weights ⊙ (dy vᵀ - sum(dy ⊙ y)), dq = scale ds k, dk = scale dsᵀ
/// q. Outputs that are null are not computed. Heads that share keys are added one after the other.
template <class S>
void attention_gradient(const AttentionSizes& n, const Visibility<S>& seen, S scale, const S* q, const S* k, const S* v,
                        const S* y, const S* weights, const S* dy, S* dq, S* dk, S* dv) {
  using namespace detail;
  const Index q_row = n.heads * n.key_dim, k_row = n.key_heads * n.key_dim, v_row = n.key_heads * n.value_dim,
              y_row = n.heads * n.value_dim, sharing = n.heads / n.key_heads;
  const Index block = (std::min)(queries_at_a_time(seen, n.keys), n.queries);
  const auto clear = [](Index from, Index to, Index columns, S* rows, Index row) {
    for (Index i = from; i < to; ++i) std::memset(rows + i * row, 0, static_cast<std::size_t>(columns) * sizeof(S));
  };
  const Index least = attention_worth_a_thread / work_of(2 * sharing, attention_work<S>(n)) + 1;
  parallel_ranges(n.batch * n.key_heads, 1, least, [&](Index begin, Index end) {
    const lamina::detail::Storage scratch = lamina::detail::Storage::of<S>(block * n.keys);
    S* ds = static_cast<S*>(scratch.memory());
    for (Index unit = begin; unit < end; ++unit) {
      const Index sample = unit / n.key_heads, key_head = unit % n.key_heads;
      const Index at_k = sample * n.keys * k_row + key_head * n.key_dim;
      const Index at_v = sample * n.keys * v_row + key_head * n.value_dim;
      bool accumulate = false;
      for (Index head = key_head * sharing; head < (key_head + 1) * sharing; ++head) {
        // The last block first: with a causal mask, only its queries attend to all keys.
        for (Index first = n.queries == 0 ? -1 : (n.queries - 1) / block * block; first >= 0; first -= block) {
          const Index rows = (std::min)(block, n.queries - first);
          const KeyRange range = keys_of_block(seen, first, first + rows - 1, n.keys);
          const Index at_q = (sample * n.queries + first) * q_row + head * n.key_dim;
          const Index at_y = (sample * n.queries + first) * y_row + head * n.value_dim;
          const S* w = weights + ((sample * n.heads + head) * n.queries + first) * n.keys + range.begin;
          if (!accumulate) {
            if (dk != nullptr) clear(0, range.begin, n.key_dim, dk + at_k, k_row);
            if (dk != nullptr) clear(range.end, n.keys, n.key_dim, dk + at_k, k_row);
            if (dv != nullptr) clear(0, range.begin, n.value_dim, dv + at_v, v_row);
            if (dv != nullptr) clear(range.end, n.keys, n.value_dim, dv + at_v, v_row);
          }
          if (dv != nullptr)
            multiply<S>(range.size(), n.value_dim, rows, {w, 1, n.keys}, {dy + at_y, y_row, 1},
                        dv + at_v + range.begin * v_row, v_row, accumulate);
          if (dq != nullptr || dk != nullptr) {
            multiply<S>(rows, range.size(), n.value_dim, {dy + at_y, y_row, 1},
                        {v + at_v + range.begin * v_row, 1, v_row}, ds, range.size());
            with_lanes<S>([&](auto width) LAMINA_INLINE_LAMBDA {
              constexpr int W = decltype(width)::value;
              using V = Pack<S, W>;
              for (Index i = 0; i < rows; ++i) {
                S dot = S(0);
                for (Index j = 0; j < n.value_dim; ++j) dot += y[at_y + i * y_row + j] * dy[at_y + i * y_row + j];
                const S* p = w + i * n.keys;
                S* d = ds + i * range.size();
                Index j = 0;
                for (; j + W <= range.size(); j += W) (V::load(p + j) * scale * (V::load(d + j) - dot)).store(d + j);
                for (; j < range.size(); ++j) {
                  LAMINA_ONE_BY_ONE(j);
                  d[j] = p[j] * scale * (d[j] - dot);
                }
              }
            });
          }
          if (dq != nullptr)
            multiply<S>(rows, n.key_dim, range.size(), {ds, range.size(), 1},
                        {k + at_k + range.begin * k_row, k_row, 1}, dq + at_q, q_row);
          if (dk != nullptr)
            multiply<S>(range.size(), n.key_dim, rows, {ds, 1, range.size()}, {q + at_q, q_row, 1},
                        dk + at_k + range.begin * k_row, k_row, accumulate);
          accumulate = true;
        }
      }
      if (!accumulate && dk != nullptr) clear(0, n.keys, n.key_dim, dk + at_k, k_row);
      if (!accumulate && dv != nullptr) clear(0, n.keys, n.value_dim, dv + at_v, v_row);
    }
  });
}

LAMINA_COMPILED_FUNCTION(attention);
LAMINA_COMPILED_FUNCTION(attention_gradient);

}  // namespace lamina::kernels

#if defined(__GNUC__) && !defined(__clang__)
#pragma GCC diagnostic pop
#endif
