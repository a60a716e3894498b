#pragma once
// Every loss, and the names that find them.
#include "lamina/core/strategy.hpp"
#include "lamina/losses/crossentropy.hpp"
#include "lamina/losses/loss.hpp"
#include "lamina/losses/mean_squared_error.hpp"

namespace lamina {

template <class S>
struct LossFamily {
  static constexpr const char* kind = "loss";
  using Table =
      StrategyTable<const Loss<S>, Named<"mean_squared_error", MeanSquaredError<S>>, Named<"mse", MeanSquaredError<S>>,
                    Named<"sparse_categorical_crossentropy", SparseCategoricalCrossentropy<S>>,
                    Named<"categorical_crossentropy", CategoricalCrossentropy<S>>,
                    Named<"binary_crossentropy", BinaryCrossentropy<S>>>;
  template <class F>
  requires(std::is_invocable_v<const F&, const Tensor<S>&, const Tensor<S>&> &&
           !std::is_base_of_v<Loss<S>, F>) static std::shared_ptr<const Loss<S>> adapt(F function) {
    return std::make_shared<const LossFunction<S>>(std::move(function));
  }
};

/// A loss given to `compile`: a Keras name, a loss object, or a function of targets and predictions.
template <class S>
using LossArgument = StrategyArgument<const Loss<S>, LossFamily<S>>;

}  // namespace lamina
