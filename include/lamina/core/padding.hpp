#pragma once
#include <string_view>

#include "lamina/core/named_option.hpp"

namespace lamina {

/// The values of Padding.
struct PaddingValues {
  enum Kind { valid, same, causal };
  static constexpr std::string_view names[] = {"valid", "same", "causal"};
  static constexpr const char* option = "padding";
};

/// Where windows may reach beyond the input, by Keras's names. "valid": nowhere, every window lies inside the input.
/// "same": at both borders, so that the output has ceil(input / stride) positions. "causal": at the beginning alone, so
/// that an output depends on no later input.
using Padding = NamedOption<PaddingValues>;

}  // namespace lamina
