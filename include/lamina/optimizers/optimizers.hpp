#pragma once
// Includes every optimizer and learning rate schedule, and defines the table of optimizer names.
#include "lamina/core/strategy.hpp"
#include "lamina/optimizers/adadelta.hpp"
#include "lamina/optimizers/adafactor.hpp"
#include "lamina/optimizers/adagrad.hpp"
#include "lamina/optimizers/adam.hpp"
#include "lamina/optimizers/adamax.hpp"
#include "lamina/optimizers/adamw.hpp"
#include "lamina/optimizers/ftrl.hpp"
#include "lamina/optimizers/lamb.hpp"
#include "lamina/optimizers/lion.hpp"
#include "lamina/optimizers/loss_scale_optimizer.hpp"
#include "lamina/optimizers/muon.hpp"
#include "lamina/optimizers/nadam.hpp"
#include "lamina/optimizers/optimizer.hpp"
#include "lamina/optimizers/rmsprop.hpp"
#include "lamina/optimizers/schedules.hpp"
#include "lamina/optimizers/sgd.hpp"

namespace lamina {

/// The table of optimizer names.
template <class S>
struct OptimizerFamily {
  /// The kind of object, for error texts.
  static constexpr const char* kind = "optimizer";
  /// The classes by Keras's names.
  using Table = StrategyTable<Optimizer<S>, Named<"sgd", SGD<S>>, Named<"rmsprop", RMSprop<S>>, Named<"adam", Adam<S>>,
                              Named<"adamw", AdamW<S>>, Named<"adadelta", Adadelta<S>>, Named<"adagrad", Adagrad<S>>,
                              Named<"adamax", Adamax<S>>, Named<"nadam", Nadam<S>>, Named<"ftrl", Ftrl<S>>,
                              Named<"lion", Lion<S>>, Named<"lamb", Lamb<S>>, Named<"adafactor", Adafactor<S>>,
                              Named<"muon", Muon<S>>, Named<"loss_scale_optimizer", LossScaleOptimizer<S>>>;
};

/// The optimizer argument of `compile`: a Keras name, an object, or a shared pointer to one.
template <class S>
using OptimizerArgument = StrategyArgument<Optimizer<S>, OptimizerFamily<S>>;

}  // namespace lamina
