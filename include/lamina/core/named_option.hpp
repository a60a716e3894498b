#pragma once
#include <cstddef>
#include <string>
#include <string_view>

#include "lamina/core/config.hpp"
#include "lamina/core/names.hpp"

namespace lamina {

/// An option with a fixed set of values, given as a value or by its name: `Padding::same` or `"same"`. A name that does
/// not exist is a ValueError. `Values` has the enumeration `Kind`, counted from 0, the names in its order, `names`, and
/// `option`, the option's own name, for errors.
template <class Values>
class NamedOption : public Values {
 public:
  using Kind = typename Values::Kind;
  constexpr NamedOption() noexcept = default;
  constexpr NamedOption(Kind kind) noexcept : kind_(kind) {}                     // NOLINT: a value stands for itself
  NamedOption(std::string_view name) : kind_(named(name)) {}                     // NOLINT: a name stands for its value
  NamedOption(const char* name) : NamedOption(std::string_view(name)) {}         // NOLINT
  NamedOption(const std::string& name) : NamedOption(std::string_view(name)) {}  // NOLINT

  constexpr operator Kind() const noexcept { return kind_; }  // NOLINT
  std::string_view name() const noexcept { return Values::names[kind_]; }
  Config to_config() const { return name(); }
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
