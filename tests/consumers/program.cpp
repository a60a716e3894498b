// The same program for every consumer that only has to find lamina: it includes everything and uses little of it.
#include <lamina/lamina.hpp>

int main() {
  const lamina::Tensor<float> a{{1, 2}, {3, 4}};
  return lamina::matmul(a, a)(1, 1) == 22 ? 0 : 1;
}
