// EXPECT: Lambda: expected a function of a tensor
#include <lamina/lamina.hpp>

void lambda_of_nothing() {
#ifdef MISUSE
  lamina::Lambda layer([](int x) { return x; });
#else
  lamina::Lambda layer([](const auto& x) { return x; });
#endif
}
