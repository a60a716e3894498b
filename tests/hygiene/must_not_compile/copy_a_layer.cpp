// EXPECT: move|make_shared
#include <lamina/lamina.hpp>

int main() {
  lamina::Dense a(3);
#ifdef MISUSE
  auto b = a;
#endif
}
