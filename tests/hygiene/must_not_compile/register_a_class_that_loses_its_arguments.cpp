// EXPECT: the constructor of this class takes arguments
#include <lamina/lamina.hpp>

namespace {
struct Repeat : lamina::Layer<float> {
#ifdef MISUSE
  explicit Repeat(int times = 2) : times_(times) {}
#else
  explicit Repeat(std::string name = {}) { set_name(std::move(name)); }
#endif
  lamina::Tensor<float> call(const lamina::Tensor<float>& x) const override { return x * static_cast<float>(times_); }
  int times_ = 2;
};
}  // namespace

void register_a_class_that_loses_its_arguments() { lamina::register_custom_object<Repeat>("Repeat"); }
