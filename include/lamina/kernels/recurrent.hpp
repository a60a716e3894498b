#pragma once
#include <cstring>

#include "lamina/kernels/matmul.hpp"
#include "lamina/kernels/simd/math.hpp"

#if defined(__GNUC__) && !defined(__clang__)
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wpsabi"
#endif

// The steps of recurrent layers, forward and back: all that is not one product over the whole sequence. Sequences lie
// with the steps outermost, (steps, batch, n), in the order in which the steps are taken, so that a step is a matrix.
// Threads share the samples in blocks of rows, which are the same for any number of threads.

namespace lamina::kernels {

/// What all of these kernels are told about a sequence.
template <class S>
struct Recurrence {
  Index steps = 0, batch = 0, units = 0;
  const S* mask = nullptr;  ///< (steps, batch); at 0 a sample's state stays as it is; null: nowhere
  bool started = false;     ///< the first state is given, rather than zeros, which need no product
  bool kept = false;  ///< states lie one behind the other, (steps + 1, batch, units); else each in the one's place
  S* y = nullptr;     ///< the outputs (back: their gradients); null: none
  Index y_row = 0;    ///< how far apart the samples' outputs lie,
  Index y_step = 0;   ///< and the steps'; 0: there is the last one's only
  bool zero_hidden = false;  ///< the output of a hidden step is 0, rather than the one before

