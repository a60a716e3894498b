#pragma once
#include <array>
#include <cstddef>
#include <string_view>

#include "lamina/core/names.hpp"

namespace lamina {

/// A string literal as a template argument.
template <std::size_t N>
struct Name {
  char letters[N] = {};  ///< The characters, with the terminating zero.
  /// Copies the literal.
  consteval Name(const char (&text)[N]) {  // NOLINT: implicit
    for (std::size_t i = 0; i < N; ++i) letters[i] = text[i];
  }
  /// The characters, without the terminating zero.
  constexpr std::string_view view() const noexcept { return {letters, N - 1}; }
};

/// An entry of a NameTable: type T under a Keras name in snake case.
template <Name name, class T>
struct Named {
  using type = T;                                        ///< The type of the entry.
  static constexpr std::string_view text = name.view();  ///< The name.
  static constexpr std::size_t length = text.size();     ///< The length of the name.
  /// The length of the name without underscores, which is that of the class name.
  static constexpr std::size_t letters = [] {
    std::size_t count = 0;
    for (char c : text) count += c == '_' ? 0 : 1;
    return count;
  }();
};

/// A table of types by name. `same(entry_name, name)` compares names. There are two ways to look up a name. For a
/// string literal, the length is known at compile time: entries of another length are skipped, and their types are not
/// instantiated. For a name known only at run time, all entries are searched, and all types are instantiated.
template <auto same, class... Entries>
struct NameTable {
  /// The names of all entries.
  static constexpr std::array<std::string_view, sizeof...(Entries)> names{Entries::text...};

  /// Calls `use` with a null pointer to the type of the first entry of this name; returns false if there is none.
  /// `length`: the length of a literal, or 0 for a name known only at run time.
  template <std::size_t length = 0, class Use>
  static constexpr bool find(std::string_view name, const Use& use) {
    return (find_one<length, Entries>(name, use) || ...);
  }
  /// Throws the ValueError for an unknown name; it suggests the nearest known name. `kind`: what the name denotes.
  [[noreturn]] static void raise_unknown(std::string_view kind, std::string_view name) {
    raise_unknown_name(kind, name, names);
  }

 private:
  template <std::size_t length, class Entry>
  static constexpr bool may_be() {
    if constexpr (length == 0)
      return true;
    else
      return length == Entry::length || length == Entry::letters;
  }
  template <std::size_t length, class Entry, class Use>
  static constexpr bool find_one(std::string_view name, const Use& use) {
    if constexpr (may_be<length, Entry>())
      if (same(Entry::text, name)) {
        use(static_cast<Entry*>(nullptr));
        return true;
      }
    return false;
  }
};

}  // namespace lamina
