#pragma once
#include <filesystem>
#include <string>
#include <system_error>

#include "lamina/data/file.hpp"

namespace lamina::detail {

/// A UTF-8 file name as a std::filesystem::path, whose narrow strings have the system's code page on Windows.
inline std::filesystem::path native_path(const std::string& name) {
#if defined(_WIN32)
  return wide_name(name);
#else
  return name;
#endif
}

/// Joins the path of a folder and a file name.
inline std::string in_folder(const std::string& folder, const std::string& name) {
  if (folder.empty()) return name;
  const char last = folder.back();
#if defined(_WIN32)
  if (last == '\\' || last == ':') return folder + name;
#endif
  return last == '/' ? folder + name : folder + "/" + name;
}

/// Creates a folder and its parents, unless they exist. `who` is the name of the caller, for error texts. Throws
/// IoError.
inline void make_folder(const char* who, const std::string& folder) {
  std::error_code failure;
  std::filesystem::create_directories(native_path(folder), failure);
  if (failure) raise<IoError>(who, ": cannot create the folder \"", folder, "\": ", failure.message());
}

}  // namespace lamina::detail
