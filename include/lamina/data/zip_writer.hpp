#pragma once
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>

#include "lamina/core/error.hpp"
#include "lamina/data/crc32.hpp"

// Writes zip archives, the format of .npz and .keras files, in memory.

namespace lamina::detail {

/// Builds a zip archive of stored (not compressed) members. Reproducible: equal members yield equal bytes, because all
/// have the date 1 January 1980.
class ZipWriter {
 public:
  /// Numbers >= `long_from` are written with 64 bits (Zip64); tests pass a small value.
  explicit ZipWriter(std::uint64_t long_from = 0xFFFFFFFFU) : long_from_(long_from) {}

  /// Adds a member. Throws ValueError for a name of more than 65535 bytes.
  void add(std::string_view name, std::string_view content) {
    if (name.size() > 0xFFFF)
      raise<ValueError>("zip: expected a name of at most 65535 bytes, got one of ", name.size(), " bytes");
    const Sizes sizes{content.size(), bytes_.size()};
    const std::uint32_t sum = crc32(content);
    const bool is_long = sizes.size >= long_from_;
    append_little_endian(bytes_, std::uint32_t{0x04034B50U});
    append_common(bytes_, sizes, sum, name.size(), is_long ? 20 : 0);
    bytes_ += name;
    if (is_long) {
      append_little_endian(bytes_, std::uint16_t{1});
      append_little_endian(bytes_, std::uint16_t{16});
      append_little_endian(bytes_, sizes.size);
      append_little_endian(bytes_, sizes.size);
    }
    bytes_ += content;
    add_to_directory(name, sizes, sum);
    ++count_;
  }

  /// Returns the bytes of the archive.
  std::string finish() && {
    const std::uint64_t at = bytes_.size(), size = directory_.size();
    bytes_ += directory_;
    if (at >= long_from_ || size >= long_from_ || count_ >= 0xFFFF || count_ >= long_from_) {
      const std::uint64_t record = bytes_.size();
      append_little_endian(bytes_, std::uint32_t{0x06064B50U});
      append_little_endian(bytes_, std::uint64_t{44});
      append_little_endian(bytes_, std::uint16_t{45});
      append_little_endian(bytes_, std::uint16_t{45});
      append_little_endian(bytes_, std::uint64_t{0});  // two disk numbers
      for (const std::uint64_t value : {count_, count_, size, at}) append_little_endian(bytes_, value);
      append_little_endian(bytes_, std::uint32_t{0x07064B50U});
      append_little_endian(bytes_, std::uint32_t{0});
      append_little_endian(bytes_, record);
      append_little_endian(bytes_, std::uint32_t{1});
    }
    append_little_endian(bytes_, std::uint32_t{0x06054B50U});
    append_little_endian(bytes_, std::uint32_t{0});
    const auto count = static_cast<std::uint16_t>(count_ < 0xFFFF ? count_ : 0xFFFF);
    append_little_endian(bytes_, count);
    append_little_endian(bytes_, count);
    append_little_endian(bytes_, short_or_mark(size));
    append_little_endian(bytes_, short_or_mark(at));
    append_little_endian(bytes_, std::uint16_t{0});
    return std::move(bytes_);
  }

 private:
  struct Sizes {
    std::uint64_t size, begin;
  };
  std::uint32_t short_or_mark(std::uint64_t value) const {
    return value >= long_from_ ? 0xFFFFFFFFU : static_cast<std::uint32_t>(value);
  }
  /// Appends the fields that the local header of a member and its directory entry have in common.
  void append_common(std::string& to, const Sizes& sizes, std::uint32_t sum, std::size_t name, int extra) const {
    append_little_endian(to, std::uint16_t{45});      // version needed to extract
    append_little_endian(to, std::uint16_t{0x0800});  // flag: the name is UTF-8
    append_little_endian(to, std::uint16_t{0});       // stored
    append_little_endian(to, std::uint16_t{0});       // midnight
    append_little_endian(to, std::uint16_t{0x21});    // 1 January 1980
    append_little_endian(to, sum);
    append_little_endian(to, short_or_mark(sizes.size));
    append_little_endian(to, short_or_mark(sizes.size));
    append_little_endian(to, static_cast<std::uint16_t>(name));
    append_little_endian(to, static_cast<std::uint16_t>(extra));
  }
  void add_to_directory(std::string_view name, const Sizes& sizes, std::uint32_t sum) {
    std::string extra;
    if (sizes.size >= long_from_) {
      append_little_endian(extra, sizes.size);
      append_little_endian(extra, sizes.size);
    }
    if (sizes.begin >= long_from_) append_little_endian(extra, sizes.begin);
    append_little_endian(directory_, std::uint32_t{0x02014B50U});
    append_little_endian(directory_, std::uint16_t{45});
    append_common(directory_, sizes, sum, name.size(), extra.empty() ? 0 : 4 + static_cast<int>(extra.size()));
    append_little_endian(directory_, std::uint16_t{0});  // length of the comment
    append_little_endian(directory_, std::uint16_t{0});  // disk number
    append_little_endian(directory_, std::uint16_t{0});  // internal and external attributes
    append_little_endian(directory_, std::uint32_t{0});
    append_little_endian(directory_, short_or_mark(sizes.begin));
    directory_ += name;
    if (extra.empty()) return;
    append_little_endian(directory_, std::uint16_t{1});
    append_little_endian(directory_, static_cast<std::uint16_t>(extra.size()));
    directory_ += extra;
  }

  std::uint64_t long_from_, count_ = 0;
  std::string bytes_, directory_;
};

}  // namespace lamina::detail
