#pragma once
#include <utility>

#include "lamina/kernels/elementwise.hpp"
#include "lamina/kernels/squares.hpp"
#include "lamina/ops/arithmetic.hpp"

namespace lamina::detail {

/// y = mean of (p - t)² over all n elements. Gradients: dp = 2 dy (p - t) / n, dt = -dp.
template <class S>
Tensor<S> mean_squared_error(const Tensor<S>& t, const Tensor<S>& p) {
  const Index n = p.size();
  Tensor<S> difference = Tensor<S>::empty(p.shape());
  const S total = kernels::squares_of_difference(n, p.data(), t.data(), TensorAccess::data(difference));
  const S scale = n == 0 ? S(0) : S(1) / static_cast<S>(n);
  Tensor<S> y(total * scale);
  if (Recording<S> tape{y, p, t})
    tape.gradient_made_by([&]() LAMINA_INLINE_LAMBDA {
      return [difference = std::move(difference), p = tape.keep_for_higher_orders(p),
              t = tape.keep_for_higher_orders(t), scale](const Tensor<S>& dy, Gradients<S>& g) mutable {
        const auto scaled = [&] {
          const S factor = 2 * scale * *dy.data();
          const S* from = difference.data();
          Tensor<S> result = g.last_time() ? std::move(difference) : Tensor<S>::empty(difference.shape());
          kernels::map(
              result.size(), TensorAccess::data(result),
              [factor](const auto& d) LAMINA_INLINE_LAMBDA { return d * factor; }, from);
          return result;
        };
        Tensor<S> dp = Gradients<S>::recorded() ? multiply(subtract(p, t), dy * (2 * scale)) : scaled();
        if (g.needs(1)) g.add(1, negate(dp));
        g.add(0, std::move(dp));
      };
    });
  return y;
}
LAMINA_COMPILED_FUNCTION(mean_squared_error);

}  // namespace lamina::detail
