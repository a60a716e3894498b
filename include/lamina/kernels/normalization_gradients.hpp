#pragma once
#include <limits>

#include "lamina/kernels/normalization.hpp"

#if defined(__GNUC__) && !defined(__clang__)
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wpsabi"
#endif

namespace lamina::kernels {

/// Which statistics were computed from the normalized tensor, so that its gradient flows through them.
struct OwnStatistics {
  bool mean;      ///< True if the mean was computed from the tensor.
  bool variance;  ///< True if the variance was computed from the tensor.
};

/// The gradients to compute. Those that are not needed are null.
template <class S>
struct NormalizationGradients {
  S* x;      ///< With respect to x.
  S* gamma;  ///< With respect to gamma.
  S* beta;   ///< With respect to beta.
};

namespace detail {

/// Σ dy and Σ dy (x - mean) over contiguous elements.
template <int W, class S>
LAMINA_ALWAYS_INLINE void run_gradient_sums(Index n, const S* x, const S* dy, S mean, S* plain, S* scaled) {
  using P = Pack<S, W>;
  S total = S(0), total_scaled = S(0);
  Index i = 0;
  if (n >= W) {
    P a[2], b[2];
    for (int k = 0; k < 2; ++k) a[k] = b[k] = P::splat(S(0));
    const auto take = [&](int k) LAMINA_INLINE_LAMBDA {
      const P d = P::load(dy + i + k * W);
      a[k] = a[k] + d;
      b[k] = fma(d, P::load(x + i + k * W) - mean, b[k]);
    };
    for (; i + 2 * W <= n; i += 2 * W) {
      take(0);
      take(1);
    }
    for (; i + W <= n; i += W) take(0);
    total = sum_lanes(a[0] + a[1]);
    total_scaled = sum_lanes(b[0] + b[1]);
  }
  for (; i < n; ++i) {
    LAMINA_ONE_BY_ONE(i);
    total += dy[i];
    total_scaled += dy[i] * (x[i] - mean);
  }
  *plain = total;
  *scaled = total_scaled;
}

/// Adds `parts` rows of `n` elements, into the first.
template <class S>
void add_parts(Index n, Index parts, S* all) {
  with_lanes<S>([&](auto width) LAMINA_INLINE_LAMBDA {
    for_column_blocks<decltype(width)::value>(n, [&](auto w, auto packs, Index j) LAMINA_INLINE_LAMBDA {
      constexpr int W = decltype(w)::value;
      for (int k = 0; k < decltype(packs)::value; ++k) {
        auto total = Pack<S, W>::load(all + j + k * W);
        for (Index part = 1; part < parts; ++part) total = total + Pack<S, W>::load(all + part * n + j + k * W);
        total.store(all + j + k * W);
      }
    });
  });
}

/// The sums of dy and dy (x - mean) for every channel of every sample: `sums` (samples, 2, channels).
template <class S>
void gradient_sums(const Grouping& v, const ColumnPlan& plan, const S* x, const S* dy, const S* mean, S* partial,
                   S* sums) {
  const Index channels = v.channels();
  for (Index i = 0; i < v.samples * 2 * channels; ++i) sums[i] = S(0);
  if (!v.is_columns()) {
    const Index runs = v.samples * v.outer * channels;
    for_runs<S>(runs, v.inner, [&](auto width, Index run) LAMINA_INLINE_LAMBDA {
      const Index sample = run / (v.outer * channels), group = run % channels / v.members;
      run_gradient_sums<decltype(width)::value>(v.inner, x + run * v.inner, dy + run * v.inner,
                                                mean[sample * v.groups + group], partial + run, partial + runs + run);
    });
    for (Index run = 0; run < runs; ++run) {
      S* to = sums + run / (v.outer * channels) * 2 * channels + run % channels;
      to[0] += partial[run];
      to[channels] += partial[runs + run];
    }
    return;
  }
  const Index columns = plan.columns, parts = plan.parts();
  for_column_parts<S>(
      v, plan, [&](auto width, Index sample, Index part, Index first, Index rows, Index n) LAMINA_INLINE_LAMBDA {
        S* out = partial + (sample * parts + part) * 2 * columns;
        for_column_blocks<decltype(width)::value>(n, [&](auto w, auto packs, Index j) LAMINA_INLINE_LAMBDA {
          constexpr int W = decltype(w)::value, N = decltype(packs)::value;
          using P = Pack<S, W>;
          P m[std::size_t{N}], a[std::size_t{N}], b[std::size_t{N}];
          for (int k = 0; k < N; ++k) {
            S means[std::size_t{W}];
            for (int i = 0; i < W; ++i) means[i] = mean[sample * v.groups + (j + k * W + i) % channels / v.members];
            m[k] = P::load(means);
            a[k] = b[k] = P::splat(S(0));
          }
          for (Index r = 0; r < rows; ++r)
            for (int k = 0; k < N; ++k) {
              const Index at = first + r * n + j + k * W;
              const P d = P::load(dy + at);
              a[k] = a[k] + d;
              b[k] = fma(d, P::load(x + at) - m[k], b[k]);
            }
          for (int k = 0; k < N; ++k) {
            a[k].store(out + j + k * W);
            b[k].store(out + columns + j + k * W);
          }
        });
      });
  for (Index sample = 0; sample < v.samples; ++sample) {
    S* to = sums + sample * 2 * channels;
    S* all = partial + sample * parts * 2 * columns;
    // Adds the chunks into the first one, then the columns of each channel.
    add_parts(2 * columns, plan.chunks, all);
    const S* rest = all + plan.chunks * 2 * columns;
    for (Index half = 0; half < 2; ++half)
      for (Index c = 0; c < channels; ++c) {
        for (Index j = c; j < columns; j += channels) to[half * channels + c] += all[half * columns + j];
        if (plan.rest > 0) to[half * channels + c] += rest[half * columns + c];
      }
  }
}

}  // namespace detail

/// The gradients of y = (x - mean) inverse gamma + beta. With x̂ = (x - mean) inverse: dbeta = Σ dy, dgamma = Σ dy x̂,
/// and dx = inverse (gamma dy - Σ gamma dy / n - x̂ Σ gamma dy x̂ / n), with sums over the elements of a mean. The
/// second term of dx is present if the mean was computed from x, the third if the variance was, see `own`.
template <class S>
void normalize_gradient(const Grouping& v, const S* x, const S* dy, const S* mean, const S* inverse, const S* gamma,
                        OwnStatistics own, const NormalizationGradients<S>& to, S* scratch) {
  const detail::ColumnPlan plan(v, sizeof(S));
  const Index channels = v.channels(), columns = v.is_columns() ? plan.columns : channels;
  S* sums = scratch;
  S* table = sums + v.samples * 2 * channels;
  S* partial = table + v.samples * 4 * columns;
  const bool needs_sums = own.mean || own.variance || to.gamma != nullptr || to.beta != nullptr;
  if (needs_sums) detail::gradient_sums(v, plan, x, dy, mean, partial, sums);
  for (Index c = 0; c < channels; ++c) {
    S plain = S(0), scaled = S(0);
    for (Index sample = 0; needs_sums && sample < v.samples; ++sample) {
      plain += sums[sample * 2 * channels + c];
      scaled += sums[sample * 2 * channels + channels + c] * inverse[sample * v.groups + c / v.members];
    }
    if (to.beta != nullptr) to.beta[c] = plain;
    if (to.gamma != nullptr) to.gamma[c] = scaled;
  }
  if (to.x == nullptr) return;
  // dx = dy a + (x - mean) b + c. The table has mean, a, b and c of every channel of every sample.
  for (Index sample = 0; sample < v.samples; ++sample)
    for (Index group = 0; group < v.groups; ++group) {
      const S r = inverse[sample * v.groups + group], per_element = S(1) / static_cast<S>(v.each());
      S plain = S(0), scaled = S(0);
      for (Index c = group * v.members; needs_sums && c < (group + 1) * v.members; ++c) {
        const S scale = gamma != nullptr ? gamma[c] : S(1);
        plain += scale * sums[sample * 2 * channels + c];
        scaled += scale * sums[sample * 2 * channels + channels + c];
      }
      for (Index c = group * v.members; c < (group + 1) * v.members; ++c)
        for (Index j = c; j < columns; j += channels) {
          S* at = table + sample * 4 * columns + j;
          at[0] = mean[sample * v.groups + group];
          at[columns] = r * (gamma != nullptr ? gamma[c] : S(1));
          at[2 * columns] = own.variance ? -(r * r * r) * (scaled * per_element) : S(0);
          at[3 * columns] = own.mean ? -r * (plain * per_element) : S(0);
        }
    }
  if (!v.is_columns()) {
    detail::for_runs<S>(v.samples * v.outer * channels, v.inner, [&](auto width, Index run) LAMINA_INLINE_LAMBDA {
      constexpr int W = decltype(width)::value;
      const S* t = table + run / (v.outer * channels) * 4 * columns + run % channels;
      const S m = t[0], a = t[columns], b = t[2 * columns], c = t[3 * columns];
      const Index first = run * v.inner;
      const auto element = [&](auto w, Index i) LAMINA_INLINE_LAMBDA {
        using P = Pack<S, decltype(w)::value>;
        const P d = P::load(dy + first + i), u = P::load(x + first + i) - m;
        fma(d, P::splat(a), fma(u, P::splat(b), P::splat(c))).store(to.x + first + i);
      };
      Index i = 0;
      for (; i + W <= v.inner; i += W) element(width, i);
      for (; i < v.inner; ++i) {
        LAMINA_ONE_BY_ONE(i);
        element(std::integral_constant<int, 1>{}, i);
      }
    });
    return;
  }
  detail::for_column_parts<S>(
      v, plan, [&](auto width, Index sample, Index, Index first, Index rows, Index n) LAMINA_INLINE_LAMBDA {
        const S* t = table + sample * 4 * columns;
        detail::for_column_blocks<decltype(width)::value>(n, [&](auto w, auto packs, Index j) LAMINA_INLINE_LAMBDA {
          constexpr int W = decltype(w)::value, N = decltype(packs)::value;
          using P = Pack<S, W>;
          P m[std::size_t{N}], a[std::size_t{N}], b[std::size_t{N}], c[std::size_t{N}];
          for (int k = 0; k < N; ++k) {
            m[k] = P::load(t + j + k * W);
            a[k] = P::load(t + columns + j + k * W);
            b[k] = P::load(t + 2 * columns + j + k * W);
            c[k] = P::load(t + 3 * columns + j + k * W);
          }
          for (Index r = 0; r < rows; ++r)
            for (int k = 0; k < N; ++k) {
              const Index at = first + r * n + j + k * W;
              fma(P::load(dy + at), a[k], fma(P::load(x + at) - m[k], b[k], c[k])).store(to.x + at);
            }
        });
      });
}

namespace detail {
/// Σ gamma dy and Σ gamma dy (x - mean) over a row; gamma may be null.
template <int W, class S>
LAMINA_ALWAYS_INLINE void row_gradient_sums(Index n, const S* x, const S* dy, const S* gamma, S mean, S* plain,
                                            S* scaled) {
  using V = Pack<S, W>;
  const auto read = [=](auto w, Index j, auto& a, auto& b) LAMINA_INLINE_LAMBDA {
    using P = Pack<S, decltype(w)::value>;
    P e = P::load(dy + j);
    if (gamma != nullptr) e = e * P::load(gamma + j);
    a = a + e;
    b = fma(e, P::load(x + j) - mean, b);
  };
  V a0 = V::splat(S(0)), b0 = a0, a1 = a0, b1 = a0;
  Pack<S, 1> a{S(0)}, b{S(0)};
  constexpr std::integral_constant<int, W> width{};
  Index j = 0;
  for (; j + 2 * W <= n; j += 2 * W) {
    read(width, j, a0, b0);
    read(width, j + W, a1, b1);
  }
  for (; j + W <= n; j += W) read(width, j, a0, b0);
  for (; j < n; ++j) {
    LAMINA_ONE_BY_ONE(j);
    read(std::integral_constant<int, 1>{}, j, a, b);
  }
  *plain = sum_lanes(a0 + a1) + a.v;
  *scaled = sum_lanes(b0 + b1) + b.v;
}

/// The smallest 1 / √variance whose cube is a normal number.
template <class S>
inline constexpr S least_inverse = [] {
  S power = 1;
  for (int i = 0; i < -std::numeric_limits<S>::min_exponent / 3 - 5; ++i) power /= 2;
  return power;
}();

/// The gradient of a row with such a large variance that the cube of its inverse root underflows.
template <class S>
LAMINA_COLD LAMINA_NOINLINE void write_large_row_gradient(Index n, const S* x, const S* dy, const S* gamma, S mean,
                                                          S inverse, OwnStatistics own, S* dx) {
  const auto r = static_cast<double>(inverse);
  const auto standard = [=](Index j) { return static_cast<double>(x[j] - mean) * r; };
  const auto slope = [=](Index j) { return static_cast<double>(dy[j]) * static_cast<double>(gamma ? gamma[j] : S(1)); };
  double plain = 0, scaled = 0;
  for (Index j = 0; j < n; ++j) {
    plain += slope(j) / static_cast<double>(n);
    scaled += slope(j) * standard(j) / static_cast<double>(n);
  }
  for (Index j = 0; j < n; ++j)
    dx[j] = static_cast<S>(r * (slope(j) - (own.mean ? plain : 0.0) - (own.variance ? standard(j) * scaled : 0.0)));
}

/// dx = dy gamma inverse + (x - mean) by_variance + by_mean
template <int W, class S>
LAMINA_ALWAYS_INLINE void write_row_gradient(Index n, const S* x, const S* dy, const S* gamma, S mean, S inverse,
                                             S by_mean, S by_variance, S* dx) {
  const auto write = [=](auto w, Index j) LAMINA_INLINE_LAMBDA {
    using P = Pack<S, decltype(w)::value>;
    P d = P::load(dy + j) * inverse;
    if (gamma != nullptr) d = d * P::load(gamma + j);
    (d + fma(P::load(x + j) - mean, P::splat(by_variance), P::splat(by_mean))).store(dx + j);
  };
  Index j = 0;
  for (; j + W <= n; j += W) write(std::integral_constant<int, W>{}, j);
  for (; j < n; ++j) {
    LAMINA_ONE_BY_ONE(j);
    write(std::integral_constant<int, 1>{}, j);
  }
}

/// dgamma += Σ dy (x - mean) inverse and dbeta += Σ dy over `count` rows.
template <int W, class S>
LAMINA_ALWAYS_INLINE void add_row_products(Index n, Index count, Index step, const S* x, const S* dy, const S* mean,
                                           const S* inverse, S* dgamma, S* dbeta) {
  for_column_blocks<W>(n, [=](auto w, auto packs, Index j) LAMINA_INLINE_LAMBDA {
    constexpr int V = decltype(w)::value, N = decltype(packs)::value;
    using P = Pack<S, V>;
    P plain[std::size_t{N}], scaled[std::size_t{N}];
    for (int p = 0; p < N; ++p) {
      scaled[p] = P::load(dgamma + j + p * V);
      plain[p] = P::load(dbeta + j + p * V);
    }
    for (Index k = 0; k < count; ++k) {
      const P m = P::splat(mean[k]), r = P::splat(inverse[k]);
      for (int p = 0; p < N; ++p) {
        const P d = P::load(dy + k * step + j + p * V);
        plain[p] = plain[p] + d;
        scaled[p] = fma(d, (P::load(x + k * step + j + p * V) - m) * r, scaled[p]);
      }
    }
    for (int p = 0; p < N; ++p) {
      scaled[p].store(dgamma + j + p * V);
      plain[p].store(dbeta + j + p * V);
    }
  });
}

/// The number of samples over which one part sums the gradients of gamma and beta.
inline Index samples_in_part(const Grouping& v) { return (std::max<Index>)(16, (v.samples + 63) / 64); }
}  // namespace detail

/// The number of elements of scratch memory that `normalize_rows_gradient` needs.
inline Index normalize_rows_scratch(const Grouping& v) {
  const Index samples = detail::samples_in_part(v);
  return (v.samples + samples - 1) / samples * 2 * v.channels();
}

/// normalize_gradient for groupings that are rows; reads each row from memory once. `to.x` must not be null.
template <class S>
void normalize_rows_gradient(const Grouping& v, const S* x, const S* dy, const S* mean, const S* inverse,
                             const S* gamma, OwnStatistics own, const NormalizationGradients<S>& to, S* scratch) {
  const Index n = v.members, channels = v.channels(), samples = detail::samples_in_part(v);
  const Index parts = (v.samples + samples - 1) / samples;
  const bool sums = to.gamma != nullptr || to.beta != nullptr;
  detail::for_runs<S>(parts, samples * channels, [&](auto width, Index part) LAMINA_INLINE_LAMBDA {
    constexpr int W = decltype(width)::value;
    S* total = scratch + part * 2 * channels;
    for (Index c = 0; sums && c < 2 * channels; ++c) total[c] = S(0);
    const Index first = part * samples, last = (std::min)(first + samples, v.samples);
    // Several rows share every pass, as in `normalize_rows`.
    constexpr Index most = 8;
    for (Index group = 0; group < v.groups; ++group)
      for (Index sample = first; sample < last; sample += most) {
        const Index count = (std::min)(most, last - sample), step = v.groups * n;
        const S* from = x + (sample * v.groups + group) * n;
        const S* given = dy + (sample * v.groups + group) * n;
        const S* scale = gamma == nullptr ? nullptr : gamma + group * n;
        S m[most], r[most], by_mean[most], by_variance[most];
        for (Index k = 0; k < count; ++k) {
          m[k] = mean[(sample + k) * v.groups + group];
          r[k] = inverse[(sample + k) * v.groups + group];
          S plain, scaled;
          detail::row_gradient_sums<W>(n, from + k * step, given + k * step, scale, m[k], &plain, &scaled);
          by_mean[k] = own.mean ? -r[k] * (plain / static_cast<S>(n)) : S(0);
          by_variance[k] = own.variance ? -(r[k] * r[k] * r[k]) * (scaled / static_cast<S>(n)) : S(0);
        }
        S* out = to.x + (sample * v.groups + group) * n;
        for (Index k = 0; k < count; ++k) {
          if (r[k] < detail::least_inverse<S>) [[unlikely]]
            detail::write_large_row_gradient(n, from + k * step, given + k * step, scale, m[k], r[k], own,
                                             out + k * step);
          else
            detail::write_row_gradient<W>(n, from + k * step, given + k * step, scale, m[k], r[k], by_mean[k],
                                          by_variance[k], out + k * step);
        }
        if (sums)
          detail::add_row_products<W>(n, count, step, from, given, m, r, total + group * n,
                                      total + channels + group * n);
      }
  });
  if (!sums) return;
  if (parts > 0) detail::add_parts(2 * channels, parts, scratch);
  for (Index c = 0; c < channels; ++c) {
    if (to.gamma != nullptr) to.gamma[c] = parts > 0 ? scratch[c] : S(0);
    if (to.beta != nullptr) to.beta[c] = parts > 0 ? scratch[channels + c] : S(0);
  }
}

LAMINA_COMPILED_FUNCTION(normalize_gradient);
LAMINA_COMPILED_FUNCTION(normalize_rows_gradient);

}  // namespace lamina::kernels

#if defined(__GNUC__) && !defined(__clang__)
#pragma GCC diagnostic pop
#endif
