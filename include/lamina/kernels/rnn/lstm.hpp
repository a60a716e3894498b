#pragma once
#include "lamina/kernels/rnn/recurrence.hpp"

#if defined(__GNUC__) && !defined(__clang__)
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wpsabi"
#endif

// Forward and backward pass of LSTM over time.

namespace lamina::kernels {

/// z_t += h_(t-1) U, split into [i f g o];  c_t = σ(f) c_(t-1) + σ(i) tanh(g),  h_t = σ(o) tanh(c_t). On entry, z_t =
/// x_t W + b; if states are kept, the activated gates replace z. Shapes: z (steps, batch, 4 units), U (units, 4 units),
/// h and c: see Recurrence, tanh_c (steps, batch, units), or null if states are not kept.
template <class S>
void lstm(const Recurrence<S>& r, const S* recurrent, S* z, S* h, S* c, S* tanh_c) {
  const Index u = r.units, n = 4 * u;
  detail::for_row_blocks(r, n * (u + 16), [&](Index first, Index rows) {
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

/// The backward pass of `lstm`: dz (steps, batch, 4 units) from the gates. `transposed` is Uᵀ (4 units, units). `dh`
/// and `dc` (batch, units): on entry the gradients of the last states, on return those of the initial states.
/// `repeated`: zeros (batch, units), or null without a mask.
template <class S>
void lstm_backward(const Recurrence<S>& r, const S* transposed, const S* gates, const S* c, const S* tanh_c, S* dz,
                   S* dh, S* dc, S* repeated) {
  const Index u = r.units, n = 4 * u;
  detail::for_row_blocks(r, n * (u + 16), [&](Index first, Index rows) {
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

LAMINA_COMPILED_FUNCTION(lstm);
LAMINA_COMPILED_FUNCTION(lstm_backward);

}  // namespace lamina::kernels

#if defined(__GNUC__) && !defined(__clang__)
#pragma GCC diagnostic pop
#endif
