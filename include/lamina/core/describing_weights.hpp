#pragma once

#include "lamina/core/macros.hpp"

namespace lamina::detail {

/// While it exists, `get_config` on the calling thread also describes models with C++ functions, which have no
/// configuration: for files of weights, whose formats need the structure of the model only.
class DescribingWeights {
 public:
  DescribingWeights() noexcept { ++depth(); }
  ~DescribingWeights() { --depth(); }
  DescribingWeights(const DescribingWeights&) = delete;
  DescribingWeights& operator=(const DescribingWeights&) = delete;
  /// Returns whether there is such an object.
  LAMINA_COLD static bool active() noexcept { return depth() > 0; }

 private:
  LAMINA_COLD static int& depth() noexcept {
    static constinit thread_local int count = 0;
    return count;
  }
};

}  // namespace lamina::detail
