// Both files of this program include and use lamina. They must link without duplicate definitions (the one-definition rule).
#include <lamina/lamina.hpp>

Eigen::MatrixXf predict_elsewhere(const Eigen::MatrixXf& x);

int main() {
  lamina::Sequential model{lamina::Dense(3, "relu"), lamina::Dense(2)};
  const Eigen::MatrixXf x = Eigen::MatrixXf::Ones(4, 5);
  const bool here = model.predict(x).shape() == lamina::Shape{4, 2};
  return here && predict_elsewhere(x).cols() == 2 ? 0 : 1;
}
