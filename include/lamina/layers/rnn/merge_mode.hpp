#pragma once
#include <string_view>

#include "lamina/core/named_option.hpp"

namespace lamina {

/// The values of MergeMode, and Keras's names for them.
struct MergeModeValues {
  /// The modes; see MergeMode.
  enum Kind { concat, sum, mul, ave, none };
  /// Keras's names, in the order of Kind.
  static constexpr std::string_view names[] = {"concat", "sum", "mul", "ave", "none"};
  static constexpr const char* option = "merge_mode";  ///< Keras's name of the option.
};

/// Merge of the outputs of both directions of Bidirectional. "concat": concatenation along the last axis; "sum": sum;
/// "mul": product; "ave": mean; "none" (Keras's None): two outputs. Throws a ValueError for another name.
class MergeMode : public NamedOption<MergeModeValues> {
 public:
  using NamedOption::NamedOption;
  /// Returns the name, or null for "none".
  LAMINA_COLD Config to_config() const { return *this == none ? Config() : NamedOption::to_config(); }
  /// Reads a name, or null for "none".
  LAMINA_COLD void from_config(const Config& config) {
    if (config.is_null())
      *this = none;
    else
      NamedOption::from_config(config);
  }
};

}  // namespace lamina
