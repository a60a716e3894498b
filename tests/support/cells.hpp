#pragma once
#include "support/check_layer.hpp"

namespace lamina::testing::cells {

inline const Tensor<double> sequence = expect::scattered({3, 4, 2});

inline const Tensor<float> step_mask{{1, 1, 1, 1}, {1, 1, 0, 0}, {0, 1, 0, 1}};

inline Tensor<double> at_step(const Tensor<double>& y, Index t) {
  return reshape(slice(y, {0, t, 0}, {y.shape()[0], 1, y.shape()[2]}), {y.shape()[0], y.shape()[2]});
}

}  // namespace lamina::testing::cells
