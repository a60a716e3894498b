// EXPECT: move|make_shared
#include <lamina/lamina.hpp>

void copy_a_layer() {
  lamina::Dense a(3);
#ifdef MISUSE
  auto b = a;
#endif
}
