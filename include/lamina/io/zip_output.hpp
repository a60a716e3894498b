#pragma once
#include <zip.h>

#include <algorithm>
#include <cerrno>
#include <cstdint>
#include <cstdio>
#include <list>
#include <memory>
#include <string>
#include <utility>

#include "lamina/io/bytes.hpp"

// Writes zip archives with stored members, by libzip, to a file that is open already.

namespace lamina::detail {

/// Collects the members of an archive and writes it.
class ZipOutput {
 public:
  /// `file`: open for writing, empty; it must outlive the object.
  ZipOutput(std::string who, std::FILE* file) : who_(std::move(who)), target_{file} {
    zip_error_init(&target_.error);
    zip_error_t error;
    zip_error_init(&error);
    zip_source_t* source = zip_source_function_create(write_target, &target_, &error);
    archive_ = source == nullptr ? nullptr : zip_open_from_source(source, ZIP_CREATE | ZIP_TRUNCATE, &error);
    if (archive_ == nullptr) {
      if (source != nullptr) zip_source_free(source);
      raise<IoError>(who_, ": libzip cannot create an archive: ", zip_error_strerror(&error));
    }
  }
  ~ZipOutput() {
    if (archive_ != nullptr) zip_discard(archive_);
    zip_error_fini(&target_.error);
  }
  ZipOutput(const ZipOutput&) = delete;
  ZipOutput& operator=(const ZipOutput&) = delete;

  /// Adds a member, which is stored. The bytes must outlive `finish`.
  void add(const std::string& name, Bytes& bytes) {
    members_.push_back({&bytes, 0, {}});
    Member& member = members_.back();
    zip_error_init(&member.error);
    zip_source_t* source = zip_source_function(archive_, read_member, &member);
    const zip_int64_t index = source == nullptr ? -1 : zip_file_add(archive_, name.c_str(), source, ZIP_FL_ENC_UTF_8);
    if (index < 0) {
      if (source != nullptr) zip_source_free(source);
      fail();
    }
    zip_set_file_compression(archive_, static_cast<zip_uint64_t>(index), ZIP_CM_STORE, 0);
    zip_file_set_mtime(archive_, static_cast<zip_uint64_t>(index), 315619200, 0);  // 1980: the same bytes every time
  }
  /// Writes the archive. Throws IoError if that fails.
  void finish() {
    if (zip_close(archive_) != 0) fail();
    archive_ = nullptr;
  }

 private:
  struct Target {
    std::FILE* file;
    zip_error_t error = {};
  };
  struct Member {
    Bytes* bytes;
    std::uint64_t at;
    zip_error_t error;
  };
  [[noreturn]] void fail() const {
    raise<IoError>(who_, ": writing failed: ", zip_strerror(archive_), ". Check the free space of the disk.");
  }

