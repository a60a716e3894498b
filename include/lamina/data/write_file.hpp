#pragma once
#include <cerrno>
#include <cstdio>
#include <functional>
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

/// The destination of write_file.
struct WriteTarget {
  std::string path;        ///< The path, with symbolic links resolved.
  bool exists = false;     ///< Whether a regular file exists there.
  bool is_stream = false;  ///< Whether it is a device, a pipe or a socket, which is written directly.
#if LAMINA_HAS_POSIX_FILES
  struct stat status = {};
#endif
};

#if LAMINA_HAS_POSIX_FILES
/// Resolves symbolic links; the final path need not exist. Throws IoError for a cycle.
inline std::string follow_links(const char* writer, const std::string& path) {
  constexpr int most_links = 40;
  std::string end = path;
  for (int links = 0;; ++links) {
    char link[4096];
    const auto length = readlink(end.c_str(), link, sizeof link);
    if (length <= 0) return end;
    if (links == most_links) raise<IoError>(writer, " \"", path, "\": expected a file, got a cycle of symbolic links.");
    const std::string_view next(link, static_cast<std::size_t>(length));
    end = next[0] == '/' ? std::string(next) : end.substr(0, end.rfind('/') + 1).append(next);
  }
}
/// The destination for a path.
inline WriteTarget write_target(const char* writer, const std::string& path) {
  WriteTarget target{.path = path};
  const bool found = stat(path.c_str(), &target.status) == 0;
  target.exists = found && S_ISREG(target.status.st_mode);
  target.is_stream = found && !target.exists && !S_ISDIR(target.status.st_mode);
  if (!target.is_stream) target.path = follow_links(writer, path);
  return target;
}
/// Copies permissions to a new, empty file from the file that it replaces; also the owner, if the user is privileged.
inline void copy_permissions(std::FILE* file, const WriteTarget& target) {
  if (!target.exists) return;
  const int descriptor = fileno(file);
  [[maybe_unused]] int failed = fchown(descriptor, target.status.st_uid, target.status.st_gid);
  failed = fchmod(descriptor, target.status.st_mode & 07777U);
}
/// Renames a file, replacing an existing one; returns false on failure.
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
inline void copy_permissions(std::FILE*, const WriteTarget&) {}
/// Renames a file, replacing an existing one, which std::rename does not do on Windows; returns false on failure.
inline bool rename_file(const std::string& from, const std::string& to) {
  std::error_code failure;
  std::filesystem::rename(native_path(from), native_path(to), failure);
  return !failure;
}
#endif

/// Writes what has been buffered to the disk; returns false on failure.
inline bool flush_to_disk(std::FILE* file) {
  if (std::fflush(file) != 0) return false;
#if LAMINA_HAS_POSIX_FILES
  return fsync(fileno(file)) == 0 || errno == EINVAL;  // EINVAL: a file system that cannot
#elif defined(_WIN32)
  return _commit(_fileno(file)) == 0;
#else
  return true;
#endif
}

/// Writes the contents of a file; returns false on failure.
using WriteContents = std::function<bool(std::FILE*)>;

/// Writes a file atomically: writes a temporary file in the same folder, flushes it to the disk and renames it. An existing
/// file must be writable and keeps its permissions; a symbolic link keeps pointing to the file. A device or a pipe is
/// written directly. `writer` is the name of the calling function, for error texts. Throws IoError, and what `write` throws;
/// the existing file is then unchanged. A process that is killed leaves the temporary file, `path` + ".part0".
inline void write_file(const char* writer, const std::string& path, const WriteContents& write) {
  const WriteTarget target = write_target(writer, path);
  const auto raise_unwritten = [&] {
    raise<IoError>(writer, " \"", path, "\": writing failed. Check the free space of the disk.");
  };
  if (target.exists && open_file(target.path, "r+b") == nullptr)
    raise<IoError>(writer, " \"", path,
                   "\": the file exists and is not writable. Change its permissions, or use another name.");
  if (target.is_stream) {
    File stream = open_file(target.path, "wb");
    if (stream == nullptr)
      raise<IoError>(writer, " \"", path, "\": cannot open it for writing. Check its permissions.");
    const bool written = write(stream.get());
    if (std::fclose(stream.release()) != 0 || !written) raise_unwritten();
    return;
  }

  constexpr int most_names = 100;
  struct Temporary {  // removed unless it was renamed
    ~Temporary() {
      file.reset();
      if (!name.empty()) remove_file(name);
    }
    std::string name;
    File file;
  } temporary;
  for (int i = 0; i < most_names && temporary.file == nullptr; ++i) {
    std::string name = text(target.path, ".part", i);
    temporary.file = create_file(name);
    if (temporary.file != nullptr) temporary.name = std::move(name);
  }
  if (temporary.file == nullptr && file_exists(text(target.path, ".part", most_names - 1)))
    raise<IoError>(writer, " \"", path, "\": cannot create a file: the names from ", target.path, ".part0 to .part",
                   most_names - 1, " exist. Delete them: they are of programs that were stopped while they wrote.");
  if (temporary.file == nullptr)
    raise<IoError>(writer, " \"", path, "\": cannot create a file. Check that the folder exists and is writable.");
  copy_permissions(temporary.file.get(), target);
  const bool written = write(temporary.file.get()) && flush_to_disk(temporary.file.get());
  if (std::fclose(temporary.file.release()) != 0 || !written) raise_unwritten();
  if (!rename_file(temporary.name, target.path))
    raise<IoError>(writer, " \"", path,
                   "\": cannot rename the written file. Check that the name is not that of a folder",
                   LAMINA_HAS_POSIX_FILES ? "." : ", or of a file that another program has opened.");
  temporary.name.clear();
}
/// Writes a file of these bytes atomically, see above.
inline void write_file(const char* writer, const std::string& path, std::string_view bytes) {
  write_file(writer, path, [&](std::FILE* file) {
    return bytes.empty() || std::fwrite(bytes.data(), 1, bytes.size(), file) == bytes.size();
  });
}

}  // namespace lamina::detail
