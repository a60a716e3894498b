#pragma once
#include <initializer_list>
#include <type_traits>
#include <utility>
#include <vector>

#include "lamina/core/config.hpp"

namespace lamina {

/// An optional argument of one number or several, as in Keras: `{}`, `0.5`, `{0.2, 0.8}`.
template <class T>
class OneOrMore {
 public:
  OneOrMore() noexcept {}
  /// One number.
  template <class U>
    requires(std::is_arithmetic_v<U>)
  OneOrMore(U one)  // NOLINT: implicit, as all constructors
      : values_(1, static_cast<T>(one)), single_(true) {}
  OneOrMore(std::initializer_list<T> several) : values_(several) {}  ///< A list of numbers.
  /// A list of numbers.
  OneOrMore(std::vector<T> several) : values_(std::move(several)) {}  // NOLINT

  bool given() const noexcept { return single_ || !values_.empty(); }  ///< True if there is at least one number.
  bool single() const noexcept { return single_; }                   ///< True if a single number was given, not a list.
  const std::vector<T>& values() const noexcept { return values_; }  ///< The numbers.

  /// A number, a list, or null if there is none.
  LAMINA_COLD Config to_config() const {
    if (single_) return Config(values_[0]);
    if (values_.empty()) return Config();
    Config list = Config::list();
    for (const T value : values_) list.push_back(Config(value));
    return list;
  }
  /// Reads a number, a list of numbers, or null. Throws ValueError for other types.
  void from_config(const Config& config) {
    *this = OneOrMore();
    if (config.is_null()) return;
    single_ = !config.is_list();
    if (single_) {
      values_.push_back(read(config));
    } else {
      for (const Config& element : config.elements()) values_.push_back(read(element));
    }
  }

 private:
  static T read(const Config& config) {
    if constexpr (std::is_integral_v<T>) {
      return config.as_integer<T>();
    } else {
      return static_cast<T>(config.as_real());
    }
  }
  std::vector<T> values_;
  bool single_ = false;
};

}  // namespace lamina
