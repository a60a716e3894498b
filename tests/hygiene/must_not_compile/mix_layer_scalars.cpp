// EXPECT: a Sequential takes layers of its own scalar
#include <lamina/lamina.hpp>

int main() {
#ifdef MISUSE
  lamina::Sequential<double> model{lamina::Dense<float>(3)};
#else
  lamina::Sequential<double> model{lamina::Dense<double>(3)};
#endif
}
