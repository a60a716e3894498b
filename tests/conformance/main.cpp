// keras_conformance DIR [--group NAME] [--filter TEXT] [--every N] [--report FILE]
//
// Runs the cases that Keras computed, DIR/<group>/<case>/{case.json, data.npz}, through lamina's public registries, and
// compares values and gradients; with --every N, only every N-th case. The last line is `N passed, N failed, N
// unsupported`. The exit code is 1 if a case failed, 2 if no case could be run.
#include <algorithm>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

#include "case.hpp"

namespace {

using namespace lamina::conformance;

struct Arguments {
  std::string directory, group, filter, report, every = "1";
  /// Returns 0 if the text is not a number.
  std::size_t step() const {
    return every.find_first_not_of("0123456789") == std::string::npos ? std::stoul("0" + every) : 0;
  }
};

struct Count {
  std::string group;
  int passed = 0, failed = 0, unsupported = 0;
  int cases() const { return passed + failed + unsupported; }
};

int usage() {
  std::fputs("Usage: keras_conformance DIR [--group NAME] [--filter TEXT] [--every N] [--report FILE]\n", stderr);
  return 2;
}

bool parse(int count, char** values, Arguments& arguments) {
  for (int i = 1; i < count; ++i) {
    const std::string value = values[i];
    std::string* option = value == "--group"    ? &arguments.group
                          : value == "--filter" ? &arguments.filter
                          : value == "--every"  ? &arguments.every
                          : value == "--report" ? &arguments.report
                                                : nullptr;
    if (option != nullptr) {
      if (++i == count) return false;
      *option = values[i];
    } else if (arguments.directory.empty() && value.rfind("--", 0) != 0) {
      arguments.directory = value;
    } else {
      return false;
    }
  }
  return !arguments.directory.empty() && arguments.step() > 0;
}

/// Returns the sorted folders of cases; the names of the two innermost folders are group and case.
std::vector<std::filesystem::path> find_cases(const Arguments& arguments) {
  std::vector<std::filesystem::path> found;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(arguments.directory)) {
    if (entry.path().filename() != "case.json") continue;
    const std::filesystem::path folder = std::filesystem::absolute(entry.path()).lexically_normal().parent_path();
    const std::string group = folder.parent_path().filename().string();
    if (!arguments.group.empty() && group != arguments.group) continue;
    if ((group + "/" + folder.filename().string()).find(arguments.filter) == std::string::npos) continue;
    found.push_back(folder);
  }
  std::sort(found.begin(), found.end());
  std::size_t kept = 0;
  for (std::size_t i = 0; i < found.size(); i += arguments.step()) found[kept++] = found[i];
  found.resize(kept);
  return found;
}

void say(const char* what, const std::string& name, const std::string& why) {
  std::printf("%s %s: %s\n", what, name.c_str(), why.c_str());
}

void run_case(const std::filesystem::path& folder, Count& count) {
  const std::string id = folder.filename().string(), name = count.group + "/" + id;
  RunCase run = nullptr;
  for (const Group& group : groups)
    if (group.name == count.group) run = group.run;
  if (run == nullptr) {
    say("UNSUPPORTED", name, "no cases of this group are run");
    ++count.unsupported;
    return;
  }
  std::vector<std::string> failures;
  try {
    const Case c(count.group, id, folder.string());
    Check check(c);
    try {
      run(c, check);
      if (check.comparisons() == 0) check.fail("case", "nothing in it was compared");
    } catch (const std::exception& error) {
      check.fail("error", error.what());
    }
    failures = check.failures();
  } catch (const Unsupported& unsupported) {
    say("UNSUPPORTED", name, unsupported.what);
    ++count.unsupported;
    return;
  } catch (const std::exception& error) {
    failures.push_back(error.what());
  }
  for (const std::string& failure : failures) say("FAILED", name, failure);
  ++(failures.empty() ? count.passed : count.failed);
}

void print_table(const std::vector<Count>& counts) {
  std::printf("\n%-16s %7s %7s %7s %12s\n", "group", "cases", "passed", "failed", "unsupported");
  for (const Count& c : counts)
    std::printf("%-16s %7d %7d %7d %12d\n", c.group.c_str(), c.cases(), c.passed, c.failed, c.unsupported);
  std::printf("\n");
}

bool write_report(const std::string& path, const std::vector<Count>& counts, const Count& total) {
  std::ofstream file(path);
  file << "| group | cases | passed |\n|---|---:|---:|\n";
  for (const Count& c : counts) file << "| " << c.group << " | " << c.cases() << " | " << c.passed << " |\n";
  file << "| **all** | " << total.cases() << " | " << total.passed << " |\n";
  file.close();
  return !file.fail();
}

int run(const Arguments& arguments) {
  std::vector<Count> counts;
  const auto folders = find_cases(arguments);
  for (const auto& folder : folders) {
    const std::string group = folder.parent_path().filename().string();
    if (counts.empty() || counts.back().group != group) counts.push_back({group});
    run_case(folder, counts.back());
  }
  if (folders.empty()) {
    std::fprintf(stderr, "keras_conformance: there is no such case in \"%s\"\n", arguments.directory.c_str());
    return 2;
  }
  Count total;
  for (const Count& c : counts) {
    total.passed += c.passed;
    total.failed += c.failed;
    total.unsupported += c.unsupported;
  }
  print_table(counts);
  if (!arguments.report.empty() && !write_report(arguments.report, counts, total)) {
    std::fprintf(stderr, "keras_conformance: \"%s\" cannot be written\n", arguments.report.c_str());
    return 2;
  }
  std::printf("%d passed, %d failed, %d unsupported\n", total.passed, total.failed, total.unsupported);
  return total.failed > 0 ? 1 : 0;
}

}  // namespace

int main(int count, char** values) {
  Arguments arguments;
  if (!parse(count, values, arguments)) return usage();
  try {
    return run(arguments);
  } catch (const std::exception& error) {
    std::fprintf(stderr, "keras_conformance: %s\n", error.what());
    return 2;
  }
}
