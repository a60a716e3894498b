// EXPECT: a layer is not copied: pass std::move
#include <lamina/lamina.hpp>

int main() {
  lamina::Dense layer(3);
#ifdef MISUSE
  lamina::Sequential model{layer};
#else
  lamina::Sequential model{std::move(layer)};
#endif
}
