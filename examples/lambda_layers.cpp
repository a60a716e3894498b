// ctest:
// Functions as layers: Lambda wraps a function of tensors, which may have trainable variables.
#include <iostream>
#include <lamina/lamina.hpp>

using namespace lamina;

// The positive and the negative part of the centered and normalized input, concatenated. Unlike relu alone, it keeps
// the negative part. Shapes: (batch, n) to (batch, 2n).
Tensor<float> antirectifier(const Tensor<float>& x) {
  const Tensor<float> centered = x - mean(x, {.axes = {1}, .keepdims = true});
  const Tensor<float> unit = l2_normalize(centered, 1);
  return concatenate(1, relu(unit), relu(-unit));
}

int main() {
  const Tensor<float> x{{-2, -1, 0, 3}, {1, 2, 3, 4}};
  const auto my_relu = [](const auto& v) { return maximum(0, v); };

  std::cout << "x =\n" << x << "\n";
  std::cout << "my_relu(x) =\n" << Lambda(my_relu)(x) << "\n";
  std::cout << "|x| =\n" << Lambda([](const auto& v) { return abs(v); })(x) << "\n";
  std::cout << "x² =\n" << Lambda([](const auto& v) { return v * v; })(x) << "\n";
  std::cout << "antirectifier(x) =\n" << Lambda(antirectifier)(x) << "\n\n";

  // A function of two arguments may have variables. They belong to the layer, which this model uses twice: both uses
  // share them, so the model can learn f(f(x)) = 4x - 3.
  auto f = std::make_shared<Lambda<float>>([](const auto& self, const auto& v) {
    const auto multiplier = self.variable("multiplier", 1), bias = self.variable("bias", 0);
    return v * multiplier + bias;
  });
  Sequential twice{f, f};
  twice.compile({.optimizer = "sgd", .loss = "mean_squared_error"});

  const Eigen::VectorXf points = Eigen::VectorXf::LinSpaced(64, -1, 1);
  twice.fit(points, (4 * points.array() - 3).matrix(), {.epochs = 200, .verbose = 0});
  std::cout << "f(f(x)) = 4x - 3, so f(x) should be 2x - 1. The model's variables, shared by both uses of f:\n"
            << twice.variables() << "\n";
}
