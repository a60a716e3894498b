#pragma once
#include <array>
#include <cstdint>
#include <string>
#include <string_view>

// Little-endian integers, as in zip and NumPy files, and the CRC-32 checksum of zip and gzip.

namespace lamina::detail {

/// The unsigned integer in the first sizeof(Unsigned) bytes, in little-endian order.
template <class Unsigned>
Unsigned little_endian(const char* bytes) {
  Unsigned value = 0;
  for (std::size_t i = sizeof(Unsigned); i-- > 0;)
    value = static_cast<Unsigned>((std::uint64_t{value} << 8U) | static_cast<unsigned char>(bytes[i]));
  return value;
}
/// Appends an unsigned integer in little-endian order.
template <class Unsigned>
void append_little_endian(std::string& bytes, Unsigned value) {
  for (std::size_t i = 0; i < sizeof(Unsigned); ++i)
    bytes += static_cast<char>(static_cast<unsigned char>(std::uint64_t{value} >> (8 * i)));
}

/// The tables of slicing-by-8: entry b of table t is the CRC of byte b followed by t zero bytes.
constexpr auto crc32_tables() {
  std::array<std::array<std::uint32_t, 256>, 8> tables{};
  for (std::uint32_t b = 0; b < 256; ++b) {
    std::uint32_t sum = b;
    for (int bit = 0; bit < 8; ++bit) sum = (sum >> 1U) ^ ((sum & 1U) != 0 ? 0xEDB88320U : 0U);
    tables[0][b] = sum;
  }
  for (std::size_t t = 1; t < 8; ++t)
    for (std::size_t b = 0; b < 256; ++b) tables[t][b] = (tables[t - 1][b] >> 8U) ^ tables[0][tables[t - 1][b] & 0xFFU];
  return tables;
}

/// The CRC-32 checksum of zip and gzip (polynomial 0xEDB88320), 8 bytes per step.
inline std::uint32_t crc32(std::string_view bytes) {
  static constexpr auto tables = crc32_tables();
  std::uint32_t sum = ~std::uint32_t{0};
  const char* at = bytes.data();
  std::size_t left = bytes.size();
  for (; left >= 8; at += 8, left -= 8) {
    const std::uint32_t low = sum ^ little_endian<std::uint32_t>(at), high = little_endian<std::uint32_t>(at + 4);
    sum = tables[7][low & 0xFFU] ^ tables[6][(low >> 8U) & 0xFFU] ^ tables[5][(low >> 16U) & 0xFFU] ^
          tables[4][low >> 24U] ^ tables[3][high & 0xFFU] ^ tables[2][(high >> 8U) & 0xFFU] ^
          tables[1][(high >> 16U) & 0xFFU] ^ tables[0][high >> 24U];
  }
  for (; left > 0; ++at, --left) sum = (sum >> 8U) ^ tables[0][(sum ^ static_cast<unsigned char>(*at)) & 0xFFU];
  return ~sum;
}

}  // namespace lamina::detail
