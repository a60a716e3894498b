#pragma once
#include "support/check_layer.hpp"
#include "support/with_threads.hpp"

namespace lamina::testing::recurrent_layers {

inline std::vector<ExpectedWeight> weights_of(const std::string& cell, Index features, Index units, Index gates,
                                              const Shape& bias) {
  return {{"kernel", {features, gates * units}, true, cell + "/kernel"},
          {"recurrent_kernel", {units, gates * units}, true, cell + "/recurrent_kernel"},
          {"bias", bias, true, cell + "/bias"}};
}

inline const Tensor<double> x = expect::scattered({3, 5, 2});

inline const Tensor<float> mask{{1, 1, 1, 1, 1}, {1, 1, 1, 0, 0}, {0, 1, 0, 1, 1}};

template <class L>
void scatter(L& layer) {
  detail::LayerChecker<double>::scatter_weights(layer);
}

// A user-defined function is not recognized as tanh, so the layer computes step by step.
inline const auto same_as_tanh = [](const auto& v) { return tanh(v); };

/// Checks that the fused kernels and the general step-by-step computation give the same.
template <class Fast, class General>
void compare_with_general(Fast fast, General general) {
  const auto a = fast.apply({x}, {.mask = mask});
  scatter(fast);
  general.apply({x});
  general.set_weights(fast.get_weights());
  const auto expected = general.apply({x}, {.mask = mask}), got = fast.apply({x}, {.mask = mask});
  ASSERT_EQ(got.size(), expected.size());
  for (std::size_t i = 0; i < got.size(); ++i) EXPECT_TRUE(expect::near(got[i], expected[i])) << i;
}

}  // namespace lamina::testing::recurrent_layers
