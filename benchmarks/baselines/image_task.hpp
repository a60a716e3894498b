#pragma once

#include <string>
#include <vector>

#include "data.hpp"

namespace baselines {

/// A layer applied to a batch of square images, by its Keras name; windows of 2 x 2, kernels of 3 x 3 with padding
/// "same", as many filters as channels.
struct ImageTask {
  std::string layer;
  Index batch, side, channels;

  Index inputs() const { return batch * side * side * channels; }
  Index output_side() const {
    if (layer == "MaxPooling2D" || layer == "AveragePooling2D") return side / 2;
    if (layer == "GlobalAveragePooling2D") return 1;
    return layer == "UpSampling2D" ? 2 * side : side;
  }
  Index outputs() const { return batch * output_side() * output_side() * channels; }
  bool depthwise() const { return layer == "DepthwiseConv2D" || layer == "SeparableConv2D"; }
  bool separable() const { return layer == "SeparableConv2D"; }
};

inline std::vector<float> random_values(Index count) {
  const Row values = Row::Random(count);
  return {values.data(), values.data() + count};
}

}  // namespace baselines
