#pragma once
#include "support/expect.hpp"

namespace lamina::testing::checkpoints {

inline const Tensor<float> features = expect::scattered<float>({40, 3}, 1),
                           targets = expect::scattered<float>({40, 1}, 2);

/// A model with all kinds of state: dropout, shuffling, an optimizer with slots.
inline Sequential<float> compiled_with_state() {
  clear_session();
  set_random_seed(3);
  Sequential model{Dense(8, "tanh"), Dropout(0.3), Dense(1)};
  model.build({None, 3});
  model.compile({.optimizer = Adam(0.01), .loss = "mse"});
  return model;
}

}  // namespace lamina::testing::checkpoints
