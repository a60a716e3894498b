#pragma once
#include <optional>

#include "lamina/layers/base/layer.hpp"
#include "lamina/ops/random.hpp"

// What layers with random numbers share.

namespace lamina {

/// The options of layers that add noise.
struct NoiseOptions {
  /// Seed of the random numbers. Default: the seed of the program.
  std::optional<std::uint64_t> seed = std::nullopt;
  std::string name = {};  ///< Name of the layer. Default: made from the class name.
};

namespace detail {

/// A noise shape with the input's sizes where it leaves them open.
inline Shape noise_shape_of(Shape noise, const Shape& input) {
  if (noise.rank() != input.rank())
    raise<ShapeError>("noise_shape ", noise, " must have as many axes as the input, which has shape ", input);
  for (Index i = 0; i < noise.rank(); ++i)
    if (noise[i] == unknown_size) noise[i] = input[i];
  return noise;
}

}  // namespace detail

}  // namespace lamina
