#pragma once
#include <string>
#include <string_view>
#include <utility>

#include "lamina/core/config.hpp"
#include "lamina/core/error.hpp"

// Edits of configurations, for the upgrade of those of earlier versions of Keras.

namespace lamina::detail {

struct ConfigEdit {
  /// Returns the member "class_name"; an empty string if there is none.
  static const std::string& class_of(const Config& object) {
    static const std::string none;
    const Config* name = object.find("class_name");
    return name != nullptr && name->is_string() ? name->as_string() : none;
  }
  /// Returns whether a value is {"class_name": ..., ...}.
  static bool is_object(const Config* value) {
    return value != nullptr && value->is_map() && !class_of(*value).empty();
  }
  /// Returns {"class_name": name, "config": config}.
  static Config object(std::string_view name, Config config) {
    Config made = Config::map();
    made["class_name"] = name;
    made["config"] = std::move(config);
    return made;
  }
  /// Removes a member.
  static void drop(Config& map, std::string_view name) {
    if (map.find(name) == nullptr) return;
    Config kept = Config::map();
    for (const Config::Member& m : map.members())
      if (m.first != name) kept[m.first] = m.second;
    map = std::move(kept);
  }
  /// Removes a member and returns its value; null if there is none.
  static Config take(Config& map, std::string_view name) {
    const Config* found = map.find(name);
    if (found == nullptr) return {};
    Config value = *found;
    drop(map, name);
    return value;
  }
  /// Renames a member. If there is one of the new name already, that one is kept.
  static void rename(Config& map, std::string_view from, std::string_view to) {
    if (map.find(from) == nullptr) return;
    Config moved = take(map, from);
    if (map.find(to) == nullptr) map[to] = std::move(moved);
  }
  /// Removes an argument that has no counterpart. Throws ValueError unless it is null or has the value that computes the
  /// same as its absence.
  static void drop_default(Config& config, const std::string& class_name, std::string_view name, const Config& value) {
    const Config* found = config.find(name);
    if (found == nullptr) return;
    if (!found->is_null() && !(*found == value))
      raise<ValueError>(class_name, ": ", name, " = ", *found, " is not supported: expected ", value);
    drop(config, name);
  }
};

}  // namespace lamina::detail
