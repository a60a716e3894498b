#pragma once
#include "lamina/kernels/rnn/recurrence.hpp"

#if defined(__GNUC__) && !defined(__clang__)
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wpsabi"
#endif

// Forward and backward pass of GRU over time, with the reset gate applied after or before the recurrent product.

namespace lamina::kernels {

/// GRU with the reset gate after the recurrent product (Keras's `reset_after=True`): m = h_(t-1) U + b,  z = σ(x_z +
/// m_z),  r = σ(x_r + m_r),  g = tanh(x_g + r m_g),  h_t = z h_(t-1) + (1 - z) g. On entry, x = [x_z x_r x_g]; if
/// states are kept, the activated gates replace x. Shapes: x (steps, batch, 3 units), U (units, 3 units), b (3 units,)
/// or null, m (batch, 3 units), h: see Recurrence, m_g (steps, batch, units), or null if states are not kept.
template <class S>
void gru_reset_after(const Recurrence<S>& r, const S* recurrent, const S* bias, S* x, S* m, S* h, S* m_g) {
  const Index u = r.units, n = 3 * u;
  detail::for_row_blocks(r, n * (u + 16), [&](Index first, Index rows) {
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

/// The backward pass of `gru_reset_after`: dx, and dm, which differs from dx in the part of the candidate only; both
/// (steps, batch, 3 units). The other arguments are as in `lstm_backward`.
template <class S>
void gru_reset_after_backward(const Recurrence<S>& r, const S* transposed, const S* gates, const S* m_g, const S* h,
                              S* dx, S* dm, S* dh, S* repeated) {
  const Index u = r.units, n = 3 * u;
  detail::for_row_blocks(r, n * (u + 16), [&](Index first, Index rows) {
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

/// GRU with the reset gate before the recurrent product (Keras's `reset_after=False`): z = σ(x_z + h_(t-1) U_z),  r =
/// σ(x_r + h_(t-1) U_r),  g = tanh(x_g + (r h_(t-1)) U_g). The rest is as in `gru_reset_after`. `reset_h` receives r
/// h_(t-1): (steps, batch, units), or (batch, units) if states are not kept.
template <class S>
void gru_reset_before(const Recurrence<S>& r, const S* recurrent, S* x, S* reset_h, S* h) {
  const Index u = r.units, n = 3 * u;
  detail::for_row_blocks(r, n * (u + 16), [&](Index first, Index rows) {
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

/// The backward pass of `gru_reset_before`: dx (steps, batch, 3 units). `d_reset_h` (batch, units) is work memory. The
/// other arguments are as in `lstm_backward`.
template <class S>
void gru_reset_before_backward(const Recurrence<S>& r, const S* transposed, const S* gates, const S* h, S* dx,
                               S* d_reset_h, S* dh, S* repeated) {
  const Index u = r.units, n = 3 * u;
  detail::for_row_blocks(r, n * (u + 16), [&](Index first, Index rows) {
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
          if (!product) {  // the initial state is zero, so the reset gate has no gradient
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

LAMINA_COMPILED_FUNCTION(gru_reset_after);
LAMINA_COMPILED_FUNCTION(gru_reset_after_backward);
LAMINA_COMPILED_FUNCTION(gru_reset_before);
LAMINA_COMPILED_FUNCTION(gru_reset_before_backward);

}  // namespace lamina::kernels

#if defined(__GNUC__) && !defined(__clang__)
#pragma GCC diagnostic pop
#endif
