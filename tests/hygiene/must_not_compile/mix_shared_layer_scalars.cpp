// EXPECT: the layer computes in another scalar than the model|a Sequential takes layers of its own scalar
#include <lamina/lamina.hpp>

void mix_shared_layer_scalars() {
  lamina::Sequential<double> model;
#ifdef MISUSE
  model.add(std::make_shared<lamina::Dense<float>>(3));
#else
  model.add(std::make_shared<lamina::Dense<double>>(3));
#endif
}
