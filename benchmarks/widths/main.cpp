// lamina_widths_plain [PART OF A NAME]: prints a line "name<tab>microseconds" for each case, the minimum of several
// runs.
#include <algorithm>
#include <chrono>
#include <cstdio>

#include "widths.hpp"

namespace {

double microseconds(const std::function<void()>& run) {
  using Clock = std::chrono::steady_clock;
  const auto time = [&](int times) {
    const auto start = Clock::now();
    for (int i = 0; i < times; ++i) run();
    return std::chrono::duration<double, std::micro>(Clock::now() - start).count() / times;
  };
  for (int i = 0; i < 3; ++i) run();
  const int times = std::clamp(static_cast<int>(2000 / time(1)), 1, 1000);  // two milliseconds
  double least = time(times);
  for (int i = 0; i < 7; ++i) least = std::min(least, time(times));
  return least;
}

}  // namespace

int main(int argc, char** argv) {
  lamina::set_num_threads(1);
  widths::Cases cases;
  widths::add_operations(cases);
  widths::add_activations(cases);
  widths::add_layers(cases);
  widths::add_sequence_layers(cases);
  widths::add_optimizers(cases);
  for (const auto& [name, run] : cases)
    if (argc < 2 || name.find(argv[1]) != std::string::npos) std::printf("%s\t%.3f\n", name.c_str(), microseconds(run));
}
