#pragma once
#include <memory>
#include <optional>

#include "lamina/core/arguments.hpp"
#include "lamina/core/random.hpp"
#include "lamina/core/tensor.hpp"

namespace lamina {

/// How a weight's first value is made. Values are made in double and rounded to the weight's scalar, so float and
/// double models start from the same numbers. Derive to write one; give it to a layer by name, or as an object.
class InitializerFunction {
 public:
  using StrategyBase = const InitializerFunction;
  virtual ~InitializerFunction() = default;
  virtual const char* class_name() const noexcept = 0;
  /// The arguments under Keras's names.
  LAMINA_COLD virtual Config get_config() const { return Config::map(); }
  /// Writes `shape.size()` row-major values. `random` is this weight's own stream.
  virtual void fill(const Shape& shape, double* values, const RandomStream& random) const = 0;
  /// The seed that was asked for; without one, weights draw from the program's seed.
  virtual std::optional<std::uint64_t> seed() const { return std::nullopt; }
  /// The same where these axes of a weight count as a unit's inputs and outputs; null where that is known already, or
  /// makes no difference.
  LAMINA_COLD virtual std::shared_ptr<const InitializerFunction> with_axes(
      const std::vector<Index>& /*inputs*/, const std::vector<Index>& /*outputs*/) const {
    return nullptr;
  }
};

namespace detail {
/// What a weight is fed from and feeds: for a dense kernel its rows and columns, for a convolution times the window's
/// size.
struct Fans {
  double in, out;
  LAMINA_COLD explicit Fans(const Shape& shape) {
    const Index rank = shape.rank();
    if (rank == 0) {
      in = out = 1;
    } else if (rank == 1) {
      in = out = static_cast<double>(shape[0]);
    } else {
      double window = 1;
      for (Index i = 0; i + 2 < rank; ++i) window *= static_cast<double>(shape[i]);
      in = static_cast<double>(shape[-2]) * window;
      out = static_cast<double>(shape[-1]) * window;
    }
  }
  /// With the axes of inputs and outputs named.
  LAMINA_COLD Fans(const char* who, const Shape& shape, const std::vector<Index>& inputs,
                   const std::vector<Index>& outputs)
      : in(1), out(1) {
    double window = static_cast<double>(shape.size());
    const auto take = [&](const std::vector<Index>& axes, double& fan) {
      for (const Index axis : axes) {
        if (axis < -shape.rank() || axis >= shape.rank())
          raise<ValueError>(who, ": input_axes and output_axes must be axes of the weight of shape ", shape, ", got ",
                            axis);
        fan *= static_cast<double>(shape[axis]);
      }
      window = fan > 0 ? window / fan : 0;
    };
    take(inputs, in);
    take(outputs, out);
    in *= window;
    out *= window;
  }
};
}  // namespace detail

}  // namespace lamina
