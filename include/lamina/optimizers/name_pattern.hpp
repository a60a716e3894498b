#pragma once
#include <string>
#include <string_view>

#include "lamina/core/error.hpp"

namespace lamina {

/// A pattern of variable names: a substring such as "bias", or a regular expression with only these special characters:
/// ^ (start), $ (end), . (any character), * (any number of the character before) and | (alternatives). Keras's patterns
/// may use all of Python's syntax.
class NamePattern {
 public:
  /// A pattern from its text. Throws ValueError for another special character of regular expressions.
  explicit NamePattern(std::string text) : text_(std::move(text)) {
    for (const char c : text_)
      if (std::string_view("+?()[]{}\\").find(c) != std::string_view::npos)
        raise<ValueError>("name pattern \"", text_, "\": expected ordinary characters and ^ $ . * |, got '",
                          std::string(1, c), "'. Pass several simpler patterns instead.");
  }
  /// Returns the text of the pattern.
  const std::string& text() const noexcept { return text_; }

  /// Returns whether the pattern matches any part of a name.
  LAMINA_COLD bool matches(std::string_view name) const {
    std::string_view rest = text_;
    for (;;) {
      const std::size_t bar = rest.find('|');
      if (found(rest.substr(0, bar), name)) return true;
      if (bar == std::string_view::npos) return false;
      rest.remove_prefix(bar + 1);
    }
  }

 private:
  LAMINA_COLD static bool found(std::string_view pattern, std::string_view name) {
    if (!pattern.empty() && pattern[0] == '^') return begins(pattern.substr(1), name);
    for (;; name.remove_prefix(1)) {
      if (begins(pattern, name)) return true;
      if (name.empty()) return false;
    }
  }
  LAMINA_COLD static bool begins(std::string_view pattern, std::string_view name) {
    for (;;) {
      if (pattern.empty()) return true;
      if (pattern == "$") return name.empty();
      const auto fits = [&] { return !name.empty() && (pattern[0] == '.' || pattern[0] == name[0]); };
      if (pattern.size() > 1 && pattern[1] == '*') {
        for (;; name.remove_prefix(1)) {
          if (begins(pattern.substr(2), name)) return true;
          if (!fits()) return false;
        }
      }
      if (!fits()) return false;
      pattern.remove_prefix(1);
      name.remove_prefix(1);
    }
  }
  std::string text_;
};

}  // namespace lamina
