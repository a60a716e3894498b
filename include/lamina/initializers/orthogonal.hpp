#pragma once
#include <cmath>
#include <vector>

#include "lamina/core/check_options.hpp"
#include "lamina/initializers/random.hpp"

namespace lamina {

struct OrthogonalOptions {
  double gain = 1.0;
  std::optional<std::uint64_t> seed = std::nullopt;
  template <class Self, class Field>
  static void fields(Self& self, Field&& field) {
    field("gain", self.gain);
    field("seed", self.seed);
  }
};

/// gain times a matrix whose columns (or rows, where there are more columns) are orthogonal and of length 1, evenly
/// distributed among all of these (Saxe et al., 2013); of a weight of higher rank all axes but the last are the rows.
/// Keras's Orthogonal.
class Orthogonal : public InitializerFunction {
 public:
  using Arguments = OrthogonalOptions;
  explicit Orthogonal(OrthogonalOptions options = {}) : options_(options) {
    detail::check_finite(options.gain, "gain", "Orthogonal");
  }
  const char* class_name() const noexcept override { return "Orthogonal"; }
  LAMINA_COLD Config get_config() const override { return config_of(options_); }
  std::optional<std::uint64_t> seed() const override { return options_.seed; }
  void fill(const Shape& shape, double* values, const RandomStream& random) const override {
    if (shape.rank() < 2) raise<ShapeError>("Orthogonal: expected a weight of rank 2 or more, got shape ", shape);
    const Index columns = shape.back(), rows = columns == 0 ? 0 : shape.size() / columns;
    // Normally distributed vectors, made orthogonal one after the other (twice, which is enough), point evenly in all
    // directions.
    const Index count = (std::min)(rows, columns), length = (std::max)(rows, columns);
    std::vector<double> vectors(static_cast<std::size_t>(count * length));
    detail::fill_normal(count * length, vectors.data(), 0.0, 1.0, random);
    for (Index i = 0; i < count; ++i) {
      double* v = vectors.data() + i * length;
      for (int pass = 0; pass < 2; ++pass)
        for (Index j = 0; j < i; ++j) {
          const double* u = vectors.data() + j * length;
          const double along = dot(length, u, v);
          for (Index k = 0; k < length; ++k) v[k] -= along * u[k];
        }
      const double scale = 1 / std::sqrt(dot(length, v, v));
      for (Index k = 0; k < length; ++k) v[k] *= scale;
    }
    for (Index i = 0; i < rows; ++i)
      for (Index j = 0; j < columns; ++j)
        values[i * columns + j] =
            options_.gain * vectors[static_cast<std::size_t>(rows > columns ? j * length + i : i * length + j)];
  }

 private:
  static double dot(Index n, const double* a, const double* b) {
    double sum = 0;
    for (Index k = 0; k < n; ++k) sum += a[k] * b[k];
    return sum;
  }
  OrthogonalOptions options_;
};

}  // namespace lamina
