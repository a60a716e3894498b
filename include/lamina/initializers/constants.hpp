#pragma once
#include <algorithm>

#include "lamina/core/check_options.hpp"
#include "lamina/initializers/initializer.hpp"

namespace lamina {

struct ConstantOptions {
  double value = 0.0;
  template <class Self, class Field>
  static void fields(Self& self, Field&& field) {
    field("value", self.value);
  }
};

/// Every element the same number. Keras's Constant.
class Constant : public InitializerFunction {
 public:
  using Arguments = ConstantOptions;
  explicit Constant(ConstantOptions options = {}) : options_(options) {}
  explicit Constant(double value) : options_{value} {}
  const char* class_name() const noexcept override { return "Constant"; }
  LAMINA_COLD Config get_config() const override { return config_of(options_); }
  void fill(const Shape& shape, double* values, const RandomStream&) const override {
    std::fill_n(values, shape.size(), options_.value);
  }

 private:
  ConstantOptions options_;
};

/// All zeros. Keras's Zeros.
class Zeros : public InitializerFunction {
 public:
  const char* class_name() const noexcept override { return "Zeros"; }
  void fill(const Shape& shape, double* values, const RandomStream&) const override {
    std::fill_n(values, shape.size(), 0.0);
  }
};

/// All ones. Keras's Ones.
class Ones : public InitializerFunction {
 public:
  const char* class_name() const noexcept override { return "Ones"; }
  void fill(const Shape& shape, double* values, const RandomStream&) const override {
    std::fill_n(values, shape.size(), 1.0);
  }
};

struct IdentityInitializerOptions {
  double gain = 1.0;
  template <class Self, class Field>
  static void fields(Self& self, Field&& field) {
    field("gain", self.gain);
  }
};

/// gain on the diagonal of a matrix, square or not, and 0 elsewhere. Keras's initializer Identity.
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
