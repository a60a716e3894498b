#pragma once
#include <nlohmann/json.hpp>

#include "lamina/core/config.hpp"

namespace lamina::conformance {

/// Converts JSON to a configuration; objects keep their order.
inline Config config_from_json(const nlohmann::ordered_json& json) {
  switch (json.type()) {
    case nlohmann::json::value_t::boolean:
      return json.get<bool>();
    case nlohmann::json::value_t::number_integer:
    case nlohmann::json::value_t::number_unsigned:
      return json.get<std::int64_t>();
    case nlohmann::json::value_t::number_float:
      return json.get<double>();
    case nlohmann::json::value_t::string:
      return json.get<std::string>();
    case nlohmann::json::value_t::array: {
      Config list = Config::list();
      for (const auto& element : json) list.push_back(config_from_json(element));
      return list;
    }
    case nlohmann::json::value_t::object: {
      Config map = Config::map();
      for (const auto& [name, value] : json.items()) map[name] = config_from_json(value);
      return map;
    }
    default:
      return nullptr;
  }
}

/// Reads a JSON file. Python's NaN and Infinity are errors, as JSON does not have them.
Config read_json(const std::string& path);

}  // namespace lamina::conformance
