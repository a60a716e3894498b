#pragma once
#include "support/check_gradient.hpp"
#include "support/expect.hpp"

namespace lamina::testing::losses {

inline constexpr Reduction each = Reduction::none, total = Reduction::sum;

/// Compares the gradients of a loss with respect to both arguments with central differences.
template <class L>
void check_gradient(const L& loss, const Tensor<double>& y_true, const Tensor<double>& y_pred,
                    const Tensor<double>& weight = {}) {
  Tensor<double> x = y_pred.copy(), slopes = y_pred.copy();
  double* out = slopes.mutable_data();
  for (Index i = 0; i < x.size(); ++i) {
    Tensor<double> up = x.copy(), down = x.copy();
    up.mutable_data()[i] += 1e-6;
    down.mutable_data()[i] -= 1e-6;
    out[i] = (sum(loss(y_true, up, weight)).item() - sum(loss(y_true, down, weight)).item()) / 2e-6;
  }
  GradientTape<double> tape;
  tape.watch(x);
  EXPECT_TRUE(expect::near(tape.gradient(sum(loss(y_true, x, weight)), x), slopes, {1e-6, 1e-8})) << loss.class_name();
}

/// Returns f(target, prediction), averaged over each row by a plain loop.
template <class F>
Tensor<double> row_means(const Tensor<double>& t, const Tensor<double>& p, const F& f) {
  Tensor<double> y = Tensor<double>::zeros(p.shape().slice(0, p.rank() - 1));
  for (Index i = 0; i < p.size(); ++i)
    y.mutable_data()[i / p.columns()] += f(t[i], p[i]) / static_cast<double>(p.columns());
  return y;
}

/// Checks Keras's values, and first and second derivatives by finite differences.
template <class L>
void check(const L& loss, const Tensor<double>& t, const Tensor<double>& p, const Tensor<double>& expected,
           bool second_order = true) {
  SCOPED_TRACE(loss.class_name());
  EXPECT_TRUE(expect::near(loss(t, p), expected, {1e-9, 1e-12}));
  EXPECT_TRUE(lamina::testing::check_gradient([&](const auto& x) { return loss(t, x); }, {p},
                                              {.second_order = second_order, .tolerance = 2e-5}));
}

inline const Tensor<double> t3 = expect::scattered({2, 3, 4}), p3 = expect::scattered({2, 3, 4}, 2);

inline Tensor<double> positive(const Shape& shape, std::uint64_t seed) {
  return expect::scattered(shape, seed) * 0.45 + 0.5;
}

}  // namespace lamina::testing::losses
