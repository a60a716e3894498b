#pragma once
#include <cstddef>
#include <string>
#include <string_view>

#include "lamina/core/config.hpp"
#include "lamina/core/names.hpp"

namespace lamina {

/// An option with a fixed set of values, given as a value or by name: `Padding::same` or `"same"`. An unknown name
/// throws ValueError. `Values` defines the enumeration `Kind`, whose values start at 0; `names`, the names of the
/// values in the same order; and `option`, the name of the option for errors.
template <class Values>
class NamedOption : public Values {
 public:
  using Kind = typename Values::Kind;  ///< The enumeration of the values.
  constexpr NamedOption() noexcept = default;
  /// An option with this value.
  constexpr NamedOption(Kind kind) noexcept : kind_(kind) {}  // NOLINT: implicit, as all below
  /// The value of this name. Throws ValueError for an unknown name.
  NamedOption(std::string_view name) : kind_(named(name)) {}  // NOLINT
  /// The value of this name. Throws ValueError for an unknown name.
  NamedOption(const char* name) : NamedOption(std::string_view(name)) {}  // NOLINT
  /// The value of this name. Throws ValueError for an unknown name.
  NamedOption(const std::string& name) : NamedOption(std::string_view(name)) {}  // NOLINT

  /// The value.
  constexpr operator Kind() const noexcept { return kind_; }               // NOLINT
  std::string_view name() const noexcept { return Values::names[kind_]; }  ///< The name of the value.
  Config to_config() const { return name(); }                              ///< The name, as a configuration.
  /// Sets the value from its name. Throws ValueError for an unknown name.
  void from_config(const Config& config) { kind_ = named(config.as_string()); }

 private:
  static Kind named(std::string_view name) {
    constexpr std::size_t count = sizeof(Values::names) / sizeof(Values::names[0]);
    for (std::size_t i = 0; i < count; ++i)
      if (Values::names[i] == name) return static_cast<Kind>(i);
    detail::raise_unknown_of(Values::option, name, Values::names, count, {});
  }
  Kind kind_ = static_cast<Kind>(0);
};

}  // namespace lamina
