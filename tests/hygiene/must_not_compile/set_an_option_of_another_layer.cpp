// EXPECT: This_layer_has_no_such_option
#include <lamina/lamina.hpp>

void set_an_option_of_another_layer() {
#ifdef MISUSE
  lamina::GRU layer(3, lamina::GRUOptions{.unit_forget_bias = true});
#else
  lamina::LSTM layer(3, lamina::LSTMOptions{.unit_forget_bias = true});
#endif
}
