#pragma once
#include <gtest/gtest.h>

#include <clocale>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <locale>
#include <string>

#include "support/temporary_file.hpp"

namespace lamina::testing_support {

/// During its lifetime, C and C++ write 1234,5 or 1.234,5 for 1234.5, as in a German locale. If no such locale is
/// installed, one is generated for glibc. `works()` returns whether it is available.
class CommaLocale {
 public:
  CommaLocale() : before_(std::setlocale(LC_ALL, nullptr)) {
    for (const char* name : {"de_DE.UTF-8", "de_DE.utf8", "fr_FR.UTF-8", "de_DE", "German"})
      if (set(name)) break;
#if defined(__GLIBC__)
    if (!works()) {
      const TemporaryFolder folder;
      std::filesystem::create_directory(folder.path() + "/comma_locale");
      folder.write("comma_locale/LC_NUMERIC", compiled_numeric_category());
      setenv("LOCPATH", folder.path().c_str(), 1);
      set("comma_locale");
      unsetenv("LOCPATH");
    }
#endif
    cpp_before_ = std::locale::global(std::locale(std::locale::classic(), new Comma));
  }
  ~CommaLocale() {
    std::locale::global(cpp_before_);
    std::setlocale(LC_ALL, before_.c_str());
  }
  CommaLocale(const CommaLocale&) = delete;
  CommaLocale& operator=(const CommaLocale&) = delete;

  static bool works() {
    char half[8];
    std::snprintf(half, sizeof half, "%.1f", 0.5);
    return std::string(half) == "0,5";
  }

 private:
  struct Comma : std::numpunct<char> {
    char do_decimal_point() const override { return ','; }
    char do_thousands_sep() const override { return '.'; }
    std::string do_grouping() const override { return "\3"; }
  };
  /// Returns the file that localedef writes for LC_NUMERIC: a header with the offsets of six fields, and the fields:
  /// the separators as strings, the grouping, the separators as wide characters, and the code set.
  static std::string compiled_numeric_category() {
    std::string bytes;
    for (const std::uint32_t word : {0x20031114U, 6U, 32U, 34U, 36U, 40U, 44U, 48U})
      bytes.append(reinterpret_cast<const char*>(&word), sizeof word);
    bytes.append(",\0.\0\3\3\0\0", 8);
    for (const std::uint32_t character : {0x2cU, 0x2eU})
      bytes.append(reinterpret_cast<const char*>(&character), sizeof character);
    return bytes.append("UTF-8", 6);
  }
  static bool set(const char* name) { return std::setlocale(LC_NUMERIC, name) != nullptr && works(); }

  std::string before_;
  std::locale cpp_before_;
};

}  // namespace lamina::testing_support
