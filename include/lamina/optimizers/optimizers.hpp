#pragma once
// Every optimizer, and the names that find them.
#include "lamina/core/strategy.hpp"
#include "lamina/optimizers/adam.hpp"
#include "lamina/optimizers/optimizer.hpp"
#include "lamina/optimizers/rmsprop.hpp"
#include "lamina/optimizers/sgd.hpp"

namespace lamina {

template <class S>
struct OptimizerFamily {
  static constexpr const char* kind = "optimizer";
  using Table = StrategyTable<Optimizer<S>, Named<"sgd", SGD<S>>, Named<"rmsprop", RMSprop<S>>, Named<"adam", Adam<S>>>;
};

/// An optimizer given to `compile`: a Keras name, an object, or a shared pointer to one.
template <class S>
using OptimizerArgument = StrategyArgument<Optimizer<S>, OptimizerFamily<S>>;

}  // namespace lamina
