// A copy of an example: finds y = 2x - 1 from six points. Its compile time is limited, so it does not change with the
// example.
#include <iostream>
#include <lamina/lamina.hpp>

int main() {
  using namespace lamina;
  const Tensor<float> xs{{-1}, {0}, {1}, {2}, {3}, {4}};
  const Tensor<float> ys{{-3}, {-1}, {1}, {3}, {5}, {7}};

  auto layer = std::make_shared<SimpleDense<float>>(1);  // shared with the model
  Sequential model{layer};
  model.compile({.optimizer = "sgd", .loss = "mean_squared_error"});

  const Eigen::MatrixXf ten{{10.f}};
  std::cout << "Before training, f(10) = " << model.predict(ten) << ". Its variables:\n"
            << layer->variables() << "\n\n";

  model.fit(xs, ys, {.epochs = 500, .verbose = 0});
  std::cout << "After 500 epochs, f(10) = " << model.predict(ten) << ". Its variables:\n"
            << layer->variables() << "\n\n"
            << "Expected after 500 epochs: kernel 1.997, bias -0.992, f(10) = 18.98.\n"
            << "The exact line is y = 2x - 1, with f(10) = 19.\n";
}
