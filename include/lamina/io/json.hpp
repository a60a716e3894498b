#pragma once
#include <algorithm>
#include <cstdint>
#include <iterator>
#include <limits>
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "lamina/core/config.hpp"
#include "lamina/core/error.hpp"

// JSON texts to configurations, by nlohmann-json. Config::to_string writes JSON.

namespace lamina::detail {

/// Builds a Config from the events of nlohmann's parser.
class ConfigBuilder {
 public:
  /// `has_special`: the text is the result of quote_special_numbers.
  explicit ConfigBuilder(std::string who, bool has_special = false) : who_(std::move(who)), has_special_(has_special) {}

  bool null() { return add(Config()); }
  bool boolean(bool value) { return add(value); }
  bool number_integer(std::int64_t value) { return add(value); }
  bool number_unsigned(std::uint64_t value) {
    if (value <= static_cast<std::uint64_t>((std::numeric_limits<std::int64_t>::max)()))
      return add(static_cast<std::int64_t>(value));
    return add(static_cast<double>(value));
  }
  bool number_float(double value, const std::string& /*digits*/) { return add(value); }
  bool string(std::string& value) {
    if (has_special_ && value.size() > 1 && value.front() == special) {
      const std::string_view name = std::string_view(value).substr(1);
      for (const SpecialNumber& number : special_numbers)
        if (name == number.name) return add(number.value);
    }
    return add(Config(std::move(value)));
  }
  bool binary(std::vector<std::uint8_t>& /*value*/) { return false; }
  bool start_object(std::size_t /*size*/) { return open(Config::map()); }
  bool start_array(std::size_t /*size*/) { return open(Config::list()); }
  bool key(std::string& name) {
    open_.back().key = std::move(name);
    return true;
  }
  bool end_object() { return close(); }
  bool end_array() { return close(); }
  template <class Exception>
  bool parse_error(std::size_t position, const std::string& /*token*/, const Exception& error) {
    std::string message = error.what();  // "[json.exception.parse_error.101] parse error at ..."
    if (const std::size_t end = message.find("] "); end != std::string::npos) message.erase(0, end + 2);
    raise<IoError>(who_, ": expected JSON, got an error at byte ", position, ": ", message);
  }
  Config take() && { return std::move(result_); }

  /// Begins the strings that stand for Python's NaN, Infinity and -Infinity, which JSON does not have.
  static constexpr char special = '\x01';
  struct SpecialNumber {
    std::string_view name;
    double value;
  };
  static constexpr SpecialNumber special_numbers[] = {{"NaN", std::numeric_limits<double>::quiet_NaN()},
                                                      {"Infinity", std::numeric_limits<double>::infinity()},
                                                      {"-Infinity", -std::numeric_limits<double>::infinity()}};

 private:
  // A configuration takes a hundred bytes for each value, and finds the members of an object one by one.
  static constexpr std::size_t most_values = 1000000, most_members = 1000;
  struct Level {
    Config value;
    std::string key;
  };
  bool add(Config value) {
    if (++values_ > most_values) raise<IoError>(who_, ": expected JSON of at most ", most_values, " values, got more");
    if (open_.empty()) {
      result_ = std::move(value);
    } else if (open_.back().value.is_list()) {
      open_.back().value.push_back(std::move(value));
    } else {
      auto& [object, name] = open_.back();
      object[name] = std::move(value);  // of a name that stands twice the last one counts
      if (object.size() > most_members)
        raise<IoError>(who_, ": expected an object of at most ", most_members, " members, got more: the next is \"",
                       name, "\"");
    }
    return true;
  }
  bool open(Config value) {
    // Configurations are read and destroyed recursively; a model nests three levels for each model inside it.
    if (open_.size() >= 200) raise<IoError>(who_, ": expected JSON of at most 200 nested levels, got more");
    open_.push_back({std::move(value), {}});
    return true;
  }
  bool close() {
    Config value = std::move(open_.back().value);
    open_.pop_back();
    return add(std::move(value));
  }
  std::string who_;
  bool has_special_;
  std::size_t values_ = 0;
  std::vector<Level> open_;
  Config result_;
};

/// Returns the text with Python's NaN, Infinity and -Infinity outside strings replaced by strings that ConfigBuilder
/// turns into numbers.
inline std::string quote_special_numbers(std::string_view json) {
  std::string quoted;
  quoted.reserve(json.size());
  bool in_string = false;
  for (std::size_t i = 0; i < json.size(); ++i) {
    const char c = json[i];
    if (in_string && c == '\\' && i + 1 < json.size()) {
      quoted += c;
      quoted += json[++i];
      continue;
    }
    if (c == '"') in_string = !in_string;
    if (!in_string && (c == 'N' || c == 'I' || c == '-')) {
      const std::string_view rest = json.substr(i);
      const auto* const number =
          std::find_if(std::begin(ConfigBuilder::special_numbers), std::end(ConfigBuilder::special_numbers),
                       [&](const auto& special) { return rest.starts_with(special.name); });
      if (number != std::end(ConfigBuilder::special_numbers)) {
        quoted += "\"\\u0001";
        quoted += number->name;
        quoted += '"';
        i += number->name.size() - 1;
        continue;
      }
    }
    quoted += c;
  }
  return quoted;
}

/// Parses JSON, with Python's NaN, Infinity and -Infinity and an optional byte order mark. Of a name that stands twice
/// in an object, the last one counts. Throws IoError, which begins with `who`, for other texts, and for more than 200
/// nested levels, 1,000,000 values, or 1,000 members of an object.
inline Config parse_json(const std::string& who, std::string_view json) {
  if (json.starts_with("\xEF\xBB\xBF")) json.remove_prefix(3);
  if (const std::size_t end = json.find('\0'); end != std::string_view::npos)  // where nlohmann's parser would stop
    raise<IoError>(who, ": expected JSON, got a NUL character at byte ", end);
  std::string quoted;
  bool has_special = false;
  if (json.find("NaN") != std::string_view::npos || json.find("Infinity") != std::string_view::npos) {
    quoted = quote_special_numbers(json);
    has_special = quoted.size() > json.size();
    json = quoted;
  }
  ConfigBuilder builder(who, has_special);
  nlohmann::json::sax_parse(json.begin(), json.end(), &builder);
  return std::move(builder).take();
}

}  // namespace lamina::detail
