#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "lamina/io/bytes.hpp"

// Strings of variable length in HDF5 files.

namespace lamina::detail {

/// Reads attributes that are strings of variable length from the bytes of an HDF5 file. HDF5's library (1.10) copies a string
/// from the global heap to memory of the length that the attribute states, without comparing the lengths, and finds it by an
/// index that it does not check: of a damaged file it reads and writes outside of its memory. (The names are those of the
/// HDF5 File Format Specification.)
class Hdf5Strings {
 public:
  /// Returns the strings; none if they are damaged, or not in the header of the object. `header`: position of the object's
  /// header; `base`: position that addresses are counted from. Addresses and sizes must have 8 bytes.
  static std::optional<std::vector<std::string>> read(Bytes& bytes, std::uint64_t base, std::uint64_t header,
                                                      std::string_view attribute, std::uint64_t count) {
    Hdf5Strings file(bytes, base);
    const std::optional<Span> data = file.find_attribute(header, attribute);
    if (!data || count > data->size / 16) return std::nullopt;
    std::vector<std::string> all;
    for (std::uint64_t i = 0; i < count; ++i) {
      std::optional<std::string> one = file.string(data->begin + 16 * i);
      if (!one) return std::nullopt;
      all.push_back(std::move(*one));
    }
    return all;
  }

 private:
  struct Span {
    std::uint64_t begin, size;
    std::uint64_t end() const noexcept { return begin + size; }
  };
  Hdf5Strings(Bytes& bytes, std::uint64_t base) : bytes_(bytes), base_(base), left_(bytes.size()) {}

  /// A number of `size` bytes, little endian; the largest number if the file ends before.
  std::uint64_t number(std::uint64_t at, std::size_t size) {
    unsigned char digits[8] = {};
    if (!bytes_.read(at, digits, size)) return ~std::uint64_t{0};
    std::uint64_t value = 0;
    for (std::size_t i = size; i-- > 0;) value = value << 8U | digits[i];
    return value;
  }
  std::string characters(std::uint64_t at, std::uint64_t size) {
    if (size > bytes_.size()) return {};
    std::string all(static_cast<std::size_t>(size), '\0');
    return bytes_.read(at, all.data(), all.size()) ? all : std::string();
  }
  bool contains(const Span& span) const noexcept {
    return span.begin <= bytes_.size() && span.size <= bytes_.size() - span.begin;
  }

  /// Finds the data of an attribute in an object header of either version.
  std::optional<Span> find_attribute(std::uint64_t header, std::string_view name) {
    const bool second = characters(header, 4) == "OHDR";
    std::vector<Span> blocks;
    unsigned order_size = 0;  // of the creation order in each message
    if (second) {
      const std::uint64_t flags = number(header + 5, 1);
      const std::uint64_t at = header + 6 + ((flags & 0x20U) != 0 ? 16 : 0) + ((flags & 0x10U) != 0 ? 4 : 0);
      const std::size_t width = std::size_t{1} << (flags & 3U);
      order_size = (flags & 4U) != 0 ? 2 : 0;
      blocks.push_back({at + width, number(at, width)});
    } else {
      if (number(header, 1) != 1) return std::nullopt;
      blocks.push_back({header + 16, number(header + 8, 4)});
    }
    constexpr std::size_t most_blocks = 10000;
    for (std::size_t i = 0; i < blocks.size() && i < most_blocks; ++i) {
      const Span block = blocks[i];
      if (!contains(block)) return std::nullopt;
      const std::uint64_t prefix = second ? 4 + order_size : 8;
      for (std::uint64_t at = block.begin; at + prefix <= block.end();) {
        const std::uint64_t type = number(at, second ? 1 : 2), flags = number(at + (second ? 3 : 4), 1);
        const Span message{at + prefix, number(at + (second ? 1 : 2), 2)};
        if (message.end() > block.end()) break;
        at = message.end();
        if (type == 0x10 && message.size >= 16) {  // continuation
          const Span next{base_ + number(message.begin, 8), number(message.begin + 8, 8)};
          if (!contains(next) || next.size < 8) return std::nullopt;
          blocks.push_back(second ? Span{next.begin + 4, next.size - 8} : next);  // a signature, and a checksum
        }
        if (type == 0x0C && (flags & 2U) == 0)  // an attribute that is not shared
          if (const std::optional<Span> data = data_of(message, name)) return data;
      }
    }
    return std::nullopt;
  }
  /// Returns the data of an attribute message, if it has this name.
  std::optional<Span> data_of(const Span& message, std::string_view name) {
    const std::uint64_t version = number(message.begin, 1);
    if (version < 1 || version > 3 || message.size < 9) return std::nullopt;
    const auto padded = [&](std::uint64_t size) { return version == 1 ? (size + 7) / 8 * 8 : size; };
    const std::uint64_t name_size = number(message.begin + 2, 2), type_size = number(message.begin + 4, 2),
                        space_size = number(message.begin + 6, 2);
    const std::uint64_t begin = message.begin + (version == 3 ? 9 : 8);
    if (name_size != name.size() + 1 || characters(begin, name.size()) != name) return std::nullopt;
    const std::uint64_t data = begin + padded(name_size) + padded(type_size) + padded(space_size);
    if (data > message.end()) return std::nullopt;
    return Span{data, message.end() - data};
  }
  /// Returns a string by its length (4 bytes), the address of its heap (8) and its index there (4).
  std::optional<std::string> string(std::uint64_t at) {
    const std::uint64_t length = number(at, 4), address = number(at + 4, 8), index = number(at + 12, 4);
    if (length == 0) return std::string();
    if (!open_heap(address)) return std::nullopt;
    for (const Object& object : objects_) {
      if (object.index != index) continue;
      if (length > object.data.size || length > left_) return std::nullopt;
      left_ -= length;
      std::string all = characters(object.data.begin, length);
      if (const std::size_t end = all.find('\0'); end != std::string::npos) all.erase(end);
      return all;
    }
    return std::nullopt;
  }
  /// Lists the objects of a heap; strings that follow each other are mostly in the same one.
  bool open_heap(std::uint64_t address) {
    if (address == heap_) return true;
    objects_.clear();
    heap_ = none;
    if (address > bytes_.size() || characters(base_ + address, 4) != "GCOL") return false;
    const Span collection{base_ + address, number(base_ + address + 8, 8)};
    if (!contains(collection)) return false;
    for (std::uint64_t at = collection.begin + 16; at + 16 <= collection.end();) {
      const std::uint64_t index = number(at, 2);
      const Span data{at + 16, number(at + 8, 8)};
      if (index == 0) break;  // free space is the last
      if (data.size > collection.end() - data.begin || work_ == 0) return false;
      --work_;
      objects_.push_back({index, data});
      at = data.begin + (data.size + 7) / 8 * 8;
    }
    heap_ = address;
    return true;
  }

  static constexpr std::uint64_t none = ~std::uint64_t{0};
  struct Object {
    std::uint64_t index;
    Span data;
  };
  std::uint64_t heap_ = none;
  std::vector<Object> objects_;     // of that heap
  std::uint64_t work_ = 1U << 20U;  // objects that may be listed, lest a damaged file take forever
  Bytes& bytes_;
  std::uint64_t base_;
  std::uint64_t left_;  // characters that all strings together can have
};

}  // namespace lamina::detail
