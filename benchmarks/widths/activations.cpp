#include "widths.hpp"

namespace widths {

using namespace lamina;

namespace {

template <class S>
void add_of(Cases& cases) {
  const Tensor<S> x = random_normal<S>({64, 1000}, {.seed = 1});
  for (const char* name : {"relu",       "relu6",       "leaky_relu",   "elu",         "selu",           "celu",
                           "gelu",       "sigmoid",     "hard_sigmoid", "log_sigmoid", "sparse_sigmoid", "tanh",
                           "hard_tanh",  "tanh_shrink", "softmax",      "log_softmax", "sparsemax",      "softplus",
                           "squareplus", "sparse_plus", "softsign",     "silu",        "hard_silu",      "mish",
                           "glu",        "exponential", "hard_shrink",  "soft_shrink"}) {
    const auto layer = std::make_shared<ActivationLayer<S>>(std::string(name));
    add<S>(cases, std::string("activation/") + name, {x}, [layer](const auto& in) { return (*layer)(in[0]); });
  }
}

}  // namespace

void add_activations(Cases& cases) {
  add_of<float>(cases);
  add_of<double>(cases);
}

}  // namespace widths
