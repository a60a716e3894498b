#pragma once
#include <cmath>
#include <vector>

#include "lamina/core/check_options.hpp"
#include "lamina/initializers/random.hpp"

namespace lamina {

/// Options of Orthogonal.
struct OrthogonalOptions {
  double gain = 1.0;                                 ///< Factor of the matrix; finite. Default: 1.
  std::optional<std::uint64_t> seed = std::nullopt;  ///< Random seed; if empty, the global seed. Default: empty.
  template <class Self, class Field>
  static void fields(Self& self, Field&& field) {
    field("gain", self.gain);
    field("seed", self.seed);
  }
};

/// A random orthogonal matrix times `gain` (Saxe et al., 2013): its columns, or its rows if there are more columns than
/// rows, are orthonormal. The matrix is uniformly distributed. A weight of higher rank is viewed as a matrix of (all
/// axes but the last, last axis). Throws ShapeError for rank 0 and 1, ValueError for an invalid gain. Keras:
/// `keras.initializers.Orthogonal`.
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
    // Gram-Schmidt, with one reorthogonalization, of normally distributed vectors, whose directions are uniform.
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
