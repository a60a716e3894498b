// EXPECT: expected a layer with the scalar type of the model
#include <lamina/lamina.hpp>

void mix_layer_scalars() {
#ifdef MISUSE
  lamina::Sequential<double> model{lamina::Dense<float>(3)};
#else
  lamina::Sequential<double> model{lamina::Dense<double>(3)};
#endif
}
