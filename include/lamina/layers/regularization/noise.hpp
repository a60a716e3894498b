#pragma once
#include <optional>

#include "lamina/layers/base/layer.hpp"
#include "lamina/ops/random.hpp"

// Options and functions of the layers that use random numbers.

namespace lamina {

/// The options of GaussianNoise and GaussianDropout.
struct NoiseOptions {
  /// Seed of the random numbers. Default: the seed of the program.
  std::optional<std::uint64_t> seed = std::nullopt;
  std::string name = {};  ///< Name of the layer. Default: made from the class name.
};

namespace detail {

/// Replaces the sizes None of a noise shape by those of the input. Throws a ShapeError for different ranks.
inline Shape noise_shape_of(Shape noise, const Shape& input) {
  if (noise.rank() != input.rank())
    raise<ShapeError>("noise_shape: expected rank ", input.rank(), " for an input of shape ", input, ", got ", noise);
  for (Index i = 0; i < noise.rank(); ++i)
    if (noise[i] == unknown_size) noise[i] = input[i];
  return noise;
}

}  // namespace detail

}  // namespace lamina
