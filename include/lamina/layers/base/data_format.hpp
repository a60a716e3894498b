#pragma once
#include "lamina/core/arguments.hpp"

namespace lamina::detail {

/// Keras's argument "data_format", "channels_last" (also null) or "channels_first", as a boolean.
struct ChannelsFirst {
  bool value = false;
  LAMINA_COLD Config to_config() const { return value ? "channels_first" : "channels_last"; }
  LAMINA_COLD void from_config(const Config& config) {
    if (config.is_null()) {
      value = false;
      return;
    }
    const std::string& name = config.as_string();
    if (name != "channels_first" && name != "channels_last")
      raise<ValueError>("expected \"channels_last\" or \"channels_first\", got \"", name, "\"");
    value = name == "channels_first";
  }
};

}  // namespace lamina::detail
