// EXPECT: This_layer_has_no_such_option
#include <lamina/lamina.hpp>

void set_an_option_of_another_layer() {
#ifdef MISUSE
  const lamina::GRUOptions options{.unit_forget_bias = true};
#else
  const lamina::LSTMOptions options{.unit_forget_bias = true};
#endif
  static_cast<void>(options);
}
