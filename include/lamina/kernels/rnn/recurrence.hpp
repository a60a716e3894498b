#pragma once
#include <cstring>

#include "lamina/kernels/matmul.hpp"
#include "lamina/kernels/simd/math.hpp"
#include "lamina/kernels/threads.hpp"

#if defined(__GNUC__) && !defined(__clang__)
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wpsabi"
#endif

// Forward and backward passes of recurrent layers over time: everything except the products over the whole sequence.
// Sequences are time-major, (steps, batch, n), in the order of computation, so that a step is a contiguous matrix.
// Threads share the batch in blocks of rows, which are the same for any number of threads.

namespace lamina::kernels {

/// A sequence, its states and its outputs.
template <class S>
struct Recurrence {
  Index steps = 0;           ///< Number of steps.
  Index batch = 0;           ///< Number of samples.
  Index units = 0;           ///< Number of units.
  const S* mask = nullptr;   ///< (steps, batch); where it is 0, the step is skipped and the state kept; null: no mask.
  bool started = false;      ///< True if an initial state is given; false: zeros, whose product is skipped.
  bool kept = false;         ///< True if all states are stored, (steps + 1, batch, units); false: one, overwritten.
  S* y = nullptr;            ///< The outputs (backward: their gradients); null: none.
  Index y_row = 0;           ///< Stride of the samples in y.
  Index y_step = 0;          ///< Stride of the steps in y; 0: y has the output of the last step only.
  bool zero_hidden = false;  ///< The output of a masked step: true for 0, false for the previous output.

