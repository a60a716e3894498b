#pragma once
#include <array>
#include <cstddef>
#include <string_view>

#include "lamina/core/names.hpp"

namespace lamina {

/// A string as a template argument.
template <std::size_t N>
struct Name {
  char letters[N] = {};
  consteval Name(const char (&text)[N]) {  // NOLINT: written as a plain literal
    for (std::size_t i = 0; i < N; ++i) letters[i] = text[i];
  }
  constexpr std::string_view view() const noexcept { return {letters, N - 1}; }
};

/// An entry of a NameTable: the type T under a Keras name in snake case.
template <Name name, class T>
struct Named {
  using type = T;
  static constexpr std::string_view text = name.view();
  /// The name's length as written, and as a class without underscores.
  static constexpr std::size_t length = text.size();
  static constexpr std::size_t letters = [] {
    std::size_t count = 0;
    for (char c : text) count += c == '_' ? 0 : 1;
    return count;
  }();
};

/// A table of names, the only kind that there is: `same` compares the name of an entry with the name that is looked up.
/// There are two ways to use it. A literal is looked up while the program is compiled: its length is known, entries of
/// another length are not looked at, and what they name is not compiled. A name that is known only when the program
/// runs is looked up among all entries, which are all compiled.
template <auto same, class... Entries>
struct NameTable {
  /// The names of all entries.
  static constexpr std::array<std::string_view, sizeof...(Entries)> names{Entries::text...};

  /// Calls `use` with a null pointer to the first entry of this name; returns whether there is one. `length`: that of a
  /// literal; 0 for a name that is known only when the program runs.
  template <std::size_t length = 0, class Use>
  static constexpr bool find(std::string_view name, const Use& use) {
    return (find_one<length, Entries>(name, use) || ...);
  }
  /// Throws the ValueError for an unknown name, with the nearest one. `kind`: what the name is for.
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
