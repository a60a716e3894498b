// EXPECT: expected operands of one scalar type, got float and double
#include <lamina/lamina.hpp>

void mix_scalars() {
  const lamina::Tensor<float> a{1.f};
  const lamina::Tensor<double> b{1.};
#ifdef MISUSE
  const auto sum = a + b;
#else
  const auto sum = a.cast<double>() + b;
#endif
  static_cast<void>(sum);
}
