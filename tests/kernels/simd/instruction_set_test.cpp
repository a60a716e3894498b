#include <gtest/gtest.h>

#include <cstdlib>
#include <lamina/kernels/simd/instruction_set.hpp>
#include <lamina/kernels/simd/simd.hpp>
#include <string>

#include "support/environment_variable.hpp"
#include "support/warnings.hpp"

// Tests every version of the kernels that this machine can run: runs the tests of this folder again in a child process
// that uses a lower instruction set.

#if LAMINA_RUNTIME_ISA && defined(__linux__)
#include <sys/wait.h>
#include <unistd.h>

namespace lamina {
namespace {

int run_with_isa(const char* isa, const char* filter) {
  const pid_t child = fork();
  if (child == 0) {
    setenv("LAMINA_ISA", isa, 1);
    unsetenv("GTEST_OUTPUT");
    unsetenv("GTEST_SHARD_INDEX");
    unsetenv("GTEST_TOTAL_SHARDS");
    const std::string filter_flag = std::string("--gtest_filter=") + filter;
    execl("/proc/self/exe", "lamina_test_kernels", "--gtest_brief=1", filter_flag.c_str(), static_cast<char*>(nullptr));
    _exit(127);
  }
  int status = -1;
  if (child < 0 || waitpid(child, &status, 0) != child || !WIFEXITED(status)) return -1;
  return WEXITSTATUS(status);
}

constexpr const char* without_children = "-InstructionSet.*:InstructionSets/*:KernelTable.*";

class InstructionSets : public ::testing::TestWithParam<const char*> {};

TEST_P(InstructionSets, AllKernelsPass) { EXPECT_EQ(run_with_isa(GetParam(), without_children), 0); }

INSTANTIATE_TEST_SUITE_P(InstructionSets, InstructionSets, ::testing::Values("baseline", "avx2"),
                         [](const auto& parameter) { return std::string(parameter.param); });

TEST(InstructionSet, IsTheRequestedOne) {
  const char* asked = std::getenv("LAMINA_ISA");
  if (asked == nullptr) {
    EXPECT_EQ(run_with_isa("baseline", "InstructionSet.IsTheRequestedOne"), 0);
    EXPECT_EQ(run_with_isa("avx2", "InstructionSet.IsTheRequestedOne"), 0);
  } else if (std::string(asked) == "baseline") {
    EXPECT_EQ(kernels::machine_isa, kernels::Isa::baseline);
  } else {
    EXPECT_NE(kernels::machine_isa, kernels::Isa::avx512);
  }
}

TEST(InstructionSet, ByTheProcessorsInstructionIsThatOfTheCompilersFunction) {
  const testing_support::EnvironmentVariable none("LAMINA_ISA", nullptr);
  EXPECT_EQ(kernels::detail::isa_by_cpuid(), kernels::detect_isa());
}

TEST(InstructionSet, AnUnknownNameIsIgnoredWithAWarning) {
  const testing_support::EnvironmentVariable none("LAMINA_ISA", nullptr);
  const kernels::Isa best = kernels::detect_isa();
  for (const char* value : {"", "avx1024"}) {
    if (*value == '\0' && !testing_support::EnvironmentVariable::can_be_empty) continue;
    const testing_support::EnvironmentVariable bad("LAMINA_ISA", value);
    const testing_support::Warnings warnings;
    EXPECT_EQ(kernels::detect_isa(), best);
    EXPECT_NE(warnings.text().find(std::string("avx512, got \"") + value + "\""), std::string::npos) << warnings.text();
  }
}

}  // namespace
}  // namespace lamina
#endif
