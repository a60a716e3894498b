#pragma once
#include <zip.h>

#include <cstdint>
#include <memory>
#include <string>
#include <utility>

#include "lamina/io/bytes.hpp"

// Zip archives, by libzip.

namespace lamina::detail {

/// A zip archive that is open for reading.
class ZipArchive {
 public:
  /// Throws IoError, which begins with `who`, if the file cannot be read or is no zip archive.
  ZipArchive(std::string who, const std::string& path) : who_(std::move(who)) {
    int code = 0;
    archive_.reset(zip_open(path.c_str(), ZIP_RDONLY | ZIP_CHECKCONS, &code));
    if (archive_ != nullptr) return;
    zip_error_t error;
    zip_error_init_with_code(&error, code);
    const std::string reason = zip_error_strerror(&error);
    zip_error_fini(&error);
    raise<IoError>(who_, ": expected a zip archive, got a file that libzip cannot open: ", reason);
  }

  bool contains(const std::string& name) const { return zip_name_locate(archive_.get(), name.c_str(), 0) >= 0; }

  /// Returns a whole member, decompressed if necessary. Throws IoError if it is missing, damaged, encrypted, larger than
  /// `most_bytes`, or an archive bomb.
  std::string read(const std::string& name, std::uint64_t most_bytes) const {
    const zip_stat_t stat = stat_of(name);
    return read_member(name, stat, most_bytes);
  }
  /// Opens a member to read it at random positions: in place if it is stored, decompressed as a whole otherwise. The
  /// archive must outlive the result. Throws as `read`.
  std::unique_ptr<Bytes> open(const std::string& name) const {
    const zip_stat_t stat = stat_of(name);
    if (stat.comp_method != ZIP_CM_STORE)
      return std::make_unique<StringBytes>(read_member(name, stat, ~std::uint64_t{0}));
    return std::make_unique<Member>(open_member(name, stat), stat.size);
  }

 private:
  struct Discard {
    void operator()(zip_t* archive) const noexcept { zip_discard(archive); }
  };
  struct Close {
    void operator()(zip_file_t* member) const noexcept { zip_fclose(member); }
  };
  using OpenMember = std::unique_ptr<zip_file_t, Close>;

  class Member final : public Bytes {
   public:
    Member(OpenMember member, std::uint64_t size) noexcept : member_(std::move(member)), size_(size) {}
    std::uint64_t size() const noexcept override { return size_; }
    bool read(std::uint64_t offset, void* to, std::size_t count) noexcept override {
      if (offset > size_ || count > size_ - offset) return false;
      if (offset != at_ && zip_fseek(member_.get(), static_cast<zip_int64_t>(offset), SEEK_SET) != 0) return false;
      at_ = offset + count;
      return zip_fread(member_.get(), to, count) == static_cast<zip_int64_t>(count);
    }

   private:
    OpenMember member_;
    std::uint64_t size_, at_ = 0;
  };

  zip_stat_t stat_of(const std::string& name) const {
    zip_stat_t stat;
    zip_stat_init(&stat);
    constexpr zip_uint64_t needed = ZIP_STAT_INDEX | ZIP_STAT_SIZE | ZIP_STAT_COMP_SIZE | ZIP_STAT_COMP_METHOD;
    if (zip_stat(archive_.get(), name.c_str(), 0, &stat) != 0 || (stat.valid & needed) != needed)
      raise<IoError>(who_, ": the archive has no member \"", name, "\"");
    if ((stat.valid & ZIP_STAT_ENCRYPTION_METHOD) != 0 && stat.encryption_method != ZIP_EM_NONE)
      raise<IoError>(who_, ": the member \"", name, "\" is encrypted. Store it without encryption.");
    return stat;
  }
  OpenMember open_member(const std::string& name, const zip_stat_t& stat) const {
    OpenMember member(zip_fopen_index(archive_.get(), stat.index, 0));
    if (member == nullptr)
      raise<IoError>(who_, ": cannot read the member \"", name, "\": ", zip_strerror(archive_.get()));
    return member;
  }
  std::string read_member(const std::string& name, const zip_stat_t& stat, std::uint64_t most_bytes) const {
    // Deflate compresses a thousandfold at most; files of weights and configurations hardly at all.
    constexpr std::uint64_t unsuspicious = std::uint64_t{64} << 20U, ratio = 100;
    if (stat.size > most_bytes || (stat.size > unsuspicious && stat.size / ratio > stat.comp_size))
      raise<IoError>(who_, ": the member \"", name, "\" has ", stat.size, " bytes, compressed to ", stat.comp_size,
                     ": more than expected. Is the file an archive bomb?");
    const OpenMember member = open_member(name, stat);
    std::string bytes(static_cast<std::size_t>(stat.size), '\0');
    const zip_int64_t got = zip_fread(member.get(), bytes.data(), bytes.size());
    char end = 0;
    if (got != static_cast<zip_int64_t>(bytes.size()) || zip_fread(member.get(), &end, 1) != 0)
      raise<IoError>(who_, ": the member \"", name, "\" is damaged: ", zip_file_strerror(member.get()));
    return bytes;
  }

  std::string who_;
  std::unique_ptr<zip_t, Discard> archive_;
};

}  // namespace lamina::detail