  /// The offset of the state before `step`.
  Index state(Index step) const { return kept ? step * batch * units : 0; }
  /// True if the mask skips a step of a sample.
  bool hides(Index step, Index row) const { return mask != nullptr && mask[step * batch + row] == S(0); }
  /// True if y has the output of a step.
  bool has_output(Index step) const { return y != nullptr && (y_step != 0 || step + 1 == steps); }
};

namespace detail {

/// Calls `body(first, count)` for blocks of the batch's rows, on several threads. `work`: multiplications per row and
/// step.
template <class S, class Body>
void for_row_blocks(const Recurrence<S>& r, Index work, const Body& body) {
  constexpr Index rows = 16;
  const Index blocks = (r.batch + rows - 1) / rows, each = work_of(r.steps, rows, work);
  parallel_ranges(blocks, 1, 400000 / each + 1, [&](Index begin, Index end) {
    for (Index block = begin; block < end; ++block) body(block * rows, (std::min)(rows, r.batch - block * rows));
  });
}

/// Loads a full vector, or the `count` elements that are left.
template <class V, class S>
LAMINA_ALWAYS_INLINE V load_some(const S* from, Index count) {
  return count >= V::width ? V::load(from) : V::load_part(from, count);
}
/// Stores a full vector, or the `count` elements that are left.
template <class V, class S>
LAMINA_ALWAYS_INLINE void store_some(const V& value, S* to, Index count) {
  if (count >= V::width)
    value.store(to);
  else
    value.store_part(to, count);
}
/// tanh x for the gates, which are five activations per unit. In float it is the rational approximation a P(a²) /
/// Q(a²), with a = x clipped to ±8, beyond which tanh differs from ±1 by at most two units in the last place. Absolute
/// error below 3e-7; never above 1.
template <class S, int N>
LAMINA_ALWAYS_INLINE Pack<S, N> gate_tanh(const Pack<S, N>& x) {
  using P = Pack<S, N>;
  if constexpr (sizeof(S) != 4) {
    return tanh(x);
  } else {
    const P a = minimum(P::splat(S(8)), maximum(P::splat(S(-8)), x)), z = a * a;  // NaN stays
    P p = P::splat(S(1.52303333e-08));
    p = fma(p, z, P::splat(S(2.189460197e-05)));
    p = fma(p, z, P::splat(S(0.003571594402)));
    p = fma(p, z, P::splat(S(0.1344449493)));
    p = fma(p, z, P::splat(S(0.9999999936)));
    P q = P::splat(S(8.522412386e-07));
    q = fma(q, z, P::splat(S(0.000341128608)));
    q = fma(q, z, P::splat(S(0.02616442917)));
    q = fma(q, z, P::splat(S(0.4677782225)));
    q = fma(q, z, P::splat(S(1)));
    return a * p / q;
  }
}
/// σ(x) = (1 + tanh(x / 2)) / 2 in float, with the same approximation.
template <class S, int N>
LAMINA_ALWAYS_INLINE Pack<S, N> gate_sigmoid(const Pack<S, N>& x) {
  if constexpr (sizeof(S) != 4)
    return sigmoid(x);
  else
    return fma(gate_tanh(x * S(0.5)), Pack<S, N>::splat(S(0.5)), Pack<S, N>::splat(S(0.5)));
}
/// a + b at offset `j` of the row b, which may be null.
template <class V, class S>
LAMINA_ALWAYS_INLINE V sum_some(const S* a, const S* b, Index j, Index count) {
  const V value = load_some<V>(a, count);
  return b == nullptr ? value : value + load_some<V>(b + j, count);
}
template <class S>
void copy_row(Index n, const S* from, S* to) {
  if (from != to) std::memcpy(to, from, static_cast<std::size_t>(n) * sizeof(S));
}
template <class S>
void zero_row(Index n, S* to) {
  std::memset(to, 0, static_cast<std::size_t>(n) * sizeof(S));
}

/// Writes the output of a step of one row, whose state is `h`.
template <class S>
void write_output(const Recurrence<S>& r, Index step, Index row, const S* h) {
  S* y = r.y + row * r.y_row + step * r.y_step;
  if (!r.hides(step, row))
    copy_row(r.units, h, y);
  else if (r.zero_hidden || step == 0)
    zero_row(r.units, y);
  else
    copy_row(r.units, y - r.y_step, y);
}

/// Returns the gradient that reaches the state of a row through the output of a step; null if there is none. Masked
/// steps repeat an earlier output: their gradients are accumulated in `repeated` (units; null without a mask) until the
/// step of that output.
template <class S>
const S* output_gradient(const Recurrence<S>& r, Index step, Index row, S* repeated) {
  const S* dy = r.has_output(step) ? r.y + row * r.y_row + step * r.y_step : nullptr;
  if (repeated == nullptr || r.zero_hidden) return dy;
  if (dy != nullptr)
    for (Index j = 0; j < r.units; ++j) repeated[j] += dy[j];
  return repeated;
}

/// Calls `unit(j, count)` for the units of a row, a vector at a time; `count` is the number of units from j on.
template <int W, class Unit>
LAMINA_ALWAYS_INLINE void for_units(Index units, const Unit& unit) {
  for (Index j = 0; j < units; j += W) unit(j, units - j);
}

/// Calls `compute(width, row)` for the rows of a block, including masked ones, whose state `h` is then restored, and
/// writes their outputs.
template <class S, class Compute>
void forward_rows(const Recurrence<S>& r, Index step, Index first, Index rows, S* h, const Compute& compute) {
  with_lanes<S>([&](auto width) LAMINA_INLINE_LAMBDA {
    for (Index row = first; row < first + rows; ++row) compute(width, row);
  });
  for (Index row = first; row < first + rows; ++row) {
    S* now = h + r.state(step + 1) + row * r.units;
    if (r.hides(step, row)) copy_row(r.units, h + r.state(step) + row * r.units, now);
    if (r.y != nullptr && (r.y_step != 0 || r.mask != nullptr || step + 1 == r.steps)) write_output(r, step, row, now);
  }
}

/// Calls `compute(width, row, arriving)` for the rows of a block, with the gradient of the row's output, see
/// output_gradient.
template <class S, class Compute>
void backward_rows(const Recurrence<S>& r, Index step, Index first, Index rows, S* repeated, const Compute& compute) {
  with_lanes<S>([&](auto width) LAMINA_INLINE_LAMBDA {
    for (Index row = first; row < first + rows; ++row) {
      S* gathered = repeated == nullptr ? nullptr : repeated + row * r.units;
      compute(width, row, output_gradient(r, step, row, gathered));
      if (gathered != nullptr && !r.hides(step, row)) zero_row(r.units, gathered);
    }
  });
}

}  // namespace detail

/// Transposes batch-major (batch, steps, n) to time-major (steps, batch, n), with the last step first if `backwards`.
/// Rows where `mask` (steps, batch) is 0 become zeros.
template <class S>
void to_time_major(Index batch, Index steps, Index n, bool backwards, const S* mask, const S* in, S* out) {
  parallel_ranges(steps, 1, 65536 / std::max<Index>(1, batch * n) + 1, [&](Index begin, Index end) {
    for (Index i = begin * batch; i < end * batch; ++i) {
      const Index step = i / batch, from = backwards ? steps - 1 - step : step;
      if (mask != nullptr && mask[i] == S(0))
        detail::zero_row(n, out + i * n);
      else
        detail::copy_row(n, in + ((i % batch) * steps + from) * n, out + i * n);
    }
  });
}
/// The inverse: time-major (steps, batch, n) to batch-major (batch, steps, n).
template <class S>
void from_time_major(Index batch, Index steps, Index n, bool backwards, const S* in, S* out) {
  parallel_ranges(batch, 1, 65536 / std::max<Index>(1, steps * n) + 1, [&](Index begin, Index end) {
    for (Index i = begin * steps; i < end * steps; ++i) {
      const Index step = i % steps, from = backwards ? steps - 1 - step : step;
      detail::copy_row(n, in + (from * batch + i / steps) * n, out + i * n);
    }
  });
}

LAMINA_COMPILED_FUNCTION(to_time_major);
LAMINA_COMPILED_FUNCTION(from_time_major);

}  // namespace lamina::kernels

#if defined(__GNUC__) && !defined(__clang__)
#pragma GCC diagnostic pop
#endif
