// ctest: --samples 1000 --epochs 1
// Custom layers in an image classifier (Fashion-MNIST, from the Debian package dataset-fashion-mnist).
//   custom_layer [--samples N] [--epochs N]
#include <cstdlib>
#include <iostream>
#include <lamina/data/data.hpp>
#include <lamina/lamina.hpp>
#include <string_view>

namespace custom {

using namespace lamina;

// y = activation(x kernel + bias). `build` creates the weights when the shape of the input is known; `call` computes the
// output. The gradient is computed automatically.
struct SimpleDense : Layer<float> {
  explicit SimpleDense(Index units = 32, Activation<float> activation = {})
      : units_(units), activation_(std::move(activation)) {}

  void build(const Shape& input) override {
    kernel_ = add_weight("kernel", {input.back(), units_}, RandomNormal());
    bias_ = add_weight("bias", {units_}, Zeros());
  }

  Tensor<float> call(const Tensor<float>& x) const override { return activation_(matmul(x, kernel_) + bias_); }

 private:
  Index units_;
  Activation<float> activation_;
  Variable<float> kernel_, bias_;
};

// A layer that contains a layer. Members called in `call` are built, named and trained with it.
struct Residual : Layer<float> {
  Tensor<float> call(const Tensor<float>& x) const override { return x + inner_(x); }

 private:
  SimpleDense inner_{64, "relu"};
};

}  // namespace custom

int main(int argc, char** argv) try {
  using namespace lamina;
  Index samples = 60000, epochs = 5;
  for (int i = 1; i + 1 < argc; i += 2) {
    if (argv[i] == std::string_view("--samples")) samples = std::atoi(argv[i + 1]);
    if (argv[i] == std::string_view("--epochs")) epochs = std::atoi(argv[i + 1]);
  }

  const auto [x_train, y_train, x_test, y_test] = load_fashion_mnist();
  const Tensor<float> x = x_train.rows_view(0, samples) / 255, y = y_train.rows_view(0, samples);

  Sequential model{Flatten(), custom::SimpleDense(64, "relu"), custom::Residual(), custom::SimpleDense(10, "softmax")};
  model.compile({.optimizer = "adam", .loss = "sparse_categorical_crossentropy", .metrics = {"accuracy"}});
  model.fit(x, y, {.epochs = epochs});
  model.summary();
  std::cout << "Test: " << model.evaluate(x_test / 255, y_test).to_string() << "\n";
} catch (const lamina::Error& error) {
  std::cerr << error.what() << "\n";
  return 1;
}
