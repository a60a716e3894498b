#pragma once
#include <cstdio>
#include <string>
#include <string_view>
#include <utility>

#include "lamina/data/file.hpp"

#if defined(__unix__) || defined(__APPLE__)
#define LAMINA_HAS_POSIX_FILES 1
#include <sys/stat.h>
#include <unistd.h>
#else
#define LAMINA_HAS_POSIX_FILES 0
#include "lamina/data/filesystem.hpp"
#endif

namespace lamina::detail {

/// What a file that is to be written replaces.
struct WriteTarget {
  std::string path;        ///< symbolic links followed
  bool exists = false;     ///< as a file
  bool is_stream = false;  /// a device, a pipe or a socket: written to directly
#if LAMINA_HAS_POSIX_FILES
  struct stat status = {};
#endif
};

#if LAMINA_HAS_POSIX_FILES
/// The path at the end of symbolic links; it need not exist.
inline std::string follow_links(const char* writer, const std::string& path) {
  constexpr int most_links = 40;
  std::string end = path;
  for (int links = 0;; ++links) {
    char link[4096];
    const auto length = readlink(end.c_str(), link, sizeof link);
    if (length <= 0) return end;
    if (links == most_links) raise<IoError>(writer, " \"", path, "\": the symbolic link leads back to itself.");
    const std::string_view next(link, static_cast<std::size_t>(length));
    end = next[0] == '/' ? std::string(next) : end.substr(0, end.rfind('/') + 1).append(next);
  }
}
inline WriteTarget write_target(const char* writer, const std::string& path) {
  WriteTarget target{.path = path};
  const bool found = stat(path.c_str(), &target.status) == 0;
  target.exists = found && S_ISREG(target.status.st_mode);
  target.is_stream = found && !target.exists && !S_ISDIR(target.status.st_mode);
  if (!target.is_stream) target.path = follow_links(writer, path);
  return target;
}
/// Gives a new file, still empty, the permissions of the one that it replaces, and its owner if this user may do that.
inline void keep_permissions(std::FILE* file, const WriteTarget& target) {
  if (!target.exists) return;
  const int descriptor = fileno(file);
  [[maybe_unused]] int failed = fchown(descriptor, target.status.st_uid, target.status.st_gid);
  failed = fchmod(descriptor, target.status.st_mode & 07777U);
}
inline bool rename_file(const std::string& from, const std::string& to) {
  return std::rename(from.c_str(), to.c_str()) == 0;
}
#else
inline WriteTarget write_target(const char*, const std::string& path) {
  std::error_code ignored;
  const auto status = std::filesystem::status(native_path(path), ignored);
  const bool found = std::filesystem::exists(status), exists = std::filesystem::is_regular_file(status);
  return {.path = path, .exists = exists, .is_stream = found && !exists && !std::filesystem::is_directory(status)};
}
inline void keep_permissions(std::FILE*, const WriteTarget&) {}
/// On Windows, unlike std::rename, the file takes the name of one that exists.
inline bool rename_file(const std::string& from, const std::string& to) {
  std::error_code failure;
  std::filesystem::rename(native_path(from), native_path(to), failure);
  return !failure;
}
#endif

inline bool write_and_close(File file, std::string_view bytes) {
  const bool written = bytes.empty() || std::fwrite(bytes.data(), 1, bytes.size(), file.get()) == bytes.size();
  return std::fclose(file.release()) == 0 && written;
}
[[noreturn]] LAMINA_NOINLINE inline void raise_unwritten(const char* writer, const std::string& path,
                                                         std::size_t size) {
  raise<IoError>(writer, " \"", path, "\": writing ", size, " bytes failed. Is the disk full?");
}

/// Writes a file whole or not at all: into a new file beside it, which then takes its name. A file that exists keeps
/// its permissions, must be writable, and is replaced where a symbolic link leads to. What is not a regular file, such
/// as a device or a pipe, is written to directly. `writer` names who writes, for errors.
inline void write_file(const char* writer, const std::string& path, std::string_view bytes) {
  const WriteTarget target = write_target(writer, path);
  if (target.exists && open_file(target.path, "r+b") == nullptr)
    raise<IoError>(writer, " \"", path,
                   "\": the file exists and may not be written. Allow it, or choose another name.");
  if (target.is_stream) {
    File stream = open_file(target.path, "wb");
    if (stream == nullptr) raise<IoError>(writer, " \"", path, "\": cannot open it for writing. May it be written?");
    if (!write_and_close(std::move(stream), bytes)) raise_unwritten(writer, path, bytes.size());
    return;
  }

  constexpr int most_names = 100;
  std::string temporary;
  File file;
  for (int i = 0; i < most_names && file == nullptr; ++i) {
    temporary = text(target.path, ".part", i);
    file = make_file(temporary);
  }
  if (file == nullptr)
    raise<IoError>(writer, " \"", path, "\": cannot make a file there. Does the folder exist, and may it be written?");
  keep_permissions(file.get(), target);
  if (!write_and_close(std::move(file), bytes)) {
    remove_file(temporary);
    raise_unwritten(writer, path, bytes.size());
  }
  if (!rename_file(temporary, target.path)) {
    remove_file(temporary);
    raise<IoError>(writer, " \"", path, "\": the written file cannot take this name. Is it that of a folder",
                   LAMINA_HAS_POSIX_FILES ? "?" : ", or of a file that is open elsewhere?");
  }
}

}  // namespace lamina::detail
