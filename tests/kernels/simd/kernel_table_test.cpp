#include "kernels/simd/kernel_table.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <limits>
#include <map>
#include <regex>
#include <set>
#include <sstream>

#include "support/environment_variable.hpp"
#include "support/temporary_file.hpp"

// The table of kernels is complete; every kernel has a version for each instruction set, and all versions compute the
// same.

namespace lamina {
namespace {

using testing_support::Arrays;
using testing_support::kernel_table;

/// Kernels without vectorized inner kernels: they copy memory, select rows, or count.
const std::set<std::string> without_lanes = {
    "gather_rows",
    "lookup",
    "strided_copy",
    "max_pool_gather",
    "to_time_major",
    "from_time_major",
    "pack_panels",
    "first_bad_index",
    "touch_rows",
    "row_major_steps",
    "gathered_panel",
    "window_count",
    "normalization_scratch",
    "normalize_rows_scratch",
    "squares_are_exact",
    "scaled_squares",
    "scaling_exponent",  // handles numbers whose squares overflow
    "scaled_squares_of",
    "parallel_ranges",
    "parallel_lanes",
    "with_lanes",
    "set_num_threads",
    "set_parallel_for",
    "work_of",
    "num_threads",
};

/// Returns the functions that the headers of include/lamina/kernels define outside of `detail`, by header.
std::map<std::string, std::set<std::string>> functions_of_headers() {
  namespace fs = std::filesystem;
  const fs::path folder = fs::path(LAMINA_TEST_DATA_DIR) / ".." / ".." / "include" / "lamina" / "kernels";
  const std::regex function(R"(^(?:[\w:]+(?:<[\w, ]+>)?[ *&]+)+(\w+)\(.*)"), ends(R"(^\}  // namespace .*detail.*)"),
      begins(R"(^namespace (?:[\w:]*::)?detail.*)"), no_function(R"(^(?:return|using|struct|class|enum|#|//).*)");
  std::map<std::string, std::set<std::string>> functions;
  for (const auto& entry : fs::recursive_directory_iterator(folder)) {
    if (entry.path().extension() != ".hpp" || entry.path().parent_path().filename() == "simd") continue;
    std::ifstream file(entry.path());
    int depth = 0;
    std::set<std::string>& found = functions[entry.path().filename().string()];
    std::smatch match;
    for (std::string line; std::getline(file, line);) {
      if (std::regex_match(line, begins)) ++depth;
      if (std::regex_match(line, ends)) --depth;
      if (depth == 0 && !std::regex_match(line, no_function) && std::regex_match(line, match, function))
        found.insert(match[1]);
    }
  }
  return functions;
}

TEST(KernelTable, HasEveryKernel) {
  std::set<std::string> in_table;
  for (const auto& kernel : kernel_table<float>()) in_table.insert(kernel.name);
  const auto functions = functions_of_headers();
  ASSERT_GT(functions.size(), 20u);
  std::set<std::string> all;
  for (const auto& [header, names] : functions)
    for (const std::string& name : names) {
      all.insert(name);
      EXPECT_TRUE(in_table.count(name) + without_lanes.count(name) == 1)
          << header << ": " << name << " belongs in the table of tests/kernels/simd/kernel_table.hpp";
    }
  for (const std::string& name : in_table) EXPECT_TRUE(all.count(name) == 1) << name << " is not a kernel";
}

#if LAMINA_RUNTIME_ISA && defined(__linux__)
}  // namespace
}  // namespace lamina

#include <elf.h>
#include <sys/wait.h>
#include <unistd.h>

