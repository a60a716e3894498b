#pragma once
#include <string_view>

#include "lamina/core/named_option.hpp"

namespace lamina {

/// The values of MergeMode.
struct MergeModeValues {
  enum Kind { concat, sum, mul, ave, none };
  static constexpr std::string_view names[] = {"concat", "sum", "mul", "ave", "none"};
  static constexpr const char* option = "merge_mode";
};

/// How Bidirectional merges the outputs of both directions: concatenated along the last axis, "concat", their "sum",
/// product ("mul") or mean ("ave"), or "none", Keras's None: not merged, so that there are two outputs.
class MergeMode : public NamedOption<MergeModeValues> {
 public:
  using NamedOption::NamedOption;
  LAMINA_COLD Config to_config() const { return *this == none ? Config() : NamedOption::to_config(); }
  LAMINA_COLD void from_config(const Config& config) {
    if (config.is_null())
      *this = none;
    else
      NamedOption::from_config(config);
  }
};

}  // namespace lamina
