#pragma once
#include "support/follows.hpp"

// Update rules that depend on the whole variable.

namespace lamina::testing::optimizer_rules {

inline double square(double x) { return x * x; }

template <template <class> class O, class Options, class Rule>
void check_whole(const Shape& shape, const Options& options, const Rule& rule) {
  const auto run = [&]<class S>(S, expect::Within within) {
    O<S> optimizer(options);
    const Variable<S> w(expect::scattered<S>(shape, 3), "kernel");
    std::vector<double> expected(static_cast<std::size_t>(w.size())), m = expected, v = expected;
    for (std::size_t i = 0; i < expected.size(); ++i)
      expected[i] = static_cast<double>(w.value()[static_cast<Index>(i)]);
    for (int step = 0; step < 5; ++step) {
      const Tensor<S> gradient = expect::scattered<S>(shape, 20 + static_cast<std::uint64_t>(step));
      const Tensor<double> g = gradient.template cast<double>();
      optimizer.apply_gradients({gradient}, {w});
      rule(expected, m, v, g, step);
      ASSERT_TRUE(expect::near(w.value(), Tensor<double>::from(expected.data(), shape), within))
          << "shape " << shape << ", step " << step << ", " << 8 * sizeof(S) << " bits";
    }
  };
  run(double{}, {1e-11, 1e-13});
  run(float{}, {2e-5, 2e-6});
}

inline double length(const std::vector<double>& x) {
  double total = 0;
  for (const double v : x) total += v * v;
  return std::sqrt(total);
}

}  // namespace lamina::testing::optimizer_rules
