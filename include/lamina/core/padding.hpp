#pragma once
#include <string_view>

#include "lamina/core/named_option.hpp"

namespace lamina {

/// The values of Padding.
struct PaddingValues {
  /// See Padding.
  enum Kind { valid, same, causal };
  static constexpr std::string_view names[] = {"valid", "same", "causal"};  ///< The names, in Keras.
  static constexpr const char* option = "padding";                          ///< The name of the option.
};

/// Where the input of a convolution or pooling is padded; Keras's `padding`. "valid": no padding. "same": on both
/// sides, so that the output has ceil(input / stride) positions. "causal": at the start only, so that no output depends
/// on later inputs.
using Padding = NamedOption<PaddingValues>;

}  // namespace lamina
