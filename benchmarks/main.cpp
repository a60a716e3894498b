// lamina_benchmarks [--report FILE] [ARGUMENTS OF GOOGLE BENCHMARK]...
//
// With --report, the times of lamina, of the hand-written Eigen program and of LibTorch are also written to FILE, as a
// Markdown table with one line per task in alphabetical order; medians if there are repetitions.
#include <benchmark/benchmark.h>

#include <array>
#include <cstdio>
#include <cstring>
#include <map>
#include <string>
#include <vector>

namespace {

constexpr std::size_t programs = 3;  // lamina, hand, torch

/// The times of one task, in seconds; 0 if a program does not implement it.
using Times = std::array<double, programs>;

/// Prints to the console as the base class does, and stores the times for the table.
class TableReporter : public benchmark::ConsoleReporter {
 public:
  void ReportRuns(const std::vector<Run>& runs) override {
    ConsoleReporter::ReportRuns(runs);
    for (const Run& run : runs)
      if (run.repetitions <= 1 ? run.run_type == Run::RT_Iteration : run.aggregate_name == "median") add(run);
  }

  bool write(const char* path) const {
    std::FILE* file = std::fopen(path, "w");
    if (file == nullptr) return false;
    std::fputs(
        "| task | lamina | Eigen by hand | LibTorch | to Eigen | to LibTorch |\n|---|---:|---:|---:|---:|---:|\n",
        file);
    for (const auto& [task, times] : rows_) {
      const auto [lamina, hand, torch] = times;
      if (lamina == 0 || hand + torch == 0) continue;
      std::fprintf(file, "| %s | %s | %s | %s | %s | %s |\n", task.c_str(), time(lamina).c_str(), time(hand).c_str(),
                   time(torch).c_str(), ratio(lamina, hand).c_str(), ratio(lamina, torch).c_str());
    }
    return std::fclose(file) == 0;
  }

 private:
  void add(const Run& run) {
    std::size_t program = programs;
    std::string task;
    const std::string name = run.run_name.str();
    for (std::size_t begin = 0; begin <= name.size();) {
      const std::size_t end = std::min(name.find('/', begin), name.size());
      const std::string part = name.substr(begin, end - begin);
      begin = end + 1;
      if (part == "lamina") {
        program = 0;
      } else if (part == "hand" || part == "hand_dynamic") {
        program = 1;
      } else if (part == "torch") {
        program = 2;
      } else if (part != "real_time" && part != "process_time") {
        if (!task.empty()) task += '/';
        task += part;
      }
    }
    if (program == programs) return;
    rows_[task][program] = run.GetAdjustedRealTime() / benchmark::GetTimeUnitMultiplier(run.time_unit);
  }

  static std::string time(double seconds) {
    if (seconds == 0) return "";
    static constexpr const char* units[] = {"s", "ms", "µs", "ns"};
    int unit = 0;
    for (; unit < 3 && seconds < 1; ++unit) seconds *= 1000;
    char text[32];
    std::snprintf(text, sizeof(text), "%.3g %s", seconds, units[unit]);
    return text;
  }
  static std::string ratio(double a, double b) {
    char text[32] = "";
    if (b != 0) std::snprintf(text, sizeof(text), a / b < 0.1 ? "%.4f" : "%.2f", a / b);
    return text;
  }

  std::map<std::string, Times> rows_;
};

}  // namespace

int main(int argc, char** argv) {
  const char* report = nullptr;
  for (int i = 1; i + 1 < argc; ++i) {
    if (std::strcmp(argv[i], "--report") != 0) continue;
    report = argv[i + 1];
    for (int j = i; j + 2 <= argc; ++j) argv[j] = argv[j + 2];  // including the null pointer at the end
    argc -= 2;
    break;
  }
  benchmark::Initialize(&argc, argv);
  if (benchmark::ReportUnrecognizedArguments(argc, argv)) return 1;
  TableReporter reporter;
  benchmark::RunSpecifiedBenchmarks(&reporter);
  benchmark::Shutdown();
  if (report != nullptr && !reporter.write(report)) {
    std::fprintf(stderr, "lamina_benchmarks: \"%s\" cannot be written\n", report);
    return 1;
  }
  return 0;
}
