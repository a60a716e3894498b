// EXPECT: layers are not copied: pass std::move
#include <lamina/lamina.hpp>

void pass_a_layer_by_name() {
  lamina::Dense layer(3);
#ifdef MISUSE
  lamina::Sequential model{layer};
#else
  lamina::Sequential model{std::move(layer)};
#endif
}
