#pragma once
#include <optional>
#include <vector>

#include "lamina/autodiff/variable.hpp"

namespace lamina {

/// Base class that makes layers non-copyable, because a copy would silently share or lose weights. The compiler's error
/// message shows the name of this type.
struct A_layer_is_not_copied_move_it_with_std_move_or_share_it_with_std_make_shared {
  using Self = A_layer_is_not_copied_move_it_with_std_move_or_share_it_with_std_make_shared;  ///< This type.
  A_layer_is_not_copied_move_it_with_std_move_or_share_it_with_std_make_shared() = default;
  A_layer_is_not_copied_move_it_with_std_move_or_share_it_with_std_make_shared(const Self&) = delete;
  A_layer_is_not_copied_move_it_with_std_move_or_share_it_with_std_make_shared(Self&&) = default;
  Self& operator=(const Self&) = delete;
  Self& operator=(Self&&) = default;  ///< Moves the layer.
};

/// The masks of a call: one mask for the first input, `{.mask = m}`, or one for each input, `{.mask = {m, {}}}`, where
/// an undefined tensor means no mask.
struct CallMasks : std::vector<Tensor<float>> {
  CallMasks() = default;  ///< Constructs no masks: those that the inputs carry are used.
  /// Constructs the mask of the first input.
  CallMasks(Tensor<float> mask) { push_back(std::move(mask)); }  // NOLINT
  /// Constructs one mask for each input.
  CallMasks(std::initializer_list<Tensor<float>> masks) : std::vector<Tensor<float>>(masks) {}  // NOLINT
  /// Constructs one mask for each input.
  CallMasks(std::vector<Tensor<float>> masks) : std::vector<Tensor<float>>(std::move(masks)) {}  // NOLINT
};

/// The options of a call of a layer. A layer ignores those that it does not use.
struct CallOptions {
  /// If true, the layer runs in training mode: dropout drops elements, batch normalization uses the batch statistics.
  /// Default: the mode of the enclosing call, false at the top level.
  std::optional<bool> training = std::nullopt;
  /// Masks of the inputs, 1 for samples and steps that count, 0 for padding. Default: the masks that the inputs carry.
  CallMasks mask = {};
  /// Attention: 1 if a query may attend to a key, otherwise 0; (batch, queries, keys). Default: no mask.
  Tensor<float> attention_mask = {};
  bool use_causal_mask = false;          ///< Attention: if true, no query attends to later keys. Default: false.
  bool return_attention_scores = false;  ///< Attention: if true, the scores are a second output. Default: false.

  /// True if no option but `training` is set.
  bool plain() const noexcept {
    return mask.empty() && !attention_mask.defined() && !use_causal_mask && !return_attention_scores;
  }
};

/// The options of a layer's `add_weight`.
template <class Scalar>
struct WeightOptions {
  bool trainable = true;                                      ///< If true, training changes the weight. Default: true.
  typename Variable<Scalar>::Function regularizer = nullptr;  ///< Penalty on the weight. Default: none.
  /// Constraint on the weight after each update. Default: none.
  typename Variable<Scalar>::Function constraint = nullptr;
};

/// The shapes of inputs that a layer accepts. Keras's InputSpec.
struct InputSpec {
  Index rank = -1;            ///< Number of axes; -1 for any. Default: -1.
  Index min_rank = -1;        ///< Smallest number of axes; -1 for any. Default: -1.
  Index last = unknown_size;  ///< Size of the last axis; None for any. Default: None.
};

}  // namespace lamina
