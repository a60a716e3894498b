#pragma once
#include <algorithm>

#include "lamina/core/check_options.hpp"
#include "lamina/initializers/initializer.hpp"

namespace lamina {

/// Options of Constant.
struct ConstantOptions {
  double value = 0.0;  ///< Value of all elements. Default: 0.
  template <class Self, class Field>
  static void fields(Self& self, Field&& field) {
    field("value", self.value);
  }
};

/// Sets all elements to the same value. Keras: `keras.initializers.Constant`.
class Constant : public InitializerFunction {
 public:
  using Arguments = ConstantOptions;
  explicit Constant(ConstantOptions options = {}) : options_(options) {}
  /// Sets all elements to `value`.
  explicit Constant(double value) : options_{value} {}
  const char* class_name() const noexcept override { return "Constant"; }
  LAMINA_COLD Config get_config() const override { return config_of(options_); }
  void fill(const Shape& shape, double* values, const RandomStream&) const override {
    std::fill_n(values, shape.size(), options_.value);
  }

 private:
  ConstantOptions options_;
};

/// Sets all elements to 0. Keras: `keras.initializers.Zeros`.
class Zeros : public InitializerFunction {
 public:
  const char* class_name() const noexcept override { return "Zeros"; }
  void fill(const Shape& shape, double* values, const RandomStream&) const override {
    std::fill_n(values, shape.size(), 0.0);
  }
};

/// Sets all elements to 1. Keras: `keras.initializers.Ones`.
class Ones : public InitializerFunction {
 public:
  const char* class_name() const noexcept override { return "Ones"; }
  void fill(const Shape& shape, double* values, const RandomStream&) const override {
    std::fill_n(values, shape.size(), 1.0);
  }
};

/// Options of IdentityInitializer.
struct IdentityInitializerOptions {
  double gain = 1.0;  ///< Value on the diagonal; finite. Default: 1.
  template <class Self, class Field>
  static void fields(Self& self, Field&& field) {
    field("gain", self.gain);
  }
};

/// Sets the diagonal of a weight of shape (rows, columns) to `gain`, and other elements to 0. Throws ShapeError if the
/// rank is not 2, ValueError for an invalid gain. Keras: `keras.initializers.Identity`.
class IdentityInitializer : public InitializerFunction {
 public:
  using Arguments = IdentityInitializerOptions;
  explicit IdentityInitializer(IdentityInitializerOptions options = {}) : options_(options) {
    detail::check_finite(options.gain, "gain", "Identity initializer");
  }
  const char* class_name() const noexcept override { return "Identity"; }
  LAMINA_COLD Config get_config() const override { return config_of(options_); }
  void fill(const Shape& shape, double* values, const RandomStream&) const override {
    if (shape.rank() != 2) raise<ShapeError>("Identity initializer: expected a weight of rank 2, got shape ", shape);
    std::fill_n(values, shape.size(), 0.0);
    for (Index i = 0; i < (std::min)(shape[0], shape[1]); ++i) values[i * shape[1] + i] = options_.gain;
  }

 private:
  IdentityInitializerOptions options_;
};

}  // namespace lamina
