#pragma once
#include <optional>
#include <vector>

#include "lamina/autodiff/variable.hpp"

namespace lamina {

/// A layer is not copied, as copies would share or lose weights without a word: the name of this type is the error
/// message.
struct A_layer_is_not_copied__move_it_with_std_move__or_share_it_with_std_make_shared {
  using Self = A_layer_is_not_copied__move_it_with_std_move__or_share_it_with_std_make_shared;
  A_layer_is_not_copied__move_it_with_std_move__or_share_it_with_std_make_shared() = default;
  A_layer_is_not_copied__move_it_with_std_move__or_share_it_with_std_make_shared(const Self&) = delete;
  A_layer_is_not_copied__move_it_with_std_move__or_share_it_with_std_make_shared(Self&&) = default;
  Self& operator=(const Self&) = delete;
  Self& operator=(Self&&) = default;
};

/// The masks given with a call: one for the first input, `{.mask = m}`, or one for each, `{.mask = {m, {}}}`, where an
/// undefined tensor means none.
struct GivenMasks : std::vector<Tensor<float>> {
  GivenMasks() = default;
  GivenMasks(Tensor<float> mask) { push_back(std::move(mask)); }                                  // NOLINT
  GivenMasks(std::initializer_list<Tensor<float>> masks) : std::vector<Tensor<float>>(masks) {}   // NOLINT
  GivenMasks(std::vector<Tensor<float>> masks) : std::vector<Tensor<float>>(std::move(masks)) {}  // NOLINT
};

/// What may be said with a call of a layer. What a layer does not know of it leaves alone.
struct CallOptions {
  std::optional<bool> training = std::nullopt;  ///< dropout drops, batch normalization uses the batch: as in `fit`;
                                                ///< not given: as in the call around this one
  GivenMasks mask = {};                         ///< which samples and steps count, instead of what the inputs carry
  Tensor<float> attention_mask = {};            ///< attention: 1 where a query may look at a key
  bool use_causal_mask = false;                 ///< attention: no query looks at what comes after it
  bool return_attention_scores = false;         ///< attention: the scores are a second output

  /// Whether nothing but `training` is given.
  bool plain() const noexcept {
    return mask.empty() && !attention_mask.defined() && !use_causal_mask && !return_attention_scores;
  }
};

/// How a layer's `add_weight` makes a weight.
template <class Scalar>
struct WeightOptions {
  bool trainable = true;                                      ///< If true, training changes the weight. Default: true.
  typename Variable<Scalar>::Function regularizer = nullptr;  ///< Penalty on the weight. Default: none.
  typename Variable<Scalar>::Function constraint = nullptr;   ///< Applied after each update. Default: none.
};

/// What shapes a layer accepts once it is built.
struct InputSpec {
  Index rank = -1;            ///< exactly so many axes; -1: any
  Index min_rank = -1;        ///< at least so many axes
  Index last = unknown_size;  ///< the size of the last axis; None: any
};

}  // namespace lamina