namespace lamina {
namespace {

constexpr const char* output = "LAMINA_KERNEL_TABLE";  // file to which a child process writes its values

template <class S>
std::vector<std::vector<double>> values() {
  std::vector<std::vector<double>> all;
  for (const auto& kernel : kernel_table<S>()) {
    Arrays<S> arrays;
    kernel.run(arrays);
    all.push_back(arrays.written());
  }
  return all;
}

/// Returns the values that a child process computes with an instruction set.
template <class S>
std::vector<std::vector<double>> values_with(const char* isa, const std::string& file) {
  const std::string filter = std::string("--gtest_filter=KernelTable.ValuesIn") + (sizeof(S) == 4 ? "Float" : "Double");
  const pid_t child = fork();
  if (child == 0) {
    setenv("LAMINA_ISA", isa, 1);
    setenv(output, file.c_str(), 1);
    for (const char* name : {"GTEST_OUTPUT", "GTEST_SHARD_INDEX", "GTEST_TOTAL_SHARDS"}) unsetenv(name);
    execl("/proc/self/exe", "lamina_test_kernels", "--gtest_brief=1", filter.c_str(), static_cast<char*>(nullptr));
    _exit(127);
  }
  int status = -1;
  if (child < 0 || waitpid(child, &status, 0) != child || !WIFEXITED(status) || WEXITSTATUS(status) != 0) return {};
  std::vector<std::vector<double>> all;
  std::ifstream in(file, std::ios::binary);
  for (std::uint64_t count = 0; in.read(reinterpret_cast<char*>(&count), sizeof count);) {
    auto& array = all.emplace_back(count);
    in.read(reinterpret_cast<char*>(array.data()), static_cast<std::streamsize>(count * sizeof(double)));
  }
  return all;
}

template <class S>
void compare_sets() {
  const auto own = values<S>();
  if (const char* file = std::getenv(output)) {
    std::ofstream out(file, std::ios::binary);
    for (const auto& array : own) {
      const std::uint64_t count = array.size();
      out.write(reinterpret_cast<const char*>(&count), sizeof count);
      out.write(reinterpret_cast<const char*>(array.data()), static_cast<std::streamsize>(count * sizeof(double)));
    }
    return;
  }
  const testing_support::TemporaryFolder folder;
  const double tolerance = 200 * static_cast<double>(std::numeric_limits<S>::epsilon());
  for (const char* isa : {"baseline", "avx2", "avx512"}) {
    const auto other = values_with<S>(isa, folder.path() + "/" + isa);
    ASSERT_EQ(other.size(), own.size()) << isa;
    for (std::size_t k = 0; k < own.size(); ++k) {
      const char* name = kernel_table<S>()[k].name;
      ASSERT_EQ(other[k].size(), own[k].size()) << isa << ", " << name;
      ASSERT_FALSE(own[k].empty()) << name;
      for (std::size_t i = 0; i < own[k].size(); ++i) {
        ASSERT_TRUE(std::isfinite(own[k][i])) << name << ", element " << i;
        ASSERT_NEAR(other[k][i], own[k][i], tolerance * std::max(1.0, std::abs(own[k][i])))
            << isa << ", " << name << ", element " << i;
      }
    }
  }
}

TEST(KernelTable, ValuesInFloat) { compare_sets<float>(); }
TEST(KernelTable, ValuesInDouble) { compare_sets<double>(); }

/// Returns the mangled names of this program's functions.
std::vector<std::string> symbols() {
  std::ifstream file("/proc/self/exe", std::ios::binary);
  const std::vector<char> image(std::istreambuf_iterator<char>(file), {});
  Elf64_Ehdr header;
  std::memcpy(&header, image.data(), sizeof header);
  const auto section = [&](std::size_t i) {
    Elf64_Shdr s;
    std::memcpy(&s, image.data() + header.e_shoff + i * sizeof s, sizeof s);
    return s;
  };
  std::vector<std::string> names;
  for (std::size_t i = 0; i < header.e_shnum; ++i) {
    const Elf64_Shdr table = section(i);
    if (table.sh_type != SHT_SYMTAB) continue;
    const char* strings = image.data() + section(table.sh_link).sh_offset;
    for (std::size_t at = 0; at < table.sh_size; at += sizeof(Elf64_Sym)) {
      Elf64_Sym symbol;
      std::memcpy(&symbol, image.data() + table.sh_offset + at, sizeof symbol);
      if (ELF64_ST_TYPE(symbol.st_info) == STT_FUNC) names.emplace_back(strings + symbol.st_name);
    }
  }
  return names;
}

TEST(KernelTable, EveryKernelHasAVersionForEverySet) {
  std::vector<std::string> sets = {"compiled", "avx512"};
#if !LAMINA_COMPILED_FOR_AVX2
  sets.push_back("avx2");
#endif
  std::map<std::string, std::string> versions;  // by instruction set; all names in one string
  for (const std::string& name : symbols())
    for (const std::string& set : sets)
      for (const char* function : {"run_", "range_", "map_"}) {
        const std::string mangled = function + set;
        if (name.find(std::to_string(mangled.size()) + mangled + "I") != std::string::npos)
          versions[set] += name + "\n";
      }
  if (versions.empty()) GTEST_SKIP() << "the program has no symbol table";
  for (const auto& kernel : kernel_table<float>()) {
    const auto inner = kernel.inner.empty() ? std::vector<const char*>{kernel.name} : kernel.inner;
    for (const std::string name : inner)
      for (const std::string& set : sets)
        for (const char scalar : {'f', 'd'}) {
          bool found = false;
          std::istringstream lines(versions[set]);
          const std::string length = std::to_string(name.size()) + name;
          for (std::string line; !found && std::getline(lines, line);) {
            const auto at = line.find("_" + set + "I");
            found =
                line.find(length) != std::string::npos && (line[at + set.size() + 2] == scalar || name == "dropout");
          }
          EXPECT_TRUE(found) << kernel.name << ": " << name << " has no version for " << set << " in "
                             << (scalar == 'f' ? "float" : "double");
        }
  }
}

}  // namespace
#else
}  // namespace
#endif
}  // namespace lamina
