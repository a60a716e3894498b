#pragma once
#include "support/check_layer.hpp"

namespace lamina::testing::noise_layers {

inline const CallOptions training{.training = true};

inline double mean_of(const Tensor<double>& x) { return x.array().mean(); }

inline double deviation_of(const Tensor<double>& x) { return std::sqrt((x.array() - mean_of(x)).square().mean()); }

template <class L>
void expect_only_in_training(L layer) {
  const Tensor<double> x = expect::scattered({50, 40});
  EXPECT_TRUE(expect::same(layer(x), x)) << "in inference";
  EXPECT_FALSE(expect::same(layer(x, training), x)) << "in training";
  EXPECT_FALSE(expect::same(layer(x, training), layer(x, training))) << "different numbers in every call";
}

}  // namespace lamina::testing::noise_layers
