#pragma once
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

namespace lamina::detail {

/// Converts UTF-8 to UTF-16; std::nullopt if `bytes` is not valid UTF-8 (RFC 3629: shortest form, no surrogates).
inline std::optional<std::u16string> utf16(std::string_view bytes) {
  std::u16string units;
  for (std::size_t i = 0; i < bytes.size();) {
    const auto byte = [&](std::size_t k) { return k < bytes.size() ? static_cast<unsigned char>(bytes[k]) : 0U; };
    const char32_t first = byte(i);
    const std::size_t length = first < 0x80 ? 1 : first < 0xC2 ? 0 : first < 0xE0 ? 2 : first < 0xF0 ? 3 : 4;
    if (length == 0 || first > 0xF4) return std::nullopt;
    char32_t point = length == 1 ? first : first & (0x7FU >> length);
    for (std::size_t k = 1; k < length; ++k) {
      const char32_t next = byte(i + k);
      if ((next & 0xC0U) != 0x80) return std::nullopt;
      point = point << 6U | (next & 0x3FU);
    }
    const bool overlong = (length == 3 && point < 0x800) || (length == 4 && point < 0x10000);
    if (overlong || point > 0x10FFFF || (point >= 0xD800 && point < 0xE000)) return std::nullopt;
    i += length;
    if (point < 0x10000) {
      units += static_cast<char16_t>(point);
    } else {
      units += static_cast<char16_t>(0xD7C0U + (point >> 10U));
      units += static_cast<char16_t>(0xDC00U + (point & 0x3FFU));
    }
  }
  return units;
}

}  // namespace lamina::detail
