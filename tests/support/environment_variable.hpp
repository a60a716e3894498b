#pragma once
#include <cstdlib>
#include <optional>
#include <string>

namespace lamina::testing_support {

/// Sets an environment variable during its lifetime, or removes it if the value is null.
class EnvironmentVariable {
 public:
#if defined(_WIN32)
  static constexpr bool can_be_empty = false;  // on Windows, an empty value removes the variable
#else
  static constexpr bool can_be_empty = true;
#endif
  EnvironmentVariable(const char* name, const char* value) : name_(name) {
    if (const char* before = std::getenv(name)) before_ = before;
    set(value);
  }
  ~EnvironmentVariable() { set(before_ ? before_->c_str() : nullptr); }
  EnvironmentVariable(const EnvironmentVariable&) = delete;
  EnvironmentVariable& operator=(const EnvironmentVariable&) = delete;

 private:
  void set(const char* value) const {
#if defined(_WIN32)
    _putenv_s(name_, value != nullptr ? value : "");
#else
    if (value != nullptr)
      setenv(name_, value, 1);
    else
      unsetenv(name_);
#endif
  }
  const char* name_;
  std::optional<std::string> before_;
};

}  // namespace lamina::testing_support
