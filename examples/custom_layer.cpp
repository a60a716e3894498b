// ctest: --samples 1000 --epochs 1
// A layer of one's own, in a model that tells clothes apart (Fashion-MNIST, from the Debian package
// dataset-fashion-mnist).
//   custom_layer [--samples N] [--epochs N]
#include <cstdlib>
#include <iostream>
#include <lamina/data/data.hpp>
#include <lamina/lamina.hpp>
#include <string_view>

namespace mine {

using namespace lamina;

// y = activation(x kernel + bias). `build` makes the weights once the input's shape is known; `call` computes with
// them. The gradient needs no code: it follows from what `call` does.
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

// A layer made of layers: what is called in `call` is found, built, named and trained.
struct Residual : Layer<float> {
  Tensor<float> call(const Tensor<float>& x) const override { return x + inner_(x); }

 private:
  SimpleDense inner_{64, "relu"};
};

}  // namespace mine

int main(int argc, char** argv) try {
  using namespace lamina;
  Index samples = 60000, epochs = 5;
  for (int i = 1; i + 1 < argc; i += 2) {
    if (argv[i] == std::string_view("--samples")) samples = std::atoi(argv[i + 1]);
    if (argv[i] == std::string_view("--epochs")) epochs = std::atoi(argv[i + 1]);
  }

  const auto [x_train, y_train, x_test, y_test] = load_fashion_mnist();
  const Tensor<float> x = x_train.rows_view(0, samples) / 255, y = y_train.rows_view(0, samples);

  Sequential model{Flatten(), mine::SimpleDense(64, "relu"), mine::Residual(), mine::SimpleDense(10, "softmax")};
  model.compile({.optimizer = "adam", .loss = "sparse_categorical_crossentropy", .metrics = {"accuracy"}});
  model.fit(x, y, {.epochs = epochs});
  model.summary();
  std::cout << "On clothes that it has not seen: " << model.evaluate(x_test / 255, y_test).to_string() << "\n";
} catch (const lamina::Error& error) {
  std::cerr << error.what() << "\n";
  return 1;
}
