// A small program for the consumers that test how lamina is found.
#include <lamina/lamina.hpp>

int main() {
  const lamina::Tensor<float> a{{1, 2}, {3, 4}};
  return lamina::matmul(a, a)(1, 1) == 22 ? 0 : 1;
}
