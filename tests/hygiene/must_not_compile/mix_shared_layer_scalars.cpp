// EXPECT: the scalar type of the layer differs from that of the model|expected a layer with the scalar type of the model
#include <lamina/lamina.hpp>

void mix_shared_layer_scalars() {
  lamina::Sequential<double> model;
#ifdef MISUSE
  model.add(std::make_shared<lamina::Dense<float>>(3));
#else
  model.add(std::make_shared<lamina::Dense<double>>(3));
#endif
}
