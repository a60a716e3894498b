#pragma once
#include <filesystem>
#include <string>
#include <system_error>

#include "lamina/data/file.hpp"

namespace lamina::detail {

/// A name for std::filesystem, which takes narrow ones for the system's code page on Windows.
inline std::filesystem::path native_path(const std::string& name) {
#if defined(_WIN32)
  return wide_name(name);
#else
  return name;
#endif
}

/// The name of a file in a folder.
inline std::string in_folder(const std::string& folder, const std::string& name) {
  if (folder.empty()) return name;
  const char last = folder.back();
#if defined(_WIN32)
  if (last == '\\' || last == ':') return folder + name;
#endif
  return last == '/' ? folder + name : folder + "/" + name;
}

/// Makes a folder, and those that it is in, unless it exists. `who` makes it, for errors.
inline void make_folder(const char* who, const std::string& folder) {
  std::error_code failure;
  std::filesystem::create_directories(native_path(folder), failure);
  if (failure) raise<IoError>(who, ": the folder \"", folder, "\" cannot be made: ", failure.message());
}

}  // namespace lamina::detail
