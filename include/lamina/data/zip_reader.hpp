#pragma once
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "lamina/core/error.hpp"
#include "lamina/data/crc32.hpp"
#include "lamina/data/file.hpp"

#if defined(LAMINA_HAVE_ZLIB)
#include <zlib.h>
#endif

// Reads zip archives, the format of .npz and .keras files, in memory.

namespace lamina::detail {

/// Decompresses deflated bytes into `inflated`, which has the expected size; returns false if the data are damaged or
/// of another size. Null unless a translation unit compiled with zlib sets it.
using Inflate = bool (*)(std::string_view deflated, std::string& inflated);
inline constinit Inflate inflate_or_null = nullptr;

#if defined(LAMINA_HAVE_ZLIB)
/// Implements Inflate by zlib.
inline bool inflate_raw(std::string_view deflated, std::string& inflated) {
  z_stream stream{};
  if (inflateInit2(&stream, -MAX_WBITS) != Z_OK) return false;
  // zlib has 32-bit sizes: input and output are processed in pieces.
  constexpr std::size_t piece = std::size_t{1} << 30U;
  const auto part = [](std::size_t left) { return static_cast<uInt>(left < piece ? left : piece); };
  std::size_t in_left = deflated.size(), out_left = inflated.size();
  char none = 0;
  stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(deflated.data()));
  stream.next_out = reinterpret_cast<Bytef*>(out_left > 0 ? inflated.data() : &none);
  int state = Z_OK;
  while (state == Z_OK) {
    const uInt in = part(in_left), out = part(out_left);
    stream.avail_in = in;
    stream.avail_out = out;
    state = ::inflate(&stream, Z_NO_FLUSH);
    in_left -= in - stream.avail_in;
    out_left -= out - stream.avail_out;
  }
  inflateEnd(&stream);
  return state == Z_STREAM_END && in_left == 0 && out_left == 0;
}
[[maybe_unused]] static const bool has_inflate = (inflate_or_null = inflate_raw, true);
#endif

/// A zip archive opened for reading: members by name, stored or deflated. `read` verifies checksums. Throws IoError.
class ZipReader {
 public:
  /// Reads the archive and its directory. `reader`, a string literal, is the name of the calling function, for error
  /// texts.
  ZipReader(const char* reader, std::string path) : reader_(reader), path_(std::move(path)) {
    bytes_ = read_file(reader_, path_);
    read_directory();
  }

  /// Returns the names of all members, in the order of the directory.
  std::vector<std::string> names() const {
    std::vector<std::string> all;
    for (const Member& m : members_) all.push_back(m.name);
    return all;
  }
  /// Returns whether a member exists.
  bool contains(std::string_view name) const { return find(name) != nullptr; }
  /// Returns the path of the archive.
  const std::string& path() const noexcept { return path_; }

  /// Returns the bytes of a member, decompressed. Throws IoError if it does not exist or is damaged.
  std::string read(std::string_view name) const {
    const Member* found = find(name);
    if (found == nullptr) raise<IoError>(reader_, " \"", path_, "\": expected a member \"", name, "\", got none.");
    const Member& m = *found;
    const std::string_view packed = packed_bytes(m);
    std::string unpacked;
    if (m.method == 0) {
      if (m.packed != m.size) raise_damaged(m, "expected equal sizes of a stored member, got different ones");
      unpacked = packed;
    } else if (m.method == 8) {
      if (inflate_or_null == nullptr)
        raise<IoError>(reader_, " \"", path_, "\", member \"", m.name,
                       "\": the member is compressed, but this program is built without zlib. Link lamina::zlib (or ",
                       "define LAMINA_HAVE_ZLIB and link zlib), or store it without compression.");
      // The maximum compression ratio of deflate is 1032: reject larger sizes before memory is allocated.
      if (m.size / 1032 > m.packed + 1) raise_damaged(m, "the size is too large for the compressed bytes");
      unpacked.resize(static_cast<std::size_t>(m.size));
      if (!inflate_or_null(packed, unpacked)) raise_damaged(m, "the compressed bytes are damaged");
    } else {
      raise<IoError>(reader_, " \"", path_, "\", member \"", m.name,
                     "\": expected compression method 0 (stored) or 8 (deflated), got ", m.method,
                     ". Write the archive with one of the two.");
    }
    if (crc32(unpacked) != m.check_sum) raise_damaged(m, "the checksum does not match the bytes");
    return unpacked;
  }

 private:
  struct Member {
    std::string name;
    unsigned flags = 0, method = 0;
    std::uint32_t check_sum = 0;
    std::uint64_t packed = 0, size = 0, begin = 0;
  };

  const Member* find(std::string_view name) const {
    for (std::size_t i = members_.size(); i-- > 0;)  // the last member with a name, as in Python
      if (members_[i].name == name) return &members_[i];
    return nullptr;
  }
  [[noreturn]] void raise_invalid(const char* what) const {
    raise<IoError>(reader_, " \"", path_, "\": ", what,
                   ". It is damaged, truncated or not a zip archive: ", "download or write it again.");
  }
  [[noreturn]] void raise_damaged(const Member& m, const char* what) const {
    raise<IoError>(reader_, " \"", path_, "\", member \"", m.name, "\": ", what,
                   ". The archive is damaged: download or write it again.");
  }
  template <class Unsigned>
  Unsigned number(std::uint64_t at) const {
    return little_endian<Unsigned>(bytes_.data() + at);
  }
  /// Returns whether the range [at, at + count) is inside the first `end` bytes.
  static bool inside(std::uint64_t at, std::uint64_t count, std::uint64_t end) {
    return at <= end && count <= end - at;
  }

