#pragma once
#include <algorithm>

#include "lamina/initializers/initializer.hpp"

namespace lamina {

/// Every element the same number. Keras's Constant.
class Constant : public InitializerFunction {
 public:
  explicit Constant(double value = 0.0) : value_(value) {}
  const char* class_name() const noexcept override { return "Constant"; }
  void fill(const Shape& shape, double* values, const RandomStream&) const override {
    std::fill_n(values, shape.size(), value_);
  }

 private:
  double value_;
};

/// All zeros. Keras's Zeros.
class Zeros : public Constant {
 public:
  Zeros() : Constant(0.0) {}
  const char* class_name() const noexcept override { return "Zeros"; }
};

/// All ones. Keras's Ones.
class Ones : public Constant {
 public:
  Ones() : Constant(1.0) {}
  const char* class_name() const noexcept override { return "Ones"; }
};

}  // namespace lamina
