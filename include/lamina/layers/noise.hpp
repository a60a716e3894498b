#pragma once
#include <optional>

#include "lamina/kernels/threads.hpp"
#include "lamina/layers/layer.hpp"

// What layers with random numbers share.

namespace lamina {

struct NoiseOptions {
  std::optional<std::uint64_t> seed = std::nullopt;  ///< in place of the program's seed
  std::string name = {};
};

namespace detail {

/// The random numbers of a layer's use, by the layer's own seed where it has one.
inline RandomStream noise_stream(const std::optional<std::uint64_t>& seed) {
  const RandomStream random = CallContext::random_stream();
  return seed ? random.with_seed(*seed) : random;
}

/// Normally distributed numbers of the shape.
template <class S>
Tensor<S> normal_noise(const Shape& shape, double mean, double stddev, const RandomStream& random) {
  Tensor<S> noise = Tensor<S>::empty(shape);
  S* values = TensorAccess::data(noise);
  kernels::parallel_ranges(shape.size(), 64, 2048, [&](Index begin, Index end) {
    for (Index i = begin; i < end; ++i)
      values[i] = static_cast<S>(std::fma(random.normal(static_cast<std::uint64_t>(i)), stddev, mean));
  });
  return noise;
}

/// A noise shape with the input's sizes where it leaves them open.
inline Shape noise_shape_of(Shape noise, const Shape& input) {
  if (noise.rank() != input.rank())
    raise<ShapeError>("noise_shape ", noise, " must have as many axes as the input, which has shape ", input);
  for (Index i = 0; i < noise.rank(); ++i)
    if (noise[i] == None) noise[i] = input[i];
  return noise;
}

}  // namespace detail

}  // namespace lamina
