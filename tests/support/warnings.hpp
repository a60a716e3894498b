#pragma once
#include <mutex>
#include <string>
#include <vector>

#include "lamina/core/warning.hpp"

namespace lamina::testing_support {

/// Collects lamina's warnings during its lifetime. Only one object may exist at a time.
class Warnings {
 public:
  Warnings() : before_(set_warning_handler(&take)) { texts().clear(); }
  ~Warnings() { set_warning_handler(before_); }
  Warnings(const Warnings&) = delete;
  Warnings& operator=(const Warnings&) = delete;

  std::size_t count() const { return texts().size(); }
  /// Returns all warnings, one per line.
  std::string text() const {
    std::string all;
    for (const std::string& one : texts()) all += one + "\n";
    return all;
  }

 private:
  static void take(std::string_view message) {
    static std::mutex mutex;
    const std::lock_guard lock(mutex);
    texts().emplace_back(message);
  }
  static std::vector<std::string>& texts() {
    static std::vector<std::string> collected;
    return collected;
  }
  WarningHandler before_;
};

}  // namespace lamina::testing_support
