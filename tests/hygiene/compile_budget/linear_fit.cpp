// ctest:
// Finds y = 2x - 1 from six points.
#include <iostream>
#include <lamina/lamina.hpp>

int main() {
  using namespace lamina;
  const Tensor<float> xs{{-1}, {0}, {1}, {2}, {3}, {4}};
  const Tensor<float> ys{{-3}, {-1}, {1}, {3}, {5}, {7}};

  auto layer = std::make_shared<SimpleDense<float>>(1);  // shared: still ours when the model has it
  Sequential model{layer};
  model.compile({.optimizer = "sgd", .loss = "mean_squared_error"});

  const Eigen::MatrixXf ten{{10.f}};
  std::cout << "Before training, f(10) = " << model.predict(ten) << ". Its variables:\n"
            << layer->variables() << "\n\n";

  model.fit(xs, ys, {.epochs = 500, .verbose = 0});
  std::cout << "After 500 epochs, f(10) = " << model.predict(ten) << ". Its variables:\n"
            << layer->variables() << "\n\n"
            << "500 steps should give a kernel near 1.997, a bias near -0.992 and f(10) near 18.98;\n"
            << "the line itself is 2x - 1, and f(10) = 19.\n";
}
