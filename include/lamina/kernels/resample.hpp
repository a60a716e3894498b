#pragma once
#include "lamina/kernels/elementwise.hpp"
#include "lamina/kernels/parallel_lanes.hpp"

#if defined(__GNUC__) && !defined(__clang__)
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wpsabi"
#endif

namespace lamina::kernels {

/// A linear resampling of an axis: new element j = sum over k < taps of weights[j, k] times old element first[j] + k.
template <class S>
struct Resampling {
  Index from;          ///< Old size.
  Index to;            ///< New size.
  Index taps;          ///< Number of weights per new element.
  const Index* first;  ///< The first old element for each new one, (to).
  const S* weights;    ///< The weights, (to, taps).
};

/// Resamples x (outer, from, inner) to y (outer, to, inner).
template <class S>
void resample(const Resampling<S>& r, Index outer, Index inner, const S* x, S* y) {
  const Index least = elements_worth_a_thread / (r.taps * inner + 1) + 1;
  parallel_lanes<S>(outer * r.to, 1, least, [=](auto width, Index begin, Index end) LAMINA_INLINE_LAMBDA {
    constexpr int W = decltype(width)::value;
    for (Index row = begin; row < end; ++row) {
      const Index j = row % r.to;
      const S* from = x + (row / r.to * r.from + r.first[j]) * inner;
      const S* weight = r.weights + j * r.taps;
      const auto element = [&](auto w, Index i) LAMINA_INLINE_LAMBDA {
        using P = Pack<S, decltype(w)::value>;
        P sum = P::load(from + i) * weight[0];
        for (Index k = 1; k < r.taps; ++k) sum = fma(P::load(from + k * inner + i), P::splat(weight[k]), sum);
        sum.store(y + row * inner + i);
      };
      Index i = 0;
      for (; i + W <= inner; i += W) element(width, i);
      for (; i < inner; ++i) {
        LAMINA_ONE_BY_ONE(i);
        element(std::integral_constant<int, 1>{}, i);
      }
    }
  });
}

/// The transpose of `resample`, its gradient: y (outer, to, inner) to x (outer, from, inner). Sums are added in the
/// order of y.
template <class S>
void resample_transposed(const Resampling<S>& r, Index outer, Index inner, const S* y, S* x) {
  const Index least = elements_worth_a_thread / (r.to * r.taps * inner + 1) + 1;
  parallel_lanes<S>(outer, 1, least, [=](auto width, Index begin, Index end) LAMINA_INLINE_LAMBDA {
    constexpr int W = decltype(width)::value;
    for (Index i = begin * r.from * inner; i < end * r.from * inner; ++i) x[i] = S(0);
    for (Index row = begin * r.to; row < end * r.to; ++row) {
      const Index j = row % r.to;
      for (Index k = 0; k < r.taps; ++k) {
        S* to = x + (row / r.to * r.from + r.first[j] + k) * inner;
        const S weight = r.weights[j * r.taps + k];
        const auto element = [&](auto w, Index i) LAMINA_INLINE_LAMBDA {
          using P = Pack<S, decltype(w)::value>;
          fma(P::load(y + row * inner + i), P::splat(weight), P::load(to + i)).store(to + i);
        };
        Index i = 0;
        for (; i + W <= inner; i += W) element(width, i);
        for (; i < inner; ++i) {
          LAMINA_ONE_BY_ONE(i);
          element(std::integral_constant<int, 1>{}, i);
        }
      }
    }
  });
}

LAMINA_COMPILED_FUNCTION(resample);
LAMINA_COMPILED_FUNCTION(resample_transposed);

}  // namespace lamina::kernels

#if defined(__GNUC__) && !defined(__clang__)
#pragma GCC diagnostic pop
#endif
