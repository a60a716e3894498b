#include "widths.hpp"

namespace widths {

using namespace lamina;

namespace {

template <class S>
void add_of(Cases& cases) {
  const auto with = [&](const char* name, auto&& given) {
    using O = std::remove_cvref_t<decltype(given)>;
    const auto optimizer = std::make_shared<O>(std::forward<decltype(given)>(given));
    const std::vector<Variable<S>> variables{Variable<S>(random_normal<S>({64, 500}, {.seed = 1}), {})};
    const std::vector<Tensor<S>> gradients{random_normal<S>({64, 500}, {.seed = 2})};
    cases.push_back({std::string("optimizer/") + name + "/" + scalar_name<S>(),
                     [=] { optimizer->apply_gradients(gradients, variables); }});
  };
  with("SGD", SGD<S>(1e-6));
  with("SGD_momentum", SGD<S>({.learning_rate = 1e-6, .momentum = 0.9}));
  with("RMSprop", RMSprop<S>(1e-6));
  with("Adam", Adam<S>(1e-6));
  with("AdamW", AdamW<S>(1e-6));
  with("Adadelta", Adadelta<S>(1e-6));
  with("Adagrad", Adagrad<S>(1e-6));
  with("Adamax", Adamax<S>(1e-6));
  with("Nadam", Nadam<S>(1e-6));
  with("Ftrl", Ftrl<S>(1e-6));
  with("Lion", Lion<S>(1e-6));
  with("Lamb", Lamb<S>(1e-6));
  with("Adafactor", Adafactor<S>(1e-6));
}

}  // namespace

void add_optimizers(Cases& cases) {
  add_of<float>(cases);
  add_of<double>(cases);
}

}  // namespace widths
