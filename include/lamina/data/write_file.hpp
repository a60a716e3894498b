#pragma once
#include <cstdio>
#include <string>
#include <string_view>

#include "lamina/core/error.hpp"

namespace lamina::detail {

/// Writes a file whole or not at all: into a new file beside it, which then takes its name. `writer` names who writes,
/// for errors.
inline void write_file(const char* writer, const std::string& path, std::string_view bytes) {
  constexpr int most_names = 100;
  std::string temporary;
  std::FILE* file = nullptr;
  for (int i = 0; i < most_names && file == nullptr; ++i) {
    temporary = path;
    temporary.append(".part").append(std::to_string(i));
    file = std::fopen(temporary.c_str(), "wbx");  // x: only where there is none of this name
  }
  if (file == nullptr)
    raise<IoError>(writer, " \"", path, "\": cannot make a file there. Does the folder exist, and may it be written?");
  bool written = bytes.empty() || std::fwrite(bytes.data(), 1, bytes.size(), file) == bytes.size();
  written = std::fclose(file) == 0 && written;
  if (!written) {
    std::remove(temporary.c_str());
    raise<IoError>(writer, " \"", path, "\": writing ", bytes.size(), " bytes failed. Is the disk full?");
  }
#if defined(_WIN32)
  std::remove(path.c_str());  // there, a file does not take the name of another
#endif
  if (std::rename(temporary.c_str(), path.c_str()) != 0) {
    std::remove(temporary.c_str());
    raise<IoError>(writer, " \"", path, "\": the written file cannot take this name. Is it that of a folder?");
  }
}

}  // namespace lamina::detail
