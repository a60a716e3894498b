#pragma once
#include "lamina/kernels/rnn/recurrence.hpp"

#if defined(__GNUC__) && !defined(__clang__)
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wpsabi"
#endif

// Forward and backward pass of SimpleRNN over time.

namespace lamina::kernels {

/// h_t = tanh(z_t + h_(t-1) U), in place: on entry, h_t holds z_t = x_t W + b. Shapes: h (steps + 1, batch, units), U
/// (units, units).
template <class S>
void simple_rnn(const Recurrence<S>& r, const S* recurrent, S* h) {
  const Index u = r.units;
  detail::for_row_blocks(r, u * (u + 8), [&](Index first, Index rows) {
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

/// The backward pass of `simple_rnn`: dz_t = dh_t (1 - h_t²), dh_(t-1) = dz_t Uᵀ. `transposed` is Uᵀ. `dh` (batch,
/// units): on entry the gradient of the last state, on return that of the initial state. `repeated`: zeros (batch,
/// units), or null without a mask.
template <class S>
void simple_rnn_backward(const Recurrence<S>& r, const S* transposed, const S* h, S* dz, S* dh, S* repeated) {
  const Index u = r.units;
  detail::for_row_blocks(r, u * (u + 8), [&](Index first, Index rows) {
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

LAMINA_COMPILED_FUNCTION(simple_rnn);
LAMINA_COMPILED_FUNCTION(simple_rnn_backward);

}  // namespace lamina::kernels

#if defined(__GNUC__) && !defined(__clang__)
#pragma GCC diagnostic pop
#endif
