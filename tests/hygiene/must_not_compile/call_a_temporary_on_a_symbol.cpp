// EXPECT: write_x_pipe_layer
#include <lamina/lamina.hpp>

void call_a_temporary_on_a_symbol() {
  const auto x = lamina::Input({3});
  const auto y = x | lamina::Dense(3);
#ifdef MISUSE
  lamina::Dense(3)(x);
#endif
}