  Index state(Index step) const { return kept ? step * batch * units : 0; }
  bool hides(Index step, Index row) const { return mask != nullptr && mask[step * batch + row] == S(0); }
  bool has_output(Index step) const { return y != nullptr && (y_step != 0 || step + 1 == steps); }
};

namespace detail {

/// Calls `body(first, count)` for blocks of the batch's rows; `work` is that of one row and step, in multiplications.
template <class S, class Body>
void by_row_blocks(const Recurrence<S>& r, Index work, const Body& body) {
  constexpr Index rows = 16;
  const Index blocks = (r.batch + rows - 1) / rows, each = std::max<Index>(1, r.steps * rows * work);
  parallel_ranges(blocks, 1, 400000 / each + 1, [&](Index begin, Index end) {
    for (Index block = begin; block < end; ++block) body(block * rows, (std::min)(rows, r.batch - block * rows));
  });
}

template <class V, class S>
LAMINA_ALWAYS_INLINE V load_some(const S* from, Index count) {
  return count >= V::width ? V::load(from) : V::load_part(from, count);
}
template <class V, class S>
LAMINA_ALWAYS_INLINE void store_some(const V& value, S* to, Index count) {
  if (count >= V::width)
    value.store(to);
  else
    value.store_part(to, count);
}
/// tanh x for the gates, which take it five times a unit: in float as a P(x²) / Q(x²), a being x held to ±8, beyond
/// which tanh is 1 but for two units of its last digit. Within 3e-7, and never above 1.
template <class S, int N>
LAMINA_ALWAYS_INLINE Pack<S, N> gate_tanh(const Pack<S, N>& x) {
  using P = Pack<S, N>;
  if constexpr (sizeof(S) != 4) {
    return tanh(x);
  } else {
    const P a = minimum(P::splat(S(8)), maximum(P::splat(S(-8)), x)), z = a * a;  // not-a-numbers stay
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
/// σ(x) = (1 + tanh(x / 2)) / 2 in float, likewise.
template <class S, int N>
LAMINA_ALWAYS_INLINE Pack<S, N> gate_sigmoid(const Pack<S, N>& x) {
  if constexpr (sizeof(S) != 4)
    return sigmoid(x);
  else
    return fma(gate_tanh(x * S(0.5)), Pack<S, N>::splat(S(0.5)), Pack<S, N>::splat(S(0.5)));
}
/// a + b, b being null or a row of which `j` is the place.
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

/// A row's output after a step, `h` being its state.
template <class S>
void put_output(const Recurrence<S>& r, Index step, Index row, const S* h) {
  S* y = r.y + row * r.y_row + step * r.y_step;
  if (!r.hides(step, row))
    copy_row(r.units, h, y);
  else if (r.zero_hidden || step == 0)
    zero_row(r.units, y);
  else
    copy_row(r.units, y - r.y_step, y);
}

/// The gradient that arrives at a row's state through the output of a step: null where none does. Those of outputs that
/// hidden steps repeat are gathered in `repeated` (a row; null without a mask) for the step they come from.
template <class S>
const S* output_gradient(const Recurrence<S>& r, Index step, Index row, S* repeated) {
  const S* dy = r.has_output(step) ? r.y + row * r.y_row + step * r.y_step : nullptr;
  if (repeated == nullptr || r.zero_hidden) return dy;
  if (dy != nullptr)
    for (Index j = 0; j < r.units; ++j) repeated[j] += dy[j];
  return repeated;
}

/// Calls `unit(j, count)` for the units of a row, a pack at a time, the last one of `count` lanes.
template <int W, class Unit>
LAMINA_ALWAYS_INLINE void for_units(Index units, const Unit& unit) {
  for (Index j = 0; j < units; j += W) unit(j, units - j);
}

/// Calls `compute(width, row)` for a block's rows, those that a mask hides included, which then keep their state `h`,
/// and puts the outputs in their place.
template <class S, class Compute>
void forward_rows(const Recurrence<S>& r, Index step, Index first, Index rows, S* h, const Compute& compute) {
  with_lanes<S>([&](auto width) LAMINA_INLINE_LAMBDA {
    for (Index row = first; row < first + rows; ++row) compute(width, row);
  });
  for (Index row = first; row < first + rows; ++row) {
    S* now = h + r.state(step + 1) + row * r.units;
    if (r.hides(step, row)) copy_row(r.units, h + r.state(step) + row * r.units, now);
    if (r.y != nullptr && (r.y_step != 0 || r.mask != nullptr || step + 1 == r.steps)) put_output(r, step, row, now);
  }
}

/// Calls `compute(width, row, arriving)` for a block's rows, with the gradient that arrives through a row's output.
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

/// (batch, steps, n) as (steps, batch, n), in the order in which steps are taken: the last first where `backwards`.
/// Rows that the mask hides, which lies as the result does, are zeros.
template <class S>
void to_steps(Index batch, Index steps, Index n, bool backwards, const S* mask, const S* in, S* out) {
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
/// The way back: (steps, batch, n) as (batch, steps, n).
template <class S>
void from_steps(Index batch, Index steps, Index n, bool backwards, const S* in, S* out) {
  parallel_ranges(batch, 1, 65536 / std::max<Index>(1, steps * n) + 1, [&](Index begin, Index end) {
    for (Index i = begin * steps; i < end * steps; ++i) {
      const Index step = i % steps, from = backwards ? steps - 1 - step : step;
      detail::copy_row(n, in + (from * batch + i / steps) * n, out + i * n);
    }
  });
}

/// h_t = tanh(z_t + h_(t-1) U), where z_t lies in the place of h_t. Shapes: h (steps + 1, batch, units), U
/// (units, units).
template <class S>
void simple_rnn(const Recurrence<S>& r, const S* recurrent, S* h) {
  const Index u = r.units;
  detail::by_row_blocks(r, u * (u + 8), [&](Index first, Index rows) {
    for (Index t = 0; t < r.steps; ++t) {
      if (t > 0 || r.started)
        multiply<S>(rows, u, u, {h + r.state(t) + first * u, u, 1}, {recurrent, u, 1}, h + r.state(t + 1) + first * u,
                    u, true);
      detail::forward_rows(r, t, first, rows, h, [&](auto width, Index row) LAMINA_INLINE_LAMBDA {
        constexpr int W = decltype(width)::value;
        if (r.hides(t, row)) return;
        S* now = h + r.state(t + 1) + row * u;
        detail::for_units<W>(u, [&](Index j, Index count) LAMINA_INLINE_LAMBDA {
          detail::store_some(detail::gate_tanh(detail::load_some<Pack<S, W>>(now + j, count)), now + j, count);
        });
      });
    }
  });
}

/// dz_t = dh_t (1 - h_t²),  dh_(t-1) = dz_t Uᵀ. `dh` (batch, units) holds the last state's gradient, and in the end the
/// first one's; `repeated` (batch, units) zeros, null without a mask.
template <class S>
void simple_rnn_backward(const Recurrence<S>& r, const S* transposed, const S* h, S* dz, S* dh, S* repeated) {
  const Index u = r.units;
  detail::by_row_blocks(r, u * (u + 8), [&](Index first, Index rows) {
    for (Index t = r.steps; t-- > 0;) {
      detail::backward_rows(
          r, t, first, rows, repeated, [&](auto width, Index row, const S* arriving) LAMINA_INLINE_LAMBDA {
            constexpr int W = decltype(width)::value;
            using V = Pack<S, W>;
            S *d = dh + row * u, *to = dz + (t * r.batch + row) * u;
            if (r.hides(t, row)) return detail::zero_row(u, to);
            const S* now = h + r.state(t + 1) + row * u;
            detail::for_units<W>(u, [&](Index j, Index count) LAMINA_INLINE_LAMBDA {
              const V y = detail::load_some<V>(now + j, count);
              detail::store_some(detail::sum_some<V>(d + j, arriving, j, count) * (S(1) - y * y), to + j, count);
              detail::store_some(V::splat(S(0)), d + j, count);
            });
          });
      if (t > 0 || r.started)
        multiply<S>(rows, u, u, {dz + (t * r.batch + first) * u, u, 1}, {transposed, u, 1}, dh + first * u, u,
                    r.mask != nullptr);
    }
  });
}

/// z_t += h_(t-1) U = [i f g o],  c_t = σ(f) c_(t-1) + σ(i) tanh(g),  h_t = σ(o) tanh(c_t); the gates take z's place.
/// Shapes: z (steps, batch, 4 units), U (units, 4 units), h and c as states; tanh(c) (steps, batch, units) where states
/// are kept.
template <class S>
void lstm(const Recurrence<S>& r, const S* recurrent, S* z, S* h, S* c, S* tanh_c) {
  const Index u = r.units, n = 4 * u;
  detail::by_row_blocks(r, n * (u + 16), [&](Index first, Index rows) {
    for (Index t = 0; t < r.steps; ++t) {
      if (t > 0 || r.started)
        multiply<S>(rows, n, u, {h + r.state(t) + first * u, u, 1}, {recurrent, n, 1}, z + (t * r.batch + first) * n, n,
                    true);
      detail::forward_rows(r, t, first, rows, h, [&](auto width, Index row) LAMINA_INLINE_LAMBDA {
        constexpr int W = decltype(width)::value;
        using V = Pack<S, W>;
        const Index before = r.state(t) + row * u, now = r.state(t + 1) + row * u;
        if (r.hides(t, row)) return detail::copy_row(u, c + before, c + now);
        S *gate = z + (t * r.batch + row) * n, *kept = tanh_c == nullptr ? nullptr : tanh_c + before;
        detail::for_units<W>(u, [&](Index j, Index count) LAMINA_INLINE_LAMBDA {
          const V in = detail::gate_sigmoid(detail::load_some<V>(gate + j, count));
          const V forget = detail::gate_sigmoid(detail::load_some<V>(gate + u + j, count));
          const V candidate = detail::gate_tanh(detail::load_some<V>(gate + 2 * u + j, count));
          const V out = detail::gate_sigmoid(detail::load_some<V>(gate + 3 * u + j, count));
          const V carry = fma(forget, detail::load_some<V>(c + before + j, count), in * candidate);
          const V squashed = detail::gate_tanh(carry);
          if (kept != nullptr) {
            detail::store_some(in, gate + j, count);
            detail::store_some(forget, gate + u + j, count);
            detail::store_some(candidate, gate + 2 * u + j, count);
            detail::store_some(out, gate + 3 * u + j, count);
            detail::store_some(squashed, kept + j, count);
          }
          detail::store_some(carry, c + now + j, count);
          detail::store_some(out * squashed, h + now + j, count);
        });
      });
    }
  });
}

/// The gradient of `lstm`: dz from the gates. `dh` and `dc` (batch, units) hold the last states' gradients, and in the
/// end the first ones'; `repeated` (batch, units) zeros, null without a mask. Uᵀ (4 units, units).
template <class S>
void lstm_backward(const Recurrence<S>& r, const S* transposed, const S* gates, const S* c, const S* tanh_c, S* dz,
                   S* dh, S* dc, S* repeated) {
  const Index u = r.units, n = 4 * u;
  detail::by_row_blocks(r, n * (u + 16), [&](Index first, Index rows) {
    for (Index t = r.steps; t-- > 0;) {
      detail::backward_rows(
          r, t, first, rows, repeated, [&](auto width, Index row, const S* arriving) LAMINA_INLINE_LAMBDA {
            constexpr int W = decltype(width)::value;
            using V = Pack<S, W>;
            S *dh_row = dh + row * u, *dc_row = dc + row * u, *to = dz + (t * r.batch + row) * n;
            if (r.hides(t, row)) return detail::zero_row(n, to);
            const S* gate = gates + (t * r.batch + row) * n;
            const S *c_before = c + r.state(t) + row * u, *squashed = tanh_c + r.state(t) + row * u;
            detail::for_units<W>(u, [&](Index j, Index count) LAMINA_INLINE_LAMBDA {
              const V in = detail::load_some<V>(gate + j, count), forget = detail::load_some<V>(gate + u + j, count),
                      candidate = detail::load_some<V>(gate + 2 * u + j, count),
                      out = detail::load_some<V>(gate + 3 * u + j, count),
                      tc = detail::load_some<V>(squashed + j, count),
                      d = detail::sum_some<V>(dh_row + j, arriving, j, count);
              const V carry = fma(d * out, S(1) - tc * tc, detail::load_some<V>(dc_row + j, count));
              detail::store_some(carry * candidate * in * (S(1) - in), to + j, count);
              detail::store_some(carry * detail::load_some<V>(c_before + j, count) * forget * (S(1) - forget),
                                 to + u + j, count);
              detail::store_some(carry * in * (S(1) - candidate * candidate), to + 2 * u + j, count);
              detail::store_some(d * tc * out * (S(1) - out), to + 3 * u + j, count);
              detail::store_some(carry * forget, dc_row + j, count);
              detail::store_some(V::splat(S(0)), dh_row + j, count);
            });
          });
      if (t > 0 || r.started)
        multiply<S>(rows, u, n, {dz + (t * r.batch + first) * n, n, 1}, {transposed, u, 1}, dh + first * u, u,
                    r.mask != nullptr);
    }
  });
}

/// m = h_(t-1) U + b,  z = σ(x_z + m_z),  r = σ(x_r + m_r),  g = tanh(x_g + r m_g),  h_t = z h_(t-1) + (1
/// - z) g; the gates take the place of x = [x_z x_r x_g]. Shapes: x (steps, batch, 3 units), U (units, 3 units), b (3
/// units,) or null, m (batch, 3 units), h as states; m_g (steps, batch, units) where states are kept.
template <class S>
void gru_reset_after(const Recurrence<S>& r, const S* recurrent, const S* bias, S* x, S* m, S* h, S* m_g) {
  const Index u = r.units, n = 3 * u;
  detail::by_row_blocks(r, n * (u + 16), [&](Index first, Index rows) {
    for (Index t = 0; t < r.steps; ++t) {
      const bool product = t > 0 || r.started;
      if (product)
        multiply<S>(rows, n, u, {h + r.state(t) + first * u, u, 1}, {recurrent, n, 1}, m + first * n, n, false, {bias});
      detail::forward_rows(r, t, first, rows, h, [&](auto width, Index row) LAMINA_INLINE_LAMBDA {
        constexpr int W = decltype(width)::value;
        using V = Pack<S, W>;
        if (r.hides(t, row)) return;
        if (!product) bias == nullptr ? detail::zero_row(n, m + row * n) : detail::copy_row(n, bias, m + row * n);
        S *gate = x + (t * r.batch + row) * n, *now = h + r.state(t + 1) + row * u;
        S* kept = m_g == nullptr ? nullptr : m_g + r.state(t) + row * u;
        const S *before = h + r.state(t) + row * u, *inner = m + row * n;
        detail::for_units<W>(u, [&](Index j, Index count) LAMINA_INLINE_LAMBDA {
          const V update = detail::gate_sigmoid(detail::sum_some<V>(gate + j, inner, j, count));
          const V reset = detail::gate_sigmoid(detail::sum_some<V>(gate + u + j, inner + u, j, count));
          const V recalled = detail::load_some<V>(inner + 2 * u + j, count);
          const V candidate = detail::gate_tanh(fma(reset, recalled, detail::load_some<V>(gate + 2 * u + j, count)));
          const V state = detail::load_some<V>(before + j, count);
          if (kept != nullptr) {
            detail::store_some(update, gate + j, count);
            detail::store_some(reset, gate + u + j, count);
            detail::store_some(candidate, gate + 2 * u + j, count);
            detail::store_some(recalled, kept + j, count);
          }
          detail::store_some(fma(update, state, (S(1) - update) * candidate), now + j, count);
        });
      });
    }
  });
}

/// The gradient of `gru_reset_after`, of x, and of m, which differs from it in the candidate's part alone; both (steps,
/// batch, 3 units). Otherwise as `lstm_backward` has it.
template <class S>
void gru_reset_after_backward(const Recurrence<S>& r, const S* transposed, const S* gates, const S* m_g, const S* h,
                              S* dx, S* dm, S* dh, S* repeated) {
  const Index u = r.units, n = 3 * u;
  detail::by_row_blocks(r, n * (u + 16), [&](Index first, Index rows) {
    for (Index t = r.steps; t-- > 0;) {
      detail::backward_rows(
          r, t, first, rows, repeated, [&](auto width, Index row, const S* arriving) LAMINA_INLINE_LAMBDA {
            constexpr int W = decltype(width)::value;
            using V = Pack<S, W>;
            const Index at = (t * r.batch + row) * n;
            S *d_row = dh + row * u, *to_x = dx + at, *to_m = dm + at;
            if (r.hides(t, row)) return detail::zero_row(n, to_x), detail::zero_row(n, to_m);
            const S *gate = gates + at, *before = h + r.state(t) + row * u, *recalled = m_g + r.state(t) + row * u;
            detail::for_units<W>(u, [&](Index j, Index count) LAMINA_INLINE_LAMBDA {
              const V update = detail::load_some<V>(gate + j, count), reset = detail::load_some<V>(gate + u + j, count),
                      candidate = detail::load_some<V>(gate + 2 * u + j, count),
                      d = detail::sum_some<V>(d_row + j, arriving, j, count);
              const V dg = d * (S(1) - update) * (S(1) - candidate * candidate);
              const V dz = d * (detail::load_some<V>(before + j, count) - candidate) * update * (S(1) - update);
              const V dr = dg * detail::load_some<V>(recalled + j, count) * reset * (S(1) - reset);
              detail::store_some(dz, to_x + j, count);
              detail::store_some(dr, to_x + u + j, count);
              detail::store_some(dg, to_x + 2 * u + j, count);
              detail::store_some(dz, to_m + j, count);
              detail::store_some(dr, to_m + u + j, count);
              detail::store_some(dg * reset, to_m + 2 * u + j, count);
              detail::store_some(d * update, d_row + j, count);
            });
          });
      if (t > 0 || r.started)
        multiply<S>(rows, u, n, {dm + (t * r.batch + first) * n, n, 1}, {transposed, u, 1}, dh + first * u, u, true);
    }
  });
}

/// z = σ(x_z + h_(t-1) U_z),  r = σ(x_r + h_(t-1) U_r),  g = tanh(x_g + (r h_(t-1)) U_g), the rest as
/// `gru_reset_after` has it; r h_(t-1) (steps, batch, units), or (batch, units) where states are not kept.
template <class S>
void gru_reset_before(const Recurrence<S>& r, const S* recurrent, S* x, S* reset_h, S* h) {
  const Index u = r.units, n = 3 * u;
  detail::by_row_blocks(r, n * (u + 16), [&](Index first, Index rows) {
    for (Index t = 0; t < r.steps; ++t) {
      const bool product = t > 0 || r.started;
      S* gates = x + (t * r.batch + first) * n;
      if (product) multiply<S>(rows, 2 * u, u, {h + r.state(t) + first * u, u, 1}, {recurrent, n, 1}, gates, n, true);
      with_lanes<S>([&](auto width) LAMINA_INLINE_LAMBDA {
        constexpr int W = decltype(width)::value;
        using V = Pack<S, W>;
        for (Index i = 0; i < rows; ++i) {
          S *gate = gates + i * n, *to = reset_h + r.state(t) + (first + i) * u;
          const S* before = h + r.state(t) + (first + i) * u;
          detail::for_units<W>(u, [&](Index j, Index count) LAMINA_INLINE_LAMBDA {
            const V reset = detail::gate_sigmoid(detail::load_some<V>(gate + u + j, count));
            detail::store_some(detail::gate_sigmoid(detail::load_some<V>(gate + j, count)), gate + j, count);
            detail::store_some(reset, gate + u + j, count);
            detail::store_some(reset * detail::load_some<V>(before + j, count), to + j, count);
          });
        }
      });
      if (product)
        multiply<S>(rows, u, u, {reset_h + r.state(t) + first * u, u, 1}, {recurrent + 2 * u, n, 1}, gates + 2 * u, n,
                    true);
      detail::forward_rows(r, t, first, rows, h, [&](auto width, Index row) LAMINA_INLINE_LAMBDA {
        constexpr int W = decltype(width)::value;
        using V = Pack<S, W>;
        if (r.hides(t, row)) return;
        S *gate = x + (t * r.batch + row) * n, *now = h + r.state(t + 1) + row * u;
        const S* before = h + r.state(t) + row * u;
        detail::for_units<W>(u, [&](Index j, Index count) LAMINA_INLINE_LAMBDA {
          const V update = detail::load_some<V>(gate + j, count),
                  candidate = detail::gate_tanh(detail::load_some<V>(gate + 2 * u + j, count));
          detail::store_some(candidate, gate + 2 * u + j, count);
          detail::store_some(fma(update, detail::load_some<V>(before + j, count), (S(1) - update) * candidate), now + j,
                             count);
        });
      });
    }
  });
}

/// The gradient of `gru_reset_before`, of x (steps, batch, 3 units); `d_reset_h` (batch, units) is room to work in.
/// Otherwise as `lstm_backward` has it.
template <class S>
void gru_reset_before_backward(const Recurrence<S>& r, const S* transposed, const S* gates, const S* h, S* dx,
                               S* d_reset_h, S* dh, S* repeated) {
  const Index u = r.units, n = 3 * u;
  detail::by_row_blocks(r, n * (u + 16), [&](Index first, Index rows) {
    for (Index t = r.steps; t-- > 0;) {
      S* slope = dx + (t * r.batch + first) * n;
      detail::backward_rows(
          r, t, first, rows, repeated, [&](auto width, Index row, const S* arriving) LAMINA_INLINE_LAMBDA {
            constexpr int W = decltype(width)::value;
            using V = Pack<S, W>;
            const Index at = (t * r.batch + row) * n;
            S *d_row = dh + row * u, *to = dx + at;
            if (r.hides(t, row)) return detail::zero_row(n, to);
            const S *gate = gates + at, *before = h + r.state(t) + row * u;
            detail::for_units<W>(u, [&](Index j, Index count) LAMINA_INLINE_LAMBDA {
              const V update = detail::load_some<V>(gate + j, count),
                      candidate = detail::load_some<V>(gate + 2 * u + j, count),
                      d = detail::sum_some<V>(d_row + j, arriving, j, count);
              detail::store_some(d * (detail::load_some<V>(before + j, count) - candidate) * update * (S(1) - update),
                                 to + j, count);
              detail::store_some(d * (S(1) - update) * (S(1) - candidate * candidate), to + 2 * u + j, count);
              detail::store_some(d * update, d_row + j, count);
            });
          });
      const bool product = t > 0 || r.started;
      if (product)
        multiply<S>(rows, u, u, {slope + 2 * u, n, 1}, {transposed + 2 * u * u, u, 1}, d_reset_h + first * u, u);
      with_lanes<S>([&](auto width) LAMINA_INLINE_LAMBDA {
        constexpr int W = decltype(width)::value;
        using V = Pack<S, W>;
        for (Index i = 0; i < rows; ++i) {
          const Index row = (first + i) * u;
          S* to = slope + i * n + u;
          if (!product) {  // the first state is zeros, and so is what its reset gate changes
            detail::zero_row(u, to);
            continue;
          }
          if (r.hides(t, first + i)) continue;
          const S* gate = gates + (t * r.batch + first + i) * n + u;
          detail::for_units<W>(u, [&](Index j, Index count) LAMINA_INLINE_LAMBDA {
            const V reset = detail::load_some<V>(gate + j, count), d = detail::load_some<V>(d_reset_h + row + j, count);
            detail::store_some(d * detail::load_some<V>(h + r.state(t) + row + j, count) * reset * (S(1) - reset),
                               to + j, count);
            detail::store_some(fma(d, reset, detail::load_some<V>(dh + row + j, count)), dh + row + j, count);
          });
        }
      });
      if (product) multiply<S>(rows, u, 2 * u, {slope, n, 1}, {transposed, u, 1}, dh + first * u, u, true);
    }
  });
}

LAMINA_COMPILED_FUNCTION(to_steps);
LAMINA_COMPILED_FUNCTION(from_steps);
LAMINA_COMPILED_FUNCTION(simple_rnn);
LAMINA_COMPILED_FUNCTION(simple_rnn_backward);
LAMINA_COMPILED_FUNCTION(lstm);
LAMINA_COMPILED_FUNCTION(lstm_backward);
LAMINA_COMPILED_FUNCTION(gru_reset_after);
LAMINA_COMPILED_FUNCTION(gru_reset_after_backward);
LAMINA_COMPILED_FUNCTION(gru_reset_before);
LAMINA_COMPILED_FUNCTION(gru_reset_before_backward);

}  // namespace lamina::kernels

#if defined(__GNUC__) && !defined(__clang__)
#pragma GCC diagnostic pop
#endif
