#include <lamina/lamina.hpp>

Eigen::MatrixXf predict_elsewhere(const Eigen::MatrixXf& x) {
  lamina::Sequential model{lamina::Dense(3, "relu"), lamina::Dense(2)};
  return model.predict(x).matrix();
}
