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

// Reads zip archives, which .npz and .keras files are, from memory.

namespace lamina::detail {

/// Decompresses deflated bytes into `size` bytes, false where they are damaged or of another length; an empty function
/// until a translation unit with zlib sets it.
using Inflate = bool (*)(std::string_view deflated, std::string& inflated);
inline constinit Inflate inflate_or_null = nullptr;

#if defined(LAMINA_HAVE_ZLIB)
inline bool inflate_raw(std::string_view deflated, std::string& inflated) {
  z_stream stream{};
  if (inflateInit2(&stream, -MAX_WBITS) != Z_OK) return false;
  // zlib counts in 32 bits: both sides go through in pieces.
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

/// A zip archive that is read: its members by name, stored or deflated, checked as they are read.
class ZipReader {
 public:
  /// `reader` names who reads, for errors; it is a literal.
  ZipReader(const char* reader, std::string path) : reader_(reader), path_(std::move(path)) {
    bytes_ = read_file(reader_, path_);
    read_directory();
  }

  /// In the order of the archive's directory.
  std::vector<std::string> names() const {
    std::vector<std::string> all;
    for (const Member& m : members_) all.push_back(m.name);
    return all;
  }
  bool contains(std::string_view name) const { return find(name) != nullptr; }
  const std::string& path() const noexcept { return path_; }

  /// The bytes of a member; a check sum that does not fit them is an error.
  std::string read(std::string_view name) const {
    const Member* found = find(name);
    if (found == nullptr) raise<IoError>(reader_, " \"", path_, "\": there is no \"", name, "\" in the archive.");
    const Member& m = *found;
    const std::string_view packed = packed_bytes(m);
    std::string unpacked;
    if (m.method == 0) {
      if (m.packed != m.size) raise_damaged(m, "its two sizes differ although it is not compressed");
      unpacked = packed;
    } else if (m.method == 8) {
      if (inflate_or_null == nullptr)
        raise<IoError>(reader_, " \"", path_, "\", member \"", m.name,
                       "\": the member is compressed, and this program is built without zlib. Link lamina::zlib (or ",
                       "define LAMINA_HAVE_ZLIB and link zlib), or store it without compression.");
      // Nothing deflates to less than a 1032nd: what claims more is not believed, and no memory is taken for it.
      if (m.size / 1032 > m.packed + 1) raise_damaged(m, "it claims to be larger than its compressed bytes can hold");
      unpacked.resize(static_cast<std::size_t>(m.size));
      if (!inflate_or_null(packed, unpacked)) raise_damaged(m, "its compressed bytes are damaged");
    } else {
      raise<IoError>(reader_, " \"", path_, "\", member \"", m.name, "\": expected it stored or deflated, got method ",
                     m.method, " of compression. Write the archive with one of the two.");
    }
    if (crc32(unpacked) != m.check_sum) raise_damaged(m, "its check sum does not fit its bytes");
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
    for (std::size_t i = members_.size(); i-- > 0;)  // the last of a name, as Python takes it
      if (members_[i].name == name) return &members_[i];
    return nullptr;
  }
  [[noreturn]] void raise_unfit(const char* what) const {
    raise<IoError>(reader_, " \"", path_, "\": ", what,
                   ". It is damaged or cut short, or no zip archive: ", "fetch or write it again.");
  }
  [[noreturn]] void raise_damaged(const Member& m, const char* what) const {
    raise<IoError>(reader_, " \"", path_, "\", member \"", m.name, "\": ", what,
                   ". The archive is damaged: fetch or write it again.");
  }
  template <class Unsigned>
  Unsigned number(std::uint64_t at) const {
    return little_endian<Unsigned>(bytes_.data() + at);
  }
  /// Whether `count` bytes from `at` on are inside the first `end` bytes.
  static bool inside(std::uint64_t at, std::uint64_t count, std::uint64_t end) {
    return at <= end && count <= end - at;
  }

  struct Directory {
    std::uint64_t at = 0, size = 0, end = 0;  // `end`: where it must end at the latest
  };

  Directory find_directory() const {
    constexpr std::uint64_t record = 22, longest_comment = 0xFFFF;
    const std::uint64_t file_size = bytes_.size();
    if (file_size < record) raise_unfit("expected a zip archive, got a file shorter than the smallest one");
    Directory d;
    std::uint64_t at = file_size - record;
    for (const std::uint64_t last = at > longest_comment ? at - longest_comment : 0;; --at) {
      if (number<std::uint32_t>(at) == 0x06054B50U && number<std::uint16_t>(at + 20) == file_size - at - record) break;
      if (at == last) raise_unfit("expected a zip archive, found no end of its directory");
    }
    d.end = at;
    d.size = number<std::uint32_t>(at + 12);
    d.at = number<std::uint32_t>(at + 16);
    // Of more than 4 GB, or 65535 members: the numbers are in a record of their own, which a locator points to.
    if (at >= 20 && number<std::uint32_t>(at - 20) == 0x07064B50U) {
      const std::uint64_t longer = number<std::uint64_t>(at - 12);
      if (!inside(longer, 56, at - 20) || number<std::uint32_t>(longer) != 0x06064B50U)
        raise_unfit("the 64-bit end of its directory is not where the archive says");
      d.end = longer;
      d.size = number<std::uint64_t>(longer + 40);
      d.at = number<std::uint64_t>(longer + 48);
    }
    if (!inside(d.at, d.size, d.end)) raise_unfit("its directory is said to reach beyond the file");
    return d;
  }

  void read_directory() {
    const Directory d = find_directory();
    constexpr std::uint64_t record = 46;
    const std::uint64_t end = d.at + d.size;
    for (std::uint64_t at = d.at; at < end;) {
      if (!inside(at, record, end) || number<std::uint32_t>(at) != 0x02014B50U)
        raise_unfit("an entry of its directory is damaged");
      Member m;
      m.flags = number<std::uint16_t>(at + 8);
      m.method = number<std::uint16_t>(at + 10);
      m.check_sum = number<std::uint32_t>(at + 16);
      m.packed = number<std::uint32_t>(at + 20);
      m.size = number<std::uint32_t>(at + 24);
      m.begin = number<std::uint32_t>(at + 42);
      const std::uint64_t name = number<std::uint16_t>(at + 28), extra = number<std::uint16_t>(at + 30),
                          comment = number<std::uint16_t>(at + 32);
      if (!inside(at + record, name + extra + comment, end)) raise_unfit("an entry of its directory is cut short");
      m.name.assign(bytes_, static_cast<std::size_t>(at + record), static_cast<std::size_t>(name));
      read_long_numbers(m, at + record + name, at + record + name + extra);
      members_.push_back(std::move(m));
      at += record + name + extra + comment;
    }
  }
  /// Numbers that 32 bits do not hold are in an extra field, in this order, only those that are needed.
  void read_long_numbers(Member& m, std::uint64_t at, std::uint64_t end) const {
    constexpr std::uint32_t elsewhere = 0xFFFFFFFFU;
    while (inside(at, 4, end)) {
      const unsigned kind = number<std::uint16_t>(at);
      const std::uint64_t next = at + 4 + number<std::uint16_t>(at + 2);
      if (kind == 1 && next <= end) {
        at += 4;
        for (std::uint64_t* value : {&m.size, &m.packed, &m.begin})
          if (*value == elsewhere && inside(at, 8, next)) {
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
      raise<IoError>(reader_, " \"", path_, "\", member \"", m.name, "\": the member is encrypted. Write it plainly.");
    if (!inside(m.begin, record, bytes_.size()) || number<std::uint32_t>(m.begin) != 0x04034B50U)
      raise_damaged(m, "it is not where the directory says");
    // Its name and extra field may be of another length than in the directory.
    const std::uint64_t begin =
        m.begin + record + number<std::uint16_t>(m.begin + 26) + number<std::uint16_t>(m.begin + 28);
    if (!inside(begin, m.packed, bytes_.size())) raise_damaged(m, "it is cut short");
    return std::string_view(bytes_).substr(static_cast<std::size_t>(begin), static_cast<std::size_t>(m.packed));
  }

  const char* reader_;
  std::string path_, bytes_;
  std::vector<Member> members_;
};

}  // namespace lamina::detail
