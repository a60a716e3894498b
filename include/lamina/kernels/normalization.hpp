#pragma once
#include <numeric>

#include "lamina/core/classify.hpp"
#include "lamina/kernels/elementwise.hpp"
#include "lamina/kernels/grouping.hpp"  // IWYU pragma: export
#include "lamina/kernels/parallel_lanes.hpp"
#include "lamina/kernels/squares.hpp"

#if defined(__GNUC__) && !defined(__clang__)
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wpsabi"
#endif

// Moments of a tensor, and its normalization. Data that is read twice is read from the L1 cache: moments are computed
// per block, first the mean, then the squared deviations, and blocks are combined (Chan et al.), so that no digits are
// lost if the mean is large. Blocks depend on the sizes only: the result has the same bits for any number of threads.

namespace lamina::kernels {

namespace detail {

/// Loop bounds for the columns of one sample. Consecutive rows are combined to one of `columns` elements, to fill whole
/// vectors; the last `rest` rows are not.
struct ColumnPlan {
  Index columns, rows, chunk, chunks, rest;

  ColumnPlan(const Grouping& v, std::size_t scalar) {
    const Index channels = v.channels();
    Index fold = 1;
    for (Index lanes = 256 / static_cast<Index>(scalar); lanes > 1; lanes /= 2) {
      const Index whole = lanes / std::gcd(lanes, (std::max<Index>)(channels, 1));
      if (whole * channels > 1024 || whole * 4 > v.outer) continue;
      fold = whole;
      break;
    }
    columns = fold * channels;
    rows = v.outer / fold;
    rest = v.outer - rows * fold;
    chunk = (std::max<Index>)(16, 16384 / (static_cast<Index>(scalar) * (std::max<Index>)(columns, 1)));
    chunks = (rows + chunk - 1) / chunk;
  }
  Index parts() const noexcept { return chunks + (rest > 0 ? 1 : 0); }
};

/// Calls `f(width, sample, part, first, rows, columns)` for every part of every sample. `first`: offset of its first
/// element.
template <class S, class F>
void for_column_parts(const Grouping& v, const ColumnPlan& plan, const F& f) {
  const Index parts = plan.parts();
  const Index least = elements_worth_a_thread / (plan.chunk * plan.columns + 1) + 1;
  parallel_lanes<S>(v.samples * parts, 1, least, [&](auto width, Index begin, Index end) LAMINA_INLINE_LAMBDA {
    for (Index i = begin; i < end; ++i) {
      const Index sample = i / parts, part = i % parts;
      const Index first = sample * v.outer * v.channels() + part * plan.chunk * plan.columns;
      if (part < plan.chunks)
        f(width, sample, part, first, (std::min)(plan.chunk, plan.rows - part * plan.chunk), plan.columns);
      else
        f(width, sample, part, sample * v.outer * v.channels() + plan.rows * plan.columns, plan.rest, v.channels());
    }
  });
}

/// Calls `f(width, packs, column)` for blocks of columns whose sums fit the registers.
template <int W, class F>
LAMINA_ALWAYS_INLINE void for_column_blocks(Index columns, const F& f) {
  constexpr std::integral_constant<int, 1> one{};
  Index j = 0;
  for (; j + 4 * W <= columns; j += 4 * W) f(std::integral_constant<int, W>{}, std::integral_constant<int, 4>{}, j);
  for (; j + W <= columns; j += W) f(std::integral_constant<int, W>{}, one, j);
  for (; j < columns; ++j) f(one, one, j);
}

/// For N packs of columns: mean = Σ x / rows,  squares = Σ (x - mean)²
template <int W, int N, class S>
LAMINA_ALWAYS_INLINE void column_moments(const S* x, Index rows, Index stride, S* mean, S* squares) {
  using P = Pack<S, W>;
  P m[std::size_t{N}], q[std::size_t{N}];
  for (int k = 0; k < N; ++k) m[k] = q[k] = P::splat(S(0));
  for (Index r = 0; r < rows; ++r)
    for (int k = 0; k < N; ++k) m[k] = m[k] + P::load(x + r * stride + k * W);
  for (int k = 0; k < N; ++k) m[k] = m[k] * (S(1) / static_cast<S>(rows));
  for (Index r = 0; r < rows; ++r)
    for (int k = 0; k < N; ++k) {
      const P d = P::load(x + r * stride + k * W) - m[k];
      q[k] = fma(d, d, q[k]);
    }
  for (int k = 0; k < N; ++k) {
    m[k].store(mean + k * W);
    q[k].store(squares + k * W);
  }
}

/// Combines the moments of `count` elements with those of `more` elements.
template <class P, class S>
LAMINA_ALWAYS_INLINE void combine_moments(P& mean, P& squares, S count, const P& other_mean, const P& other_squares,
                                          S more) {
  const P apart = other_mean - mean;
  mean = mean + apart * (more / (count + more));
  squares = squares + other_squares + apart * apart * (count * more / (count + more));
}

/// Σ x over contiguous elements.
template <int W, class S>
LAMINA_ALWAYS_INLINE S run_sum(Index n, const S* x) {
  using P = Pack<S, W>;
  S total = S(0);
  Index i = 0;
  if (n >= W) {
    P s[4];
    for (int k = 0; k < 4; ++k) s[k] = P::splat(S(0));
    for (; i + 4 * W <= n; i += 4 * W)
      for (int k = 0; k < 4; ++k) s[k] = s[k] + P::load(x + i + k * W);
    for (; i + W <= n; i += W) s[0] = s[0] + P::load(x + i);
    total = sum_lanes((s[0] + s[1]) + (s[2] + s[3]));
  }
  for (; i < n; ++i) {
    LAMINA_ONE_BY_ONE(i);
    total += x[i];
  }
  return total;
}

/// Σ (x - mean)² over contiguous elements.
template <int W, class S>
LAMINA_ALWAYS_INLINE S run_squares(Index n, const S* x, S mean) {
  using P = Pack<S, W>;
  S total = S(0);
  Index i = 0;
  if (n >= W) {
    P s[4];
    for (int k = 0; k < 4; ++k) s[k] = P::splat(S(0));
    for (; i + 4 * W <= n; i += 4 * W)
      for (int k = 0; k < 4; ++k) {
        const P d = P::load(x + i + k * W) - mean;
        s[k] = fma(d, d, s[k]);
      }
    for (; i + W <= n; i += W) {
      const P d = P::load(x + i) - mean;
      s[0] = fma(d, d, s[0]);
    }
    total = sum_lanes((s[0] + s[1]) + (s[2] + s[3]));
  }
  for (; i < n; ++i) {
    LAMINA_ONE_BY_ONE(i);
    total += (x[i] - mean) * (x[i] - mean);
  }
  return total;
}

/// Mean and squared deviations of any number of contiguous elements.
template <int W, class S>
LAMINA_ALWAYS_INLINE void run_moments(Index n, const S* x, S* mean, S* squares) {
  constexpr Index block = 16384 / static_cast<Index>(sizeof(S));
  using One = Pack<S, 1>;
  One m{S(0)}, q{S(0)};
  for (Index i = 0; i < n; i += block) {
    const Index length = (std::min)(block, n - i);
    const S own = run_sum<W>(length, x + i) / static_cast<S>(length);
    combine_moments(m, q, static_cast<S>(i), One{own}, One{run_squares<W>(length, x + i, own)}, static_cast<S>(length));
  }
  m.store(mean);
  q.store(squares);
}

/// Calls `f(width, run)` for `runs` runs of `length` contiguous elements.
template <class S, class F>
void for_runs(Index runs, Index length, const F& f) {
  const Index least = elements_worth_a_thread / (length + 1) + 1;
  parallel_lanes<S>(runs, 1, least, [f](auto width, Index begin, Index end) LAMINA_INLINE_LAMBDA {
    for (Index run = begin; run < end; ++run) f(width, run);
  });
}

}  // namespace detail

/// The number of elements of scratch memory that the functions below need.
template <class S>
Index normalization_scratch(const Grouping& v) {
  const detail::ColumnPlan plan(v, sizeof(S));
  const Index partial = v.is_columns() ? v.samples * plan.parts() * plan.columns : v.samples * v.outer * v.channels();
  return 2 * partial + 6 * v.samples * (std::max)(plan.columns, v.channels());
}

/// mean = Σ x / n,  variance = Σ (x - mean)² / n, for every sample and group. mean and variance: (samples, groups).
template <class S>
void moments(const Grouping& v, const S* x, S* mean, S* variance, S* scratch) {
  using One = Pack<S, 1>;
  const Index groups = v.groups;
  // Scratch: the moments of the parts.
  const auto finish = [&](Index sample, Index group, const One& m, const One& q) {
    m.store(mean + sample * groups + group);
    variance[sample * groups + group] = q.v / static_cast<S>(v.each());
  };
  if (!v.is_columns()) {
    const Index length = v.members * v.inner, runs = v.samples * v.outer * groups;
    detail::for_runs<S>(runs, length, [&](auto width, Index run) LAMINA_INLINE_LAMBDA {
      detail::run_moments<decltype(width)::value>(length, x + run * length, scratch + run, scratch + runs + run);
    });
    for (Index sample = 0; sample < v.samples; ++sample)
      for (Index group = 0; group < groups; ++group) {
        One m{S(0)}, q{S(0)};
        for (Index o = 0; o < v.outer; ++o) {
          const S* part = scratch + (sample * v.outer + o) * groups + group;
          detail::combine_moments(m, q, static_cast<S>(o * length), One{part[0]}, One{part[runs]},
                                  static_cast<S>(length));
        }
        finish(sample, group, m, q);
      }
    return;
  }
  const detail::ColumnPlan plan(v, sizeof(S));
  const Index parts = plan.parts(), columns = plan.columns, channels = v.channels();
  detail::for_column_parts<S>(
      v, plan, [&](auto width, Index sample, Index part, Index first, Index rows, Index n) LAMINA_INLINE_LAMBDA {
        S* out = scratch + (sample * parts + part) * 2 * columns;
        detail::for_column_blocks<decltype(width)::value>(n, [&](auto w, auto packs, Index j) LAMINA_INLINE_LAMBDA {
          detail::column_moments<decltype(w)::value, decltype(packs)::value>(x + first + j, rows, n, out + j,
                                                                             out + columns + j);
        });
      });
  for (Index sample = 0; sample < v.samples; ++sample) {
    S* all = scratch + sample * parts * 2 * columns;
    // Combines the chunks into the first one, column by column, then the columns of each group.
    with_lanes<S>([&](auto width) LAMINA_INLINE_LAMBDA {
      detail::for_column_blocks<decltype(width)::value>(columns, [&](auto w, auto packs, Index j) LAMINA_INLINE_LAMBDA {
        constexpr int W = decltype(w)::value;
        using P = Pack<S, W>;
        for (int k = 0; k < decltype(packs)::value; ++k) {
          S* at = all + j + k * W;
          P m = P::load(at), q = P::load(at + columns);
          for (Index part = 1; part < plan.chunks; ++part) {
            const S* other = at + part * 2 * columns;
            const Index more = (std::min)(plan.chunk, plan.rows - part * plan.chunk);
            detail::combine_moments(m, q, static_cast<S>(part * plan.chunk), P::load(other), P::load(other + columns),
                                    static_cast<S>(more));
          }
          m.store(at);
          q.store(at + columns);
        }
      });
    });
    const S* rest = all + plan.chunks * 2 * columns;
    for (Index group = 0; group < groups; ++group) {
      One m{S(0)}, q{S(0)};
      Index count = 0;
      const auto join = [&](const S* part, Index more) {
        detail::combine_moments(m, q, static_cast<S>(count), One{part[0]}, One{part[columns]}, static_cast<S>(more));
        count += more;
      };
      for (Index c = group * v.members; c < (group + 1) * v.members; ++c) {
        for (Index j = c; j < columns; j += channels) join(all + j, plan.rows);
        if (plan.rest > 0) join(rest + c, plan.rest);
      }
      finish(sample, group, m, q);
    }
  }
}

/// y = (x - mean) inverse gamma + beta, with inverse = 1 / √(variance + epsilon), (samples, groups). gamma and beta,
/// (channels), may be null.
template <class S>
void normalize(const Grouping& v, const S* x, const S* mean, const S* inverse, const S* gamma, const S* beta, S* y,
               S* scratch) {
  const Index channels = v.channels();
  const detail::ColumnPlan plan(v, sizeof(S));
  const Index columns = v.is_columns() ? plan.columns : channels;
  // Scratch: mean, scale and offset of every channel of every sample, in the order of the columns.
  for (Index sample = 0; sample < v.samples; ++sample)
    for (Index j = 0; j < columns; ++j) {
      const Index c = j % channels, group = sample * v.groups + c / v.members;
      S* at = scratch + sample * 3 * columns + j;
      at[0] = mean[group];
      at[columns] = inverse[group] * (gamma != nullptr ? gamma[c] : S(1));
      at[2 * columns] = beta != nullptr ? beta[c] : S(0);
    }
  if (!v.is_columns()) {
    detail::for_runs<S>(v.samples * v.outer * channels, v.inner, [&](auto width, Index run) LAMINA_INLINE_LAMBDA {
      constexpr int W = decltype(width)::value;
      const S* table = scratch + run / (v.outer * channels) * 3 * columns + run % channels;
      const S m = table[0], scale = table[columns], offset = table[2 * columns];
      const S* from = x + run * v.inner;
      S* to = y + run * v.inner;
      Index i = 0;
      for (; i + W <= v.inner; i += W)
        fma(Pack<S, W>::load(from + i) - m, Pack<S, W>::splat(scale), Pack<S, W>::splat(offset)).store(to + i);
      for (; i < v.inner; ++i) {
        LAMINA_ONE_BY_ONE(i);
        to[i] = (from[i] - m) * scale + offset;
      }
    });
    return;
  }
  detail::for_column_parts<S>(
      v, plan, [&](auto width, Index sample, Index, Index first, Index rows, Index n) LAMINA_INLINE_LAMBDA {
        const S* table = scratch + sample * 3 * columns;
        detail::for_column_blocks<decltype(width)::value>(n, [&](auto w, auto packs, Index j) LAMINA_INLINE_LAMBDA {
          constexpr int W = decltype(w)::value, N = decltype(packs)::value;
          using P = Pack<S, W>;
          P m[std::size_t{N}], scale[std::size_t{N}], offset[std::size_t{N}];
          for (int k = 0; k < N; ++k) {
            m[k] = P::load(table + j + k * W);
            scale[k] = P::load(table + columns + j + k * W);
            offset[k] = P::load(table + 2 * columns + j + k * W);
          }
          for (Index r = 0; r < rows; ++r)
            for (int k = 0; k < N; ++k) {
              const Index at = first + r * n + j + k * W;
              fma(P::load(x + at) - m[k], scale[k], offset[k]).store(y + at);
            }
        });
      });
}

namespace detail {
/// 1 / √(mean of (x - mean)²), for numbers whose squares overflow.
template <class S>
LAMINA_COLD LAMINA_NOINLINE S inverse_of_large_deviation(Index n, const S* x, S mean) {
  const Squares squares = scaled_squares_of<S>(n, [x, mean](Index i) LAMINA_INLINE_LAMBDA { return x[i] - mean; });
  return static_cast<S>(1 / std::ldexp(std::sqrt(squares.sum / static_cast<double>(n)), squares.exponent));
}
}  // namespace detail

/// Computes mean, inverse = 1 / √(variance + epsilon) and y of groupings that are rows, while each row is in the L1
/// cache. If not `centered`, the mean is 0 (RMS normalization).
template <class S>
void normalize_rows(const Grouping& v, const S* x, const S* gamma, const S* beta, S epsilon, bool centered, S* y,
                    S* mean, S* inverse) {
  const Index n = v.members, rows = v.statistics();
  // Several rows share every pass, to hide the latency of lane sums and square roots.
  constexpr Index most = 8, cached = 16384 / static_cast<Index>(sizeof(S));
  const Index together = (std::clamp<Index>)(cached / (n + 1), 1, most);
  detail::for_runs<S>((rows + together - 1) / together, together * n,
                      [&](auto width, Index block) LAMINA_INLINE_LAMBDA {
                        constexpr int W = decltype(width)::value;
                        const Index first = block * together, count = (std::min)(together, rows - first);
                        S m[most] = {}, q[most], r[most];
                        if (centered && n > cached) {
                          detail::run_moments<W>(n, x + first * n, m, q);
                        } else {
                          for (Index k = 0; centered && k < count; ++k)
                            m[k] = detail::run_sum<W>(n, x + (first + k) * n) / static_cast<S>(n);
                          for (Index k = 0; k < count; ++k) q[k] = detail::run_squares<W>(n, x + (first + k) * n, m[k]);
                        }
                        for (Index k = 0; k < count; ++k) {
                          r[k] = S(1) / sqrt(Pack<S, 1>{q[k] / static_cast<S>(n) + epsilon}).v;
                          if (is_infinite(q[k])) [[unlikely]]
                            r[k] = detail::inverse_of_large_deviation(n, x + (first + k) * n, m[k]);
                          mean[first + k] = m[k];
                          inverse[first + k] = r[k];
                        }
                        for (Index k = 0; k < count; ++k) {
                          const Index row = first + k;
                          const S* from = x + row * n;
                          const S* scale = gamma == nullptr ? nullptr : gamma + row % v.groups * n;
                          const S* offset = beta == nullptr ? nullptr : beta + row % v.groups * n;
                          S* to = y + row * n;
                          const S shift = m[k], factor = r[k];
                          const auto element = [=](auto w, Index j) LAMINA_INLINE_LAMBDA {
                            using P = Pack<S, decltype(w)::value>;
                            P u = (P::load(from + j) - shift) * factor;
                            if (scale != nullptr) u = u * P::load(scale + j);
                            if (offset != nullptr) u = u + P::load(offset + j);
                            u.store(to + j);
                          };
                          Index j = 0;
                          for (; j + W <= n; j += W) element(width, j);
                          for (; j < n; ++j) {
                            LAMINA_ONE_BY_ONE(j);
                            element(std::integral_constant<int, 1>{}, j);
                          }
                        }
                      });
}

LAMINA_COMPILED_FUNCTION(normalization_scratch);
LAMINA_COMPILED_FUNCTION(moments);
LAMINA_COMPILED_FUNCTION(normalize);
LAMINA_COMPILED_FUNCTION(normalize_rows);

}  // namespace lamina::kernels

#if defined(__GNUC__) && !defined(__clang__)
#pragma GCC diagnostic pop
#endif
