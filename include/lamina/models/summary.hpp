#pragma once
#include <algorithm>
#include <string>
#include <vector>

#include "lamina/core/shape.hpp"

namespace lamina::detail {

/// Formats an integer with thousands separators: 1,234,567.
LAMINA_COLD inline std::string grouped(Index number) {
  const std::string digits = std::to_string(number);
  std::string result;
  for (std::size_t i = 0; i < digits.size(); ++i) {
    if (i > 0 && (digits.size() - i) % 3 == 0) result += ',';
    result += digits[i];
  }
  return result;
}

/// Formats a number of bytes with a unit: 4.00 KB.
inline std::string bytes_text(Index bytes) {
  const char* unit = "B";
  double amount = static_cast<double>(bytes);
  for (const char* next : {"KB", "MB", "GB"}) {
    if (amount < 1024) break;
    amount /= 1024;
    unit = next;
  }
  return text(print_number(amount, 2, NumberStyle::fixed), " ", unit);
}

/// Returns the number of characters of a UTF-8 string.
inline std::size_t display_width(const std::string& s) {
  return static_cast<std::size_t>(
      std::count_if(s.begin(), s.end(), [](char c) { return (static_cast<unsigned char>(c) & 0xC0U) != 0x80U; }));
}

/// Formats a table like Keras's model summary: with box-drawing characters, heavy for the header, and the third column
/// right-aligned.
inline std::string draw_table(const std::vector<std::vector<std::string>>& rows) {
  std::vector<std::size_t> width;
  for (const auto& row : rows)
    for (std::size_t c = 0; c < row.size(); ++c) {
      if (c == width.size()) width.push_back(0);
      width[c] = (std::max)(width[c], display_width(row[c]));
    }
  const auto line = [&](const char* left, const char* middle, const char* right, const char* dash) {
    std::string text = left;
    for (std::size_t c = 0; c < width.size(); ++c) {
      for (std::size_t i = 0; i < width[c] + 2; ++i) text += dash;
      text += c + 1 < width.size() ? middle : right;
    }
    return text + "\n";
  };
  std::string text = line("\xe2\x94\x8f", "\xe2\x94\xb3", "\xe2\x94\x93", "\xe2\x94\x81");
  for (std::size_t r = 0; r < rows.size(); ++r) {
    const char* bar = r == 0 ? "\xe2\x94\x83" : "\xe2\x94\x82";
    text += bar;
    for (std::size_t c = 0; c < width.size(); ++c) {
      const std::string& cell = rows[r][c];
      const std::string space(width[c] - display_width(cell), ' ');
      const bool right = c == 2;
      text += ' ';
      text += right ? space : cell;
      text += right ? cell : space;
      text += ' ';
      text += bar;
    }
    text += "\n";
    if (r == 0)
      text += line("\xe2\x94\xa1", "\xe2\x95\x87", "\xe2\x94\xa9", "\xe2\x94\x81");
    else if (r + 1 < rows.size())
      text += line("\xe2\x94\x9c", "\xe2\x94\xbc", "\xe2\x94\xa4", "\xe2\x94\x80");
  }
  return text + line("\xe2\x94\x94", "\xe2\x94\xb4", "\xe2\x94\x98", "\xe2\x94\x80");
}

}  // namespace lamina::detail