  struct Directory {
    std::uint64_t at = 0, size = 0, end = 0;  // offset, size and maximum end, in bytes
  };

  Directory find_directory() const {
    constexpr std::uint64_t record = 22, longest_comment = 0xFFFF;
    const std::uint64_t file_size = bytes_.size();
    if (file_size < record) raise_invalid("expected a zip archive of at least 22 bytes, got a shorter file");
    Directory d;
    std::uint64_t at = file_size - record;
    for (const std::uint64_t last = at > longest_comment ? at - longest_comment : 0;; --at) {
      if (number<std::uint32_t>(at) == 0x06054B50U && number<std::uint16_t>(at + 20) == file_size - at - record) break;
      if (at == last) raise_invalid("expected a zip archive, got a file without an end-of-directory record");
    }
    d.end = at;
    d.size = number<std::uint32_t>(at + 12);
    d.at = number<std::uint32_t>(at + 16);
    // Zip64, for more than 4 GB or 65535 members: a locator contains the offset of a record with 64-bit numbers.
    if (at >= 20 && number<std::uint32_t>(at - 20) == 0x07064B50U) {
      const std::uint64_t longer = number<std::uint64_t>(at - 12);
      if (!inside(longer, 56, at - 20) || number<std::uint32_t>(longer) != 0x06064B50U)
        raise_invalid("the offset of the Zip64 end-of-directory record is wrong");
      d.end = longer;
      d.size = number<std::uint64_t>(longer + 40);
      d.at = number<std::uint64_t>(longer + 48);
    }
    if (!inside(d.at, d.size, d.end)) raise_invalid("the directory extends beyond the end of the file");
    return d;
  }

  void read_directory() {
    const Directory d = find_directory();
    constexpr std::uint64_t record = 46;
    const std::uint64_t end = d.at + d.size;
    for (std::uint64_t at = d.at; at < end;) {
      if (!inside(at, record, end) || number<std::uint32_t>(at) != 0x02014B50U)
        raise_invalid("an entry of the directory is damaged");
      Member m;
      m.flags = number<std::uint16_t>(at + 8);
      m.method = number<std::uint16_t>(at + 10);
      m.check_sum = number<std::uint32_t>(at + 16);
      m.packed = number<std::uint32_t>(at + 20);
      m.size = number<std::uint32_t>(at + 24);
      m.begin = number<std::uint32_t>(at + 42);
      const std::uint64_t name = number<std::uint16_t>(at + 28), extra = number<std::uint16_t>(at + 30),
                          comment = number<std::uint16_t>(at + 32);
      if (!inside(at + record, name + extra + comment, end)) raise_invalid("an entry of the directory is truncated");
      m.name.assign(bytes_, static_cast<std::size_t>(at + record), static_cast<std::size_t>(name));
      read_long_numbers(m, at + record + name, at + record + name + extra);
      members_.push_back(std::move(m));
      at += record + name + extra + comment;
    }
  }
  /// Reads the Zip64 extra field, which contains, in this order, the numbers that do not fit in 32 bits.
  void read_long_numbers(Member& m, std::uint64_t at, std::uint64_t end) const {
    constexpr std::uint32_t zip64_mark = 0xFFFFFFFFU;
    while (inside(at, 4, end)) {
      const unsigned kind = number<std::uint16_t>(at);
      const std::uint64_t next = at + 4 + number<std::uint16_t>(at + 2);
      if (kind == 1 && next <= end) {
        at += 4;
        for (std::uint64_t* value : {&m.size, &m.packed, &m.begin})
          if (*value == zip64_mark && inside(at, 8, next)) {
            *value = number<std::uint64_t>(at);
            at += 8;
          }
      }
      at = next;
    }
  }
  std::string_view packed_bytes(const Member& m) const {
    constexpr std::uint64_t record = 30;
    if ((m.flags & 1U) != 0)
      raise<IoError>(reader_, " \"", path_, "\", member \"", m.name,
                     "\": the member is encrypted. Write it without encryption.");
    if (!inside(m.begin, record, bytes_.size()) || number<std::uint32_t>(m.begin) != 0x04034B50U)
      raise_damaged(m, "the offset in the directory is wrong");
    // The lengths of name and extra field may differ from those in the directory.
    const std::uint64_t begin =
        m.begin + record + number<std::uint16_t>(m.begin + 26) + number<std::uint16_t>(m.begin + 28);
    if (!inside(begin, m.packed, bytes_.size())) raise_damaged(m, "the member is truncated");
    return std::string_view(bytes_).substr(static_cast<std::size_t>(begin), static_cast<std::size_t>(m.packed));
  }

  const char* reader_;
  std::string path_, bytes_;
  std::vector<Member> members_;
};

}  // namespace lamina::detail
