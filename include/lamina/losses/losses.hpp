#pragma once
// Includes all of losses/: every loss, and the table of their Keras names.
#include "lamina/core/strategy.hpp"
#include "lamina/losses/circle.hpp"
#include "lamina/losses/crossentropy.hpp"
#include "lamina/losses/ctc.hpp"
#include "lamina/losses/focal.hpp"
#include "lamina/losses/hinge.hpp"
#include "lamina/losses/loss.hpp"
#include "lamina/losses/mean_squared_error.hpp"
#include "lamina/losses/probabilistic.hpp"
#include "lamina/losses/regression.hpp"
#include "lamina/losses/segmentation.hpp"

namespace lamina {

/// The Keras names of losses, and what else `compile` accepts as a loss.
template <class S>
struct LossFamily {
  static constexpr const char* kind = "loss";  ///< Used in error texts.
  /// Loss classes by Keras name.
  using Table = StrategyTable<
      const Loss<S>,  //
      Named<"mean_squared_error", MeanSquaredError<S>>, Named<"mse", MeanSquaredError<S>>,
      Named<"mean_absolute_error", MeanAbsoluteError<S>>, Named<"mae", MeanAbsoluteError<S>>,
      Named<"mean_absolute_percentage_error", MeanAbsolutePercentageError<S>>,
      Named<"mape", MeanAbsolutePercentageError<S>>,
      Named<"mean_squared_logarithmic_error", MeanSquaredLogarithmicError<S>>,
      Named<"msle", MeanSquaredLogarithmicError<S>>, Named<"huber", Huber<S>>, Named<"huber_loss", Huber<S>>,
      Named<"log_cosh", LogCosh<S>>, Named<"logcosh", LogCosh<S>>, Named<"cosine_similarity", CosineSimilarity<S>>,
      Named<"hinge", Hinge<S>>, Named<"squared_hinge", SquaredHinge<S>>,
      Named<"categorical_hinge", CategoricalHinge<S>>, Named<"kl_divergence", KLDivergence<S>>,
      Named<"kullback_leibler_divergence", KLDivergence<S>>, Named<"kld", KLDivergence<S>>,
      Named<"poisson", Poisson<S>>, Named<"binary_crossentropy", BinaryCrossentropy<S>>,
      Named<"bce", BinaryCrossentropy<S>>, Named<"binary_focal_crossentropy", BinaryFocalCrossentropy<S>>,
      Named<"categorical_crossentropy", CategoricalCrossentropy<S>>,
      Named<"categorical_focal_crossentropy", CategoricalFocalCrossentropy<S>>,
      Named<"sparse_categorical_crossentropy", SparseCategoricalCrossentropy<S>>,
      Named<"categorical_generalized_cross_entropy", CategoricalGeneralizedCrossEntropy<S>>, Named<"dice", Dice<S>>,
      Named<"tversky", Tversky<S>>, Named<"circle", Circle<S>>, Named<"ctc", CTC<S>>>;
  /// Wraps a function of targets and predictions in a LossFunction.
  template <class F>
    requires(std::is_invocable_v<const F&, const Tensor<S>&, const Tensor<S>&> && !std::is_base_of_v<Loss<S>, F>)
  static std::shared_ptr<const Loss<S>> adapt(F function) {
    return std::make_shared<const LossFunction<S>>(std::move(function));
  }
};

/// A loss argument of `compile`: a Keras name, a loss object, or a function of targets and predictions that returns one
/// value per sample.
template <class S>
using LossArgument = StrategyArgument<const Loss<S>, LossFamily<S>>;

}  // namespace lamina
