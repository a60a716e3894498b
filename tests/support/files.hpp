#pragma once
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>

namespace lamina::testing_support {

/// Returns the bytes of a file.
inline std::string slurp(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

/// Returns the number of entries of a folder.
inline std::size_t files_in(const std::string& folder) {
  std::size_t count = 0;
  for ([[maybe_unused]] const auto& entry : std::filesystem::directory_iterator(folder)) ++count;
  return count;
}

/// Returns the path of a file that Keras wrote.
inline std::string golden_file(const char* path) { return std::string(LAMINA_TEST_DATA_DIR) + "/keras/" + path; }

}  // namespace lamina::testing_support
