// Built without exceptions, and without run-time type information. With an argument, it multiplies matrices of wrong
// shapes: as the error cannot be thrown, the program must print its text and terminate.
#include <lamina/lamina.hpp>

int main(int argc, char**) {
  const lamina::Tensor<float> a = Eigen::MatrixXf::Ones(2, 3);
  const lamina::Tensor<float> b = Eigen::MatrixXf::Ones(argc > 1 ? 2 : 3, 4);
  const lamina::Tensor<float> product = lamina::matmul(a, b);

  lamina::Sequential model{lamina::Dense(1)};
  model.compile({.optimizer = "sgd", .loss = "mean_squared_error"});
  model.fit(product.matrix().eval(), Eigen::MatrixXf::Zero(2, 1), {.epochs = 2, .verbose = 0});
  return model.predict(product.matrix().eval()).shape() == lamina::Shape{2, 1} ? 0 : 1;
}
