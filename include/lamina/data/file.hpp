#pragma once
#include <cstdio>
#include <memory>
#include <string>

#include "lamina/core/error.hpp"

#if defined(_WIN32)
#include <fcntl.h>
#include <io.h>
#include <share.h>
#include <sys/stat.h>

#include "lamina/data/utf16.hpp"
#endif
#if defined(LAMINA_HAVE_ZLIB)
#include <zlib.h>
#endif

// Opens, creates and reads files. Gzip files are decompressed in programs with zlib. File names are UTF-8 on every
// system.

namespace lamina::detail {

#if defined(_WIN32)
/// A UTF-8 file name as UTF-16, for the Unicode functions of Windows. Throws IoError if it is not UTF-8.
inline std::wstring wide_name(const std::string& name) {
  const auto units = utf16(name);
  if (!units)
    raise<IoError>("file \"", name, "\": expected a name in UTF-8. Convert it from the code page of the system.");
  return {units->begin(), units->end()};
}
#endif

/// Decompresses a gzip file. Null unless a translation unit compiled with zlib sets it; a pointer, so that readers
/// compile to the same code in every translation unit (one definition rule).
using Gunzip = std::string (*)(const char* reader, const std::string& path);
inline constinit Gunzip gunzip_or_null = nullptr;

#if defined(LAMINA_HAVE_ZLIB)
/// Returns the decompressed bytes of a gzip file. Throws IoError if it cannot be opened or is damaged.
inline std::string gunzip(const char* reader, const std::string& path) {
#if defined(_WIN32)
  const gzFile file = gzopen_w(wide_name(path).c_str(), "rb");
#else
  const gzFile file = gzopen(path.c_str(), "rb");
#endif
  if (file == nullptr) raise<IoError>(reader, " \"", path, "\": cannot open the file.");
  gzbuffer(file, 1U << 17U);
  std::string bytes(std::size_t{1} << 20U, '\0');
  std::size_t size = 0;
  int got = 0;
  while ((got = gzread(file, bytes.data() + size, 1U << 20U)) > 0) {
    size += static_cast<std::size_t>(got);
    if (bytes.size() - size < (std::size_t{1} << 20U)) bytes.resize(2 * bytes.size());
  }
  const bool damaged = got < 0;
  if (gzclose(file) != Z_OK || damaged)
    raise<IoError>(reader, " \"", path, "\": expected intact gzip data, got damaged or truncated data after ", size,
                   " decompressed bytes. Download the file again.");
  bytes.resize(size);
  return bytes;
}
[[maybe_unused]] static const bool has_gunzip = (gunzip_or_null = gunzip, true);
#endif

/// Closes a file.
struct CloseFile {
  void operator()(std::FILE* file) const noexcept { std::fclose(file); }
};
/// An open file; closed when it is destroyed.
using File = std::unique_ptr<std::FILE, CloseFile>;

/// Opens a file in a mode of std::fopen; returns null if it cannot be opened. The library opens files only here and in
/// create_file. Modes end in b: lines end in \n on every system.
inline File open_file(const std::string& path, const char* mode) {
#if defined(_WIN32)
  return File(_wfsopen(wide_name(path).c_str(), wide_name(mode).c_str(), _SH_DENYNO));
#else
  return File(std::fopen(path.c_str(), mode));
#endif
}
/// Creates a file for writing; returns null if the name exists or the file cannot be created.
inline File create_file(const std::string& path) {
#if defined(_WIN32)  // older C runtimes lack the mode x
  int descriptor = -1;
  const int failure = _wsopen_s(&descriptor, wide_name(path).c_str(), _O_CREAT | _O_EXCL | _O_WRONLY | _O_BINARY,
                                _SH_DENYNO, _S_IREAD | _S_IWRITE);
  return File(failure != 0 ? nullptr : _fdopen(descriptor, "wb"));
#else
  return open_file(path, "wbx");
#endif
}
/// Returns whether a file exists and can be read.
inline bool file_exists(const std::string& path) { return open_file(path, "rb") != nullptr; }
/// Deletes a file; ignores errors.
inline void remove_file(const std::string& path) {
#if defined(_WIN32)
  _wremove(wide_name(path).c_str());
#else
  std::remove(path.c_str());
#endif
}

/// Returns all bytes of a file, decompressed if it starts with the gzip signature. `reader` is the name of the calling
/// function, for error texts. Throws IoError.
inline std::string read_file(const char* reader, const std::string& path) {
  const File file = open_file(path, "rb");
  if (file == nullptr)
    raise<IoError>(reader, " \"", path, "\": cannot open the file. Check that it exists and is readable.");
  std::string bytes(std::size_t{1} << 16U, '\0');
  std::size_t size = 0;
  while (const std::size_t got = std::fread(bytes.data() + size, 1, bytes.size() - size, file.get())) {
    size += got;
    if (size >= 2 && bytes[0] == '\x1f' && bytes[1] == '\x8b') {
      if (gunzip_or_null == nullptr)
        raise<IoError>(
            reader, " \"", path,
            "\": the file is compressed with gzip, but this program is built without zlib. Link lamina::zlib "
            "(or define LAMINA_HAVE_ZLIB and link zlib), or decompress the file with gunzip.");
      return gunzip_or_null(reader, path);
    }
    if (size == bytes.size()) bytes.resize(2 * size);
  }
  if (std::ferror(file.get()) != 0)
    raise<IoError>(reader, " \"", path, "\": reading failed after ", size,
                   " bytes. Check that it is a file, not a folder.");
  bytes.resize(size);
  return bytes;
}

}  // namespace lamina::detail