  static zip_int64_t read_member(void* user, void* data, zip_uint64_t length, zip_source_cmd_t command) {
    Member& member = *static_cast<Member*>(user);
    switch (command) {
      case ZIP_SOURCE_OPEN:
        member.at = 0;
        return 0;
      case ZIP_SOURCE_READ: {
        const std::uint64_t count = (std::min<std::uint64_t>)(length, member.bytes->size() - member.at);
        if (!member.bytes->read(member.at, data, static_cast<std::size_t>(count))) {
          zip_error_set(&member.error, ZIP_ER_READ, 0);
          return -1;
        }
        member.at += count;
        return static_cast<zip_int64_t>(count);
      }
      case ZIP_SOURCE_CLOSE:
      case ZIP_SOURCE_FREE:
        return 0;
      case ZIP_SOURCE_STAT: {
        auto* stat = static_cast<zip_stat_t*>(data);
        zip_stat_init(stat);
        stat->valid = ZIP_STAT_SIZE;
        stat->size = member.bytes->size();
        return sizeof(*stat);
      }
      case ZIP_SOURCE_ERROR:
        return zip_error_to_data(&member.error, data, length);
      case ZIP_SOURCE_SUPPORTS:
        return zip_source_make_command_bitmap(ZIP_SOURCE_OPEN, ZIP_SOURCE_READ, ZIP_SOURCE_CLOSE, ZIP_SOURCE_STAT,
                                              ZIP_SOURCE_ERROR, ZIP_SOURCE_FREE, -1);
      default:
        zip_error_set(&member.error, ZIP_ER_OPNOTSUPP, 0);
        return -1;
    }
  }
  static zip_int64_t write_target(void* user, void* data, zip_uint64_t length, zip_source_cmd_t command) {
    Target& target = *static_cast<Target*>(user);
    const auto failed = [&](int code) -> zip_int64_t {
      zip_error_set(&target.error, code, errno);
      return -1;
    };
    switch (command) {
      case ZIP_SOURCE_BEGIN_WRITE:
      case ZIP_SOURCE_ROLLBACK_WRITE:
      case ZIP_SOURCE_OPEN:
      case ZIP_SOURCE_CLOSE:
      case ZIP_SOURCE_FREE:
      case ZIP_SOURCE_REMOVE:
        return 0;
      case ZIP_SOURCE_COMMIT_WRITE:
        return std::fflush(target.file) == 0 ? 0 : failed(ZIP_ER_WRITE);
      case ZIP_SOURCE_WRITE:
        return std::fwrite(data, 1, static_cast<std::size_t>(length), target.file) == length
                   ? static_cast<zip_int64_t>(length)
                   : failed(ZIP_ER_WRITE);
      case ZIP_SOURCE_SEEK_WRITE: {
        if (length < sizeof(zip_source_args_seek_t)) return failed(ZIP_ER_INVAL);
        const auto* arguments = static_cast<const zip_source_args_seek_t*>(data);
        return seek(target.file, arguments->offset, arguments->whence) ? 0 : failed(ZIP_ER_SEEK);
      }
      case ZIP_SOURCE_TELL_WRITE: {
        const std::int64_t at = position(target.file);
        return at < 0 ? failed(ZIP_ER_TELL) : at;
      }
      case ZIP_SOURCE_STAT: {
        auto* stat = static_cast<zip_stat_t*>(data);
        zip_stat_init(stat);
        stat->valid = ZIP_STAT_SIZE;
        stat->size = 0;
        return sizeof(*stat);
      }
      case ZIP_SOURCE_ERROR:
        return zip_error_to_data(&target.error, data, length);
      case ZIP_SOURCE_SUPPORTS:
        return zip_source_make_command_bitmap(ZIP_SOURCE_OPEN, ZIP_SOURCE_READ, ZIP_SOURCE_CLOSE, ZIP_SOURCE_STAT,
                                              ZIP_SOURCE_ERROR, ZIP_SOURCE_FREE, ZIP_SOURCE_SEEK, ZIP_SOURCE_TELL,
                                              ZIP_SOURCE_BEGIN_WRITE, ZIP_SOURCE_COMMIT_WRITE,
                                              ZIP_SOURCE_ROLLBACK_WRITE, ZIP_SOURCE_WRITE, ZIP_SOURCE_SEEK_WRITE,
                                              ZIP_SOURCE_TELL_WRITE, ZIP_SOURCE_REMOVE, -1);
      case ZIP_SOURCE_READ:
      case ZIP_SOURCE_SEEK:
      case ZIP_SOURCE_TELL:
        return 0;
      default:
        return failed(ZIP_ER_OPNOTSUPP);
    }
  }
  static bool seek(std::FILE* file, std::int64_t offset, int origin) noexcept {
#if defined(_WIN32)
    return _fseeki64(file, offset, origin) == 0;
#else
    return fseeko(file, static_cast<off_t>(offset), origin) == 0;
#endif
  }
  static std::int64_t position(std::FILE* file) noexcept {
#if defined(_WIN32)
    return _ftelli64(file);
#else
    return ftello(file);
#endif
  }

  std::string who_;
  Target target_;
  std::list<Member> members_;  // libzip holds pointers to them
  zip_t* archive_ = nullptr;
};

}  // namespace lamina::detail
