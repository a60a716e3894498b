#pragma once
#include <array>
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <cstring>
#include <string>
#include <string_view>

#include "lamina/core/error.hpp"
#include "lamina/core/shape.hpp"
#include "lamina/data/file.hpp"
#include "lamina/data/filesystem.hpp"

namespace lamina {

namespace detail {

/// Computes the checksum CRC-32C (Castagnoli), which TFRecord files use.
inline std::uint32_t crc32c(std::string_view bytes) noexcept {
  static const std::array<std::uint32_t, 256> table = [] {
    std::array<std::uint32_t, 256> t{};
    for (std::uint32_t i = 0; i < 256; ++i) {
      std::uint32_t crc = i;
      for (int bit = 0; bit < 8; ++bit) crc = (crc >> 1) ^ ((crc & 1U) != 0 ? 0x82f63b78U : 0U);
      t[i] = crc;
    }
    return t;
  }();
  std::uint32_t crc = ~std::uint32_t{0};
  for (const char c : bytes) crc = table[(crc ^ static_cast<unsigned char>(c)) & 0xffU] ^ (crc >> 8);
  return ~crc;
}

/// Writer of a TensorBoard event file in TFRecord format: each event is a record of length, checksum, data, checksum.
class EventFile {
 public:
  /// Creates a new file in a folder. Throws IoError if it cannot be written.
  explicit EventFile(const std::string& directory) {
    make_folder("TensorBoard", directory);
    // Every run gets its own file, also in the same folder and second.
    for (int run = 0; file_ == nullptr; ++run) {
      path_ =
          in_folder(directory, text("events.out.tfevents.", static_cast<std::int64_t>(now()), ".lamina.", run, ".v2"));
      file_ = create_file(path_);
      if (file_ == nullptr && run == 1000)
        raise<IoError>("TensorBoard: \"", path_,
                       "\" cannot be opened for writing. Check the permissions of the folder.");
    }
    std::string event;
    put_double(event, 1, now());
    put_bytes(event, 3, "brain.Event:2");
    write_record(event);
  }
  /// Writes a scalar event. Throws IoError if the file cannot be written.
  void scalar(const std::string& tag, double value, Index step) {
    std::string entry, summary, event;
    put_bytes(entry, 1, tag);
    put_float(entry, 2, static_cast<float>(value));
    put_bytes(summary, 1, entry);
    put_double(event, 1, now());
    put_key(event, 2, 0);
    put_varint(event, static_cast<std::uint64_t>(step));
    put_bytes(event, 5, summary);
    write_record(event);
  }
  /// Returns the path of the file.
  const std::string& path() const noexcept { return path_; }

 private:
  // Protocol buffers wire format: a key of field number and wire type, then the value.
  static void put_varint(std::string& out, std::uint64_t value) {
    for (; value >= 0x80; value >>= 7) out += static_cast<char>((value & 0x7fU) | 0x80U);
    out += static_cast<char>(value);
  }
  static void put_key(std::string& out, unsigned field, unsigned wire_type) { put_varint(out, field << 3 | wire_type); }
  static void put_bytes(std::string& out, unsigned field, std::string_view bytes) {
    put_key(out, field, 2);
    put_varint(out, bytes.size());
    out += bytes;
  }
  static void put_little_endian(std::string& out, std::uint64_t bits, int bytes) {
    for (int i = 0; i < bytes; ++i) out += static_cast<char>((bits >> (8 * i)) & 0xffU);
  }
  static void put_double(std::string& out, unsigned field, double value) {
    put_key(out, field, 1);
    std::uint64_t bits;
    std::memcpy(&bits, &value, sizeof bits);
    put_little_endian(out, bits, 8);
  }
  static void put_float(std::string& out, unsigned field, float value) {
    put_key(out, field, 5);
    std::uint32_t bits;
    std::memcpy(&bits, &value, sizeof bits);
    put_little_endian(out, bits, 4);
  }
  static void put_checksum(std::string& out, std::string_view bytes) {
    const std::uint32_t crc = crc32c(bytes);
    put_little_endian(out, ((crc >> 15) | (crc << 17)) + 0xa282ead8U, 4);
  }
  void write_record(const std::string& data) {
    std::string record;
    put_little_endian(record, data.size(), 8);
    put_checksum(record, std::string(record));
    record += data;
    put_checksum(record, data);
    if (std::fwrite(record.data(), 1, record.size(), file_.get()) != record.size() || std::fflush(file_.get()) != 0)
      raise<IoError>("TensorBoard: \"", path_, "\" cannot be written. Is the disk full?");
  }
  static double now() {
    return std::chrono::duration<double>(std::chrono::system_clock::now().time_since_epoch()).count();
  }
  std::string path_;
  File file_;
};

}  // namespace detail

}  // namespace lamina
