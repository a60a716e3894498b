#pragma once

#include <benchmark/benchmark.h>

#include <memory>

#include "image_task.hpp"

namespace baselines {

/// Registers the benchmarks of a task, `layer_forward/who` and `layer_backward/who`.
template <class Make>
void register_images(const ImageTask& task, const char* who, int threads, const Make& make) {
  const std::string size = "/" + std::to_string(task.batch) + "x" + std::to_string(task.side) + "x" +
                           std::to_string(task.side) + "x" + std::to_string(task.channels) +
                           "/threads:" + std::to_string(threads);
  for (const bool back : {false, true})
    benchmark::RegisterBenchmark((task.layer + (back ? "_backward/" : "_forward/") + who + size).c_str(),
                                 [=](benchmark::State& state) {
                                   const auto images = make(task, threads);
                                   for (auto _ : state) {
                                     back ? images->backward() : images->forward();
                                     benchmark::ClobberMemory();
                                   }
                                 })
        ->Unit(benchmark::kMicrosecond)
        ->UseRealTime();
}

}  // namespace baselines
