#pragma once
#include <cstdint>
#include <cstdio>
#include <cstring>
#include <memory>
#include <string>
#include <utility>

#include "lamina/core/error.hpp"
#include "lamina/data/file.hpp"

// Bytes at random positions, wherever they are stored: what file formats inside other files are read from.

namespace lamina::detail {

/// Bytes that are read at random positions.
class Bytes {
 public:
  virtual ~Bytes() = default;
  virtual std::uint64_t size() const noexcept = 0;
  /// Copies `count` bytes from position `offset`; returns whether all of them could be read.
  virtual bool read(std::uint64_t offset, void* to, std::size_t count) noexcept = 0;
  /// Copies `count` bytes to position `offset`; returns false if these bytes cannot be written.
  virtual bool write(std::uint64_t /*offset*/, const void* /*from*/, std::size_t /*count*/) { return false; }
  /// Sets the size, if the bytes can be written.
  virtual void set_size(std::uint64_t /*size*/) noexcept {}
};

/// The bytes of a string.
class StringBytes final : public Bytes {
 public:
  explicit StringBytes(std::string bytes) noexcept : bytes_(std::move(bytes)) {}
  std::uint64_t size() const noexcept override { return bytes_.size(); }
  bool read(std::uint64_t offset, void* to, std::size_t count) noexcept override {
    if (offset > bytes_.size() || count > bytes_.size() - offset) return false;
    std::memcpy(to, bytes_.data() + offset, count);
    return true;
  }

 private:
  std::string bytes_;
};

/// The bytes of a file.
class FileBytes final : public Bytes {
 public:
  /// Throws IoError, which begins with `who`, if the file cannot be opened.
  FileBytes(const std::string& who, const std::string& path) : file_(open_file(path, "rb")) {
    if (file_ == nullptr || !seek(0, SEEK_END) || (size_ = position()) < 0)
      raise<IoError>(who, ": cannot open the file. Does it exist, and may it be read?");
    if (char first = 0; size_ > 0 && !read(0, &first, 1))
      raise<IoError>(who, ": cannot read the file. Check that it is a file, not a folder.");
  }
  std::uint64_t size() const noexcept override { return static_cast<std::uint64_t>(size_); }
  bool read(std::uint64_t offset, void* to, std::size_t count) noexcept override {
    if (offset > size() || count > size() - offset) return false;
    const auto at = static_cast<std::int64_t>(offset);
    if (at != at_ && !seek(at, SEEK_SET)) return false;
    const bool complete = std::fread(to, 1, count, file_.get()) == count;
    at_ = complete ? at + static_cast<std::int64_t>(count) : -1;
    return complete;
  }

 private:
  bool seek(std::int64_t offset, int origin) noexcept {
#if defined(_WIN32)
    return _fseeki64(file_.get(), offset, origin) == 0;
#else
    return fseeko(file_.get(), static_cast<off_t>(offset), origin) == 0;
#endif
  }
  std::int64_t position() noexcept {
#if defined(_WIN32)
    return _ftelli64(file_.get());
#else
    return ftello(file_.get());
#endif
  }
  File file_;
  std::int64_t size_ = 0, at_ = -1;
};

}  // namespace lamina::detail
