// The reference of the compile times: a small program with Eigen, one product of two matrices of dynamic size.
#include <Eigen/Core>
#include <cstdlib>

int main(int argc, char** argv) {
  Eigen::MatrixXf a(argc, argc), b(argc, argc);
  for (int i = 0; i < argc; ++i) {
    a.row(i).setConstant(std::strtof(argv[i], nullptr));
    b.col(i).setConstant(std::strtof(argv[i], nullptr));
  }
  const Eigen::MatrixXf product = a * b;
  return static_cast<int>(product.sum());
}
