#pragma once
#include <initializer_list>
#include <string>
#include <string_view>
#include <vector>

#include "lamina/core/error.hpp"
#include "lamina/core/list.hpp"

namespace lamina {

namespace detail {
constexpr bool is_upper(char c) noexcept { return c >= 'A' && c <= 'Z'; }
constexpr char to_lower(char c) noexcept { return is_upper(c) ? static_cast<char>(c - 'A' + 'a') : c; }
constexpr bool is_lower(char c) noexcept { return c >= 'a' && c <= 'z'; }

/// True if a new word begins at position i of a class name, by Keras's rule.
constexpr bool starts_word(std::string_view name, std::size_t i) noexcept {
  if (i == 0 || !is_upper(name[i]) || name[i - 1] == '_') return false;
  return (i + 1 < name.size() && is_lower(name[i + 1])) || is_lower(name[i - 1]);
}
}  // namespace detail

/// True if `name` denotes the entry `snake` of a table. Accepts the name in snake case, as a class name, or in lower
/// case without underscores, as in Keras's `rmsprop`.
constexpr bool same_name(std::string_view snake, std::string_view name) noexcept {
  bool same = snake.size() == name.size();
  for (std::size_t i = 0; same && i < name.size(); ++i) same = detail::to_lower(name[i]) == snake[i];
  if (same) return true;
  std::size_t at = 0;
  for (std::size_t i = 0; i < name.size(); ++i) {
    if (detail::starts_word(name, i) && (at >= snake.size() || snake[at++] != '_')) return false;
    if (at >= snake.size() || snake[at++] != detail::to_lower(name[i])) return false;
  }
  return at == snake.size();
}

/// Converts a class name to snake case by Keras's rule: `SimpleDense` to `simple_dense`, `Conv2D` to `conv2d`, `LSTM`
/// to `lstm`.
LAMINA_COLD inline std::string to_snake_case(std::string_view name) {
  std::string result;
  for (std::size_t i = 0; i < name.size(); ++i) {
    if (detail::starts_word(name, i)) result += '_';
    result += detail::to_lower(name[i]);
  }
  return result;
}

namespace detail {
/// Returns the name of a class without its package: "Scale" of "my>Scale".
LAMINA_COLD inline std::string_view without_package(std::string_view class_name) {
  return class_name.substr(class_name.rfind('>') + 1);  // npos + 1 is 0
}
}  // namespace detail

/// The Levenshtein distance: the least number of characters to change, insert or delete to turn one word into the
/// other.
LAMINA_COLD inline std::size_t edit_distance(std::string_view a, std::string_view b) {
  std::vector<std::size_t> row(b.size() + 1);
  for (std::size_t j = 0; j <= b.size(); ++j) row[j] = j;
  for (std::size_t i = 0; i < a.size(); ++i) {
    std::size_t diagonal = row[0];
    row[0] = i + 1;
    for (std::size_t j = 0; j < b.size(); ++j) {
      const std::size_t change = diagonal + (a[i] == b[j] ? 0 : 1);
      diagonal = row[j + 1];
      const std::size_t step = (row[j] < row[j + 1] ? row[j] : row[j + 1]) + 1;
      row[j + 1] = change < step ? change : step;
    }
  }
  return row[b.size()];
}

namespace detail {
[[noreturn]] LAMINA_COLD inline void raise_unknown_of(std::string_view kind, std::string_view name,
                                                      const std::string_view* known, std::size_t count,
                                                      std::string_view hint) {
  const auto in_lower_case = [](std::string_view word) {
    std::string letters(word);
    for (char& c : letters) c = to_lower(c);
    return letters;
  };
  const std::size_t colon = kind.rfind(": ");
  const std::string_view where = colon == kind.npos ? std::string_view() : kind.substr(0, colon + 2);
  std::string_view nearest;
  std::string all;
  std::size_t least = ~std::size_t{0};
  for (std::size_t i = 0; i < count; ++i) {
    const bool begins = name.size() >= 3 && known[i].starts_with(name);
    const std::size_t distance = begins ? 0 : edit_distance(in_lower_case(name), in_lower_case(known[i]));
    if (distance < least) {
      least = distance;
      nearest = known[i];
    }
    if (i > 0) all.append(", ");
    all.append(known[i]);
  }
  const bool close = least <= 1 + name.size() / 3;
  raise<ValueError>(where, "unknown ", kind.substr(where.size()), " \"", name, "\".", close ? " Did you mean \"" : "",
                    close ? nearest : "", close ? "\"?" : "", count == 0 ? " There are none." : " Known: ", all,
                    count == 0 ? "" : ".", hint.empty() ? "" : " ", hint);
}
}  // namespace detail

/// Throws the ValueError for an unknown name. The text has the name, the nearest known name if there is a close one,
/// all known names, and `hint`. `kind`: what the name denotes, optionally after "where: ".
template <class Names>
[[noreturn]] LAMINA_COLD void raise_unknown_name(std::string_view kind, std::string_view name, const Names& known,
                                                 std::string_view hint = {}) {
  if constexpr (requires { static_cast<const std::string_view*>(known.data()); }) {
    detail::raise_unknown_of(kind, name, known.data(), known.size(), hint);
  } else {
    const List<std::string_view> names(known);
    detail::raise_unknown_of(kind, name, names.data(), names.size(), hint);
  }
}

}  // namespace lamina
