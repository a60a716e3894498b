#pragma once
// Compares an optimizer with its formula in double, over ten steps.
#include "support/expect.hpp"

namespace lamina::follows {

inline constexpr int steps = 10;
inline constexpr Index size = 37;  // not a multiple of the vector width

/// One element of a variable and its state.
struct Element {
  double w, m = 0, v = 0, highest = 0;
};

/// Compares ten steps of `optimizer` on a matrix and a vector with ten steps of `rule(element, gradient, step)` on each
/// element.
template <class S, class Rule>
void check(Optimizer<S>& optimizer, const Rule& rule, expect::Within within) {
  const std::vector<Variable<S>> variables{Variable<S>(expect::scattered<S>({size, 3}, 1), "kernel"),
                                           Variable<S>(expect::scattered<S>({3}, 2), "bias")};
  std::vector<std::vector<Element>> elements(2);
  for (std::size_t v = 0; v < 2; ++v)
    for (Index i = 0; i < variables[v].size(); ++i)
      elements[v].push_back({static_cast<double>(variables[v].value()[i])});
  for (int step = 0; step < steps; ++step) {
    std::vector<Tensor<S>> gradients;
    for (std::size_t v = 0; v < 2; ++v)
      gradients.push_back(expect::scattered<S>(variables[v].shape(), 10 + 2 * static_cast<std::uint64_t>(step) + v));
    const std::vector<Tensor<S>> as_given{gradients[0].copy(), gradients[1].copy()};
    EXPECT_EQ(optimizer.iterations(), step);
    optimizer.apply_gradients(gradients, variables);
    EXPECT_TRUE(expect::same(gradients, as_given)) << "gradients are only read";
    for (std::size_t v = 0; v < 2; ++v) {
      Tensor<double> expected = Tensor<double>::zeros(variables[v].shape());
      for (std::size_t i = 0; i < elements[v].size(); ++i) {
        rule(elements[v][i], static_cast<double>(gradients[v][static_cast<Index>(i)]), step);
        expected.mutable_data()[i] = elements[v][i].w;
      }
      ASSERT_TRUE(expect::near(variables[v].value(), expected, within)) << "step " << step << ", variable " << v;
    }
  }
}

template <template <class> class O, class Options, class Rule>
void check(const Options& options, const Rule& rule) {
  O<double> twin(options);
  check<double>(twin, rule, {1e-12, 1e-14});
  O<float> single(options);
  check<float>(single, rule, {3e-5, 1e-5});  // bias corrections are rounded to float, as in Keras
}

}  // namespace lamina::follows
